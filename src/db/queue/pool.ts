import pg from 'pg';
import { databaseError } from '../client.ts';
import { DatabaseClient } from '../connection.ts';
import { LIMITS } from '../limits.ts';

/** The names of graphile-worker's statements that note how a job has ended, and of those that fetch one. */
const ENDING = /^(?:complete|fail)_job/;
const FETCHING = /^get_job/;
/** After these it waits for up to three minutes, in which its runner cannot be stopped. */
const WAITS = new Set<unknown>(['57P03', 'EHOSTUNREACH', 'ETIMEDOUT']);
/** A link that is cut silently tells nobody; no statement of the queue takes a tenth of this. */
const TIMEOUT = 8_000;

interface QueuePoolOptions {
  url: string;
  max: number;
  /** A connection broke, or a statement failed: what was under way may be half done. */
  onBroken: (error: Error) => void;
}

/**
 * The connections of one runner of the job queue.
 *
 * graphile-worker 0.18 notes that a job is done, or failed, by a promise which nobody looks at (worker.js, `completeJob`
 * and `failJob`): a database that went away at that moment ended the whole process, and with it the API. Here such a
 * statement, if it fails, is never answered; `onBroken` knows, and the job is done again. One that fetches a job finds
 * none then.
 */
export function queuePool({ url, max, onBroken }: QueuePoolOptions): pg.Pool {
  /** What the queue takes for a connection: it gets a real one with its first statement. */
  function lend(connect: () => Promise<pg.PoolClient>) {
    /** One, however many statements come before it is there. */
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
          // Deadlocks and the like: it tries again by itself, and soon.
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
  // An idle connection tells the pool, one in use tells its client; without a listener either ends the process.
  pool.on('error', onBroken);
  pool.on('connect', (client) => client.on('error', onBroken));
  return pool;
}

/** Ends the pool once nobody uses it any more: the queue does not wait until what it has just done is noted. */
export async function endAtRest(pool: pg.Pool): Promise<void> {
  while (pool.waitingCount > 0 || pool.idleCount < pool.totalCount)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await pool.end();
}
