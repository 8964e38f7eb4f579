import pg from 'pg';
import { type ClientOptions, DatabaseClient, noteOrigin, UnnamedClient } from './connection.ts';
import { timeFor } from './deadline.ts';
import {
  drizzle,
  type ExtractTablesWithRelations,
  type NodePgDatabase,
  type NodePgQueryResultHKT,
  type PgTransaction,
  sql,
} from './drizzle.ts';
import { LIMITS, type Limits } from './limits.ts';
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
 * booking would cost a reconnect (3.4 to 5 ms). A refusal by a healthy server keeps its connection here; a connection
 * that is not well has ended itself (DatabaseClient), and none of those comes back.
 */
class SafePool extends pg.Pool {
  /** When it was first asked for something since it last had an answer. */
  private unanswered_since: number | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: pg's two overloads of connect are kept by the cast
  override connect: any = (callback?: (error: Error | undefined, ...rest: unknown[]) => void) => {
    this.unanswered_since ??= performance.now();
    if (callback) return super.connect((error, ...rest) => callback(noteOrigin(error), ...rest));
    return this.connectInTime().catch((error) => {
      throw noteOrigin(error);
    });
  };

  /** As pg does, but no later than whoever asks can wait. */
  private async connectInTime(): Promise<pg.PoolClient> {
    const limit = this.options.connectionTimeoutMillis ?? 0;
    const patience = timeFor(limit);
    const connecting = super.connect();
    if (patience >= limit) return connecting;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patience);
    });
    const client = await Promise.race([connecting, late]).finally(() => clearTimeout(timer));
    if (client) return client;
    // One that comes after all is for somebody else.
    connecting.then((unused) => unused.release()).catch(() => {});
    throw new Error('timeout exceeded: whoever asks cannot wait any longer');
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's eight overloads of query are kept by the cast
  override query: any = async (...args: [pg.QueryConfig, unknown[]?]) => {
    const client = await this.connect();
    try {
      return await client.query(...args);
    } finally {
      client.release();
    }
  };

  /** To be called as a server answers, be it by a refusal. */
  noteAnswer(): void {
    this.unanswered_since = undefined;
  }

  /** Milliseconds for which it has been asked without any answer. */
  get silence(): number {
    return this.unanswered_since === undefined ? 0 : performance.now() - this.unanswered_since;
  }
}

interface DatabaseOptions {
  url: string;
  pool_max: number;
  /** Whether statements are prepared on the server by name; true by default. */
  prepared?: boolean;
  /** Those of a request by default. */
  limits?: Partial<Limits>;
  /** Told when an idle connection breaks; without a listener pg ends the process. */
  onError?: (error: Error) => void;
}

/** Opens no connection yet: the first query does, and every later one tries again when the database was away. */
export function openDatabase({
  url,
  pool_max,
  prepared = true,
  limits = {},
  onError = () => {},
}: DatabaseOptions): Db {
  const { connect, lock, statement, answer, idle_in_transaction } = { ...LIMITS, ...limits };
  const pool = new SafePool({
    connectionString: url,
    Client: prepared ? DatabaseClient : UnnamedClient,
    max: pool_max,
    connectionTimeoutMillis: connect,
    idleTimeoutMillis: 60_000,
    statement_timeout: statement,
    query_timeout: answer,
    idle_in_transaction_session_timeout: idle_in_transaction,
    application_name: 'clinic-api',
    // Not as a parameter of its own: a PgBouncer that was not told of it would refuse the connection.
    options: `-c TimeZone=UTC -c lock_timeout=${lock}`,
    types: {
      getTypeParser: ((oid: number, format?: 'text') =>
        parsers[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
    onAnswer: () => pool.noteAnswer(),
  } as pg.PoolConfig & ClientOptions);
  pool.on('error', onError);
  // A server that goes away says so even between the statements of a transaction, when nobody waits for an answer:
  // without a listener of its own a connection that is in use ends the process. Its next statement fails by itself.
  pool.on('connect', (client) => client.on('error', () => {}));
  return drizzle(pool as pg.Pool, { schema });
}

/** Milliseconds for which this pool has been asked without any answer; 0 while it answers, or nobody asks. */
export const silenceOf = (db: Db): number => (db.$client as SafePool).silence;

const RETRIED = new Set(['40001', '40P01']);
/** What an answer may take beyond its statement. */
const ANSWER_AFTER = LIMITS.answer - LIMITS.statement;

interface TransactionOptions {
  /** Milliseconds that each of its statements may take, where those of a request (LIMITS) are too few. */
  statement?: number;
}

/**
 * Runs `work` in one transaction, again when the database itself ended it (serialization failure, deadlock).
 * Nothing slow (hashing, network) may happen inside.
 */
export async function transaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transactOnce(db, work, options);
    } catch (error) {
      if (attempt === 3 || !RETRIED.has(databaseError(error)?.code ?? '')) throw error;
    }
  }
}

/** What drizzle makes of a connection, made once for each. */
const drizzled = new WeakMap<pg.PoolClient, NodePgDatabase<Schema>>();

/**
 * drizzle's own transaction (0.45.4) takes a connection from the pool and sends `begin` before its `try`: one that fails
 * never comes back, and ten of them are the whole pool. So the connection is taken and given back here.
 */
async function transactOnce<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  { statement }: TransactionOptions,
): Promise<T> {
  const client = (await db.$client.connect()) as pg.PoolClient & DatabaseClient;
  let refusal: { error: unknown } | undefined;
  try {
    let own = drizzled.get(client);
    if (!own) {
      own = drizzle(client as pg.PoolClient, { schema });
      drizzled.set(client, own);
    }
    return await own.transaction(async (tx) => {
      try {
        if (statement !== undefined) {
          client.patience = statement + ANSWER_AFTER;
          await tx.execute(sql`select set_config('statement_timeout', ${String(statement)}, true)`);
        }
        return await work(tx);
      } catch (error) {
        refusal = { error };
        throw error;
      }
    });
  } catch (error) {
    // A rollback that fails as well would hide what it was for.
    throw refusal ? refusal.error : error;
  } finally {
    client.patience = undefined;
    // One whose rollback failed is still in its transaction.
    client.release(client.getTransactionStatus() !== 'I');
  }
}

/** The server's own error, which drizzle wraps; undefined for anything else. */
export function databaseError(error: unknown): pg.DatabaseError | undefined {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? databaseError(error.cause) : undefined;
}
