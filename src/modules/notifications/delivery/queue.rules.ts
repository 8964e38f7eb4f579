import type { MessageKind } from '../../../core/messages.ts';

/** After this many attempts the pauses grow no longer: e^10 seconds are six hours. */
const SLOWEST = 10;

/** Seconds until the next attempt, as graphile-worker counts them: e, e², e³ … */
export const delayAfter = (attempts: number, retryAfter = 0): number =>
  Math.max(Math.exp(Math.min(attempts, SLOWEST)), retryAfter);

/** Each message has one job: adding it again replaces the one that waits. */
export const jobKey = (message: number): string => `message:${message}`;

/** Somebody is waiting for a code: it goes before everything else in the queue. */
export const priorityOf = (kind: MessageKind): number => (kind === 'code' ? -10 : 0);
