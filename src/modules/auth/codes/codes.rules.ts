import { randomInt } from 'node:crypto';
import { SECONDS_BETWEEN } from '../../../core/codes.ts';

/** Six digits, each of the million as likely as the next. */
export const newCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

/** Recent codes that stand in the way of another one. */
export interface Sent {
  /** The last to the same destination, or for the same purpose. */
  last: string | null;
  /** The oldest of as many as may be sent in an hour: to the destination, for the account's purpose, from the address. */
  full_destination: string | null;
  full_account: string | null;
  full_address: string | null;
}

/** Seconds until another code may be sent; 0 when it may at once. */
export function secondsToWait(
  { last, full_destination, full_account, full_address }: Sent,
  now: Date,
): number {
  const over = (instant: string | null, seconds: number) =>
    instant === null ? 0 : Date.parse(instant) + seconds * 1_000 - now.getTime();
  const left = Math.max(
    0,
    over(last, SECONDS_BETWEEN),
    over(full_destination, 3_600),
    over(full_account, 3_600),
    over(full_address, 3_600),
  );
  return Math.ceil(left / 1_000);
}

/** From here on the clinic's admins are warned: somebody may be asking for codes on purpose. */
const WARN_AT = 0.8;

/**
 * What a day's ceiling says to one code more.
 * @param sent today, without it
 * @returns whether it may go, and whether admins are to be told that the ceiling is near or reached
 */
export function judgeCeiling(sent: number, ceiling: number): { isOver: boolean; tell?: 'near' | 'full' } {
  if (sent >= ceiling) return { isOver: true, tell: 'full' };
  if (sent + 1 >= ceiling) return { isOver: false, tell: 'full' };
  return sent + 1 >= ceiling * WARN_AT ? { isOver: false, tell: 'near' } : { isOver: false };
}
