/** Milliseconds that a process waits for its database, at each step of a statement. */
export interface Limits {
  /** For a place in the pool and a connection in it, together. */
  connect: number;
  /** For a row, or anything else, that somebody else has locked (PostgreSQL's lock_timeout). */
  lock: number;
  /** For a statement to be done, judged by the server (statement_timeout). */
  statement: number;
  /** For the answer to arrive, judged here: a link that is cut silently brings none. Longer than `statement`. */
  answer: number;
  /** After which the server ends a transaction that nobody goes on with, and frees what it has locked. */
  idle_in_transaction: number;
}

/**
 * What is good for a step of a request. It waits for its turn (MAX_WAIT_SECONDS, 3 by default), for a connection, and for
 * an answer; the last two exclude each other once the link is broken, since a connection that is there is had at once. So
 * whoever is met by a break hears of it in 3 + 5 s, and whoever comes while a place is being waited for in 3 + 2.5 s.
 * REQUEST bounds the sum where it is not broken but slow, as behind a pooler whose every answer is late.
 */
export const LIMITS: Limits = {
  connect: 2_500,
  lock: 2_000,
  statement: 4_500,
  answer: 5_000,
  idle_in_transaction: 5_000,
};

/** For a lock that several wait for together (db/together), before each asks alone, with a patience of their own. */
export const LOCK_TOGETHER = 500;

/** For all that a request asks, beyond the longest that it may have waited for its turn: nine seconds in all by default. */
export const REQUEST = 6_000;
/** For a request that reads very much on purpose: 3 + 6.5 s at most. */
export const LONG_READ = 6_000;
/** For what nobody waits for: a job that writes thousands of rows in one statement. */
export const LONG_JOB = 60_000;
