import { AsyncLocalStorage } from 'node:async_hooks';

/** Until when whatever is asked of the database must be answered, in milliseconds of performance.now(). */
const deadlines = new AsyncLocalStorage<number | undefined>();

/** A statement that begins shortly before its deadline still has this long: a rollback, for instance. */
const LEAST = 500;

/**
 * Runs `work`, and all that follows from it, within a deadline. Each step to the database has a limit of its own
 * (db/limits); this bounds their sum, for a request whose every statement is answered almost too late.
 */
export const within = <T>(deadline: number, work: () => T): T => deadlines.run(deadline, work);

/** Runs what somebody's request has set off, but who asked does not wait for: a stream that has begun, a loop. */
export const unhurried = <T>(work: () => T): T => deadlines.run(undefined, work);

/** Milliseconds that are left for the next step, of so many that it may take. */
export function timeFor(limit: number): number {
  const deadline = deadlines.getStore();
  if (deadline === undefined) return limit;
  return Math.min(limit, Math.max(LEAST, deadline - performance.now()));
}
