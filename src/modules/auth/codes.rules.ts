import { randomInt } from 'node:crypto';
import { CODE_MINUTES } from '../../core/messages.ts';

export const CODE_SECONDS = CODE_MINUTES * 60;
/** The table refuses more, too. */
export const MAX_TRIES = 5;
export const SECONDS_BETWEEN = 60;

/** Six digits, each of the million as likely as the next. */
export const newCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

/** Codes sent of late, as far as they stand in the way of another. */
export interface Sent {
  /** The last to the same destination, or for the same purpose. */
  last: string | null;
  /** The oldest of as many as may be sent in an hour, to the destination and from the address. */
  full_destination: string | null;
  full_address: string | null;
}

/** Seconds until another code may be sent; 0 when it may at once. */
export function secondsToWait({ last, full_destination, full_address }: Sent, now: Date): number {
  const over = (instant: string | null, seconds: number) =>
    instant === null ? 0 : Date.parse(instant) + seconds * 1_000 - now.getTime();
  const left = Math.max(
    0,
    over(last, SECONDS_BETWEEN),
    over(full_destination, 3_600),
    over(full_address, 3_600),
  );
  return Math.ceil(left / 1_000);
}
