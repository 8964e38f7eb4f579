import pg from 'pg';
import { databaseError } from '../client.ts';
import { DatabaseClient } from '../connection.ts';
import { LIMITS } from '../limits.ts';

/** The names of graphile-worker's statements that note how a job has ended, and of those that fetch one. */
const ENDING = /^(?:complete|fail)_job/;
const FETCHING = /^get_job/;
/** After these errors graphile-worker waits for up to three minutes, and its runner cannot be stopped meanwhile. */
const WAITS = new Set<unknown>(['57P03', 'EHOSTUNREACH', 'ETIMEDOUT']);
/** A link that is cut silently reports no error. No statement of the queue takes a tenth of this time. */
const TIMEOUT = 8_000;

interface QueuePoolOptions {
  url: string;
  max: number;
  /** Told that a connection broke or a statement failed. What was under way may be half done. */
  onBroken: (error: Error) => void;
}

/**
 * The connections of one runner of the job queue.
 *
 * graphile-worker 0.18 notes the end of a job by a promise that nobody awaits (worker.js, `completeJob` and `failJob`). A
 * database that went away at that moment ended the whole process, and the API with it. Here such a statement is never
 * answered when it fails: `onBroken` is told, and the job is done again. A statement that fetches a job finds none when it
 * fails.
 */
export function queuePool({ url, max, onBroken }: QueuePoolOptions): pg.Pool {
  /** Gives the queue what looks like a connection. A real one is taken with its first statement. */
  function lend(connect: () => Promise<pg.PoolClient>) {
    /** One attempt, however many statements come before the connection is there. */
    let connecting: Promise<pg.PoolClient> | undefined;
    let client: pg.PoolClient | undefined;
    return {
      async query(...args: [pg.QueryConfig]) {
        try {
          connecting ??= connect();
          client = await connecting;
          return await client.query(...args);
        } catch (thrown) {
          const error = thrown as Error & { code?: string };
          // After deadlocks and the like graphile-worker soon tries again by itself.
          if (databaseError(error)?.code?.startsWith('40')) throw error;
          onBroken(error);
          client?.release(error);
          client = undefined;
          connecting = undefined;
          const { name = '' } = args[0];
          if (ENDING.test(name)) return new Promise(() => {});
          if (FETCHING.test(name)) return { rows: [] };
          throw WAITS.has(error.code) ? new Error(error.message, { cause: error }) : error;
        }
      },
      release: () => client?.release(),
    };
  }

  class QueuePool extends pg.Pool {
    // biome-ignore lint/suspicious/noExplicitAny: with a callback it is pg's own, whose errors the queue expects
    override connect: any = async (callback?: () => void) =>
      callback ? super.connect(callback) : lend(() => super.connect());
  }

  const pool: pg.Pool = new QueuePool({
    connectionString: url,
    Client: DatabaseClient,
    max,
    connectionTimeoutMillis: LIMITS.connect,
    query_timeout: TIMEOUT,
    idleTimeoutMillis: 60_000,
    application_name: 'clinic-worker',
  });
  // An idle connection reports its error to the pool, one in use to its client. Without a listener either ends the process.
  pool.on('error', onBroken);
  pool.on('connect', (client) => client.on('error', onBroken));
  return pool;
}

/** Ends the pool once nobody uses it: graphile-worker does not wait until the end of its last job is noted. */
export async function endAtRest(pool: pg.Pool): Promise<void> {
  while (pool.waitingCount > 0 || pool.idleCount < pool.totalCount)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await pool.end();
}
