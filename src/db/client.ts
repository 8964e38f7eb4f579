import pg from 'pg';
import {
  drizzle,
  type ExtractTablesWithRelations,
  type NodePgDatabase,
  type NodePgQueryResultHKT,
  type PgTransaction,
} from './drizzle.ts';
import * as schema from './schema/index.ts';
import { instantOf } from './schema/types.ts';

type Schema = typeof schema;

/** The pool as drizzle sees it. */
export type Db = NodePgDatabase<Schema> & { $client: pg.Pool };
/** An open transaction. A function that takes one refuses the pool, so a forgotten transaction is a type error. */
export type Tx = PgTransaction<NodePgQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>;
export type Executor = Db | Tx;

/** pg's own client behind an executor, for hand-written statements that are prepared by name. */
export function clientOf(executor: Executor): Pick<pg.Pool, 'query'> {
  if ('$client' in executor) return executor.$client;
  return (executor._.session as unknown as { client: pg.PoolClient }).client;
}

const { DATE, TIME, TIMESTAMPTZ, INT8 } = pg.types.builtins;

/** Rows of hand-written SQL come in the shapes of the API, as drizzle's own do by the column types of the schema. */
const parsers: Partial<Record<number, (text: string) => unknown>> = {
  [DATE]: (text) => text,
  [TIME]: (text) => text.slice(0, 5),
  [TIMESTAMPTZ]: instantOf,
  [INT8]: Number,
};

/**
 * pg's own pool throws a connection away whenever a statement sent through `pool.query` fails, so that every refused
 * booking would cost a reconnect (3.4 to 5 ms). A refusal by a healthy server keeps its connection here.
 */
class SafePool extends pg.Pool {
  // biome-ignore lint/suspicious/noExplicitAny: pg's eight overloads of query are kept by the cast below
  override query: any = async (...args: [pg.QueryConfig, unknown[]?]) => {
    const client = await this.connect();
    let broken: Error | undefined;
    try {
      return await client.query(...args);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.severity !== 'ERROR') broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  };
}

/** Sends no statement's name: a pooler may give the next statement to a connection on which nothing was prepared. */
class UnnamedClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  override query: any = (statement: string | pg.QueryConfig, ...rest: [unknown[]?]) =>
    super.query(typeof statement === 'string' ? statement : { ...statement, name: undefined }, ...rest);
}

export interface DatabaseOptions {
  url: string;
  pool_max: number;
  /** Whether statements are prepared on the server by name; true by default. */
  prepared?: boolean;
  /** Told when an idle connection breaks; without a listener pg ends the process. */
  onError?: (error: Error) => void;
}

/** Opens no connection yet: the first query does, and every later one tries again when the database was away. */
export function openDatabase({ url, pool_max, prepared = true, onError = () => {} }: DatabaseOptions): Db {
  const pool: pg.Pool = new SafePool({
    connectionString: url,
    ...(!prepared && { Client: UnnamedClient }),
    max: pool_max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 15_000,
    query_timeout: 20_000,
    idle_in_transaction_session_timeout: 15_000,
    application_name: 'clinic-api',
    options: '-c TimeZone=UTC',
    keepAlive: true,
    types: {
      getTypeParser: ((oid: number, format?: 'text') =>
        parsers[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  pool.on('error', onError);
  // A server that goes away says so even between the statements of a transaction, when nobody waits for an answer:
  // without a listener of its own a connection that is in use ends the process. Its next statement fails by itself.
  pool.on('connect', (client) => client.on('error', () => {}));
  return drizzle(pool, { schema });
}

const RETRIED = new Set(['40001', '40P01']);

/**
 * Runs `work` in one transaction, again when the database itself ended it (serialization failure, deadlock).
 * Nothing slow (hashing, network) may happen inside.
 */
export async function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (attempt === 3 || !RETRIED.has(databaseError(error)?.code ?? '')) throw error;
    }
  }
}

/** The server's own error, which drizzle wraps; undefined for anything else. */
export function databaseError(error: unknown): pg.DatabaseError | undefined {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? databaseError(error.cause) : undefined;
}
