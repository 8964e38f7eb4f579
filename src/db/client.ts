import pg from 'pg';
import { present, step } from '../core/tracing.ts';
import { again } from './again.ts';
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

/** Statements after which others may have something to do. */
const WRITES = /\b(?:insert|update|delete|add_job)\b/i;

/**
 * What is noted or queued in a transaction keeps the trace that caused it (`clinic.trace`: the column `trace` of events, and
 * `with_trace` of jobs). Only a request whose trace is told pays for that.
 */
const asCause = (trace: string) => `select set_config('clinic.trace', '${trace}', true)`;

/** Has what is noted or queued from here on in a transaction keep the trace under way, where one transaction does the work of several. */
export async function keepCause(tx: Tx): Promise<void> {
  const trace = present()?.traceparent;
  if (trace) await clientOf(tx).query(asCause(trace));
}

async function queryAsCause(
  client: pg.PoolClient,
  trace: string,
  args: [string | pg.QueryConfig, unknown[]?],
) {
  await client.query(`begin; ${asCause(trace)}`);
  try {
    const result = await client.query(...(args as [pg.QueryConfig]));
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/**
 * pg's own pool closes a connection whenever a statement of `pool.query` fails, so every refused booking would cost a new
 * connection (3.4 to 5 ms). This pool keeps the connection when the server only refuses a statement. A broken connection has
 * ended itself by then (DatabaseClient), and a pool takes no ended connection back.
 */
class SafePool extends pg.Pool {
  /** Since when it has been asked without any answer; undefined while it answers, or nobody asks. */
  private unanswered_since: number | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: pg's two overloads of connect are kept by the cast
  override connect: any = (callback?: (error: Error | undefined, ...rest: unknown[]) => void) => {
    this.unanswered_since ??= performance.now();
    if (callback) return super.connect((error, ...rest) => callback(noteOrigin(error), ...rest));
    return step('connection', {}, () => this.connectInTime()).catch((error) => {
      throw noteOrigin(error);
    });
  };

  /** Connects as pg does, but gives up when the request that asks has no time left. */
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
    // If the connection comes after all, others get it.
    connecting.then((unused) => unused.release()).catch(() => {});
    throw new Error('timeout exceeded: whoever asks cannot wait any longer');
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's eight overloads of query are kept by the cast
  override query: any = (...args: [string | pg.QueryConfig, unknown[]?]) =>
    again(ENDED_TRIES, () => this.send(args));

  private async send(args: [string | pg.QueryConfig, unknown[]?]) {
    const client = await this.connect();
    const trace = present()?.traceparent;
    try {
      const text = typeof args[0] === 'string' ? args[0] : args[0].text;
      if (trace && WRITES.test(text)) return await queryAsCause(client, trace, args);
      return await client.query(...(args as [pg.QueryConfig]));
    } finally {
      client.release(trace !== undefined && client.getTransactionStatus() !== 'I');
    }
  }

  /** To be called for each answer of the server, a refusal too. */
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
  /** How the server lists its connections (application_name). */
  name?: string;
  /** Whether statements are prepared on the server by name; true by default. */
  prepared?: boolean;
  /** Those of a request by default. */
  limits?: Partial<Limits>;
  /** Told when an idle connection breaks; without a listener pg ends the process. */
  onError?: (error: Error) => void;
}

/** Opens no connection yet: the first query does. While the database is away, every query tries again. */
export function openDatabase({
  url,
  pool_max,
  name = 'clinic-api',
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
    application_name: name,
    // Not as a parameter of its own: a PgBouncer that was not told of it would refuse the connection.
    options: `-c TimeZone=UTC -c lock_timeout=${lock}`,
    types: {
      getTypeParser: ((oid: number, format?: 'text') =>
        parsers[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
    onAnswer: () => pool.noteAnswer(),
  } as pg.PoolConfig & ClientOptions);
  pool.on('error', onError);
  // A server that goes away says so between two statements of a transaction too, when nobody waits for an answer. Without
  // this listener that would end the process. The connection's next statement fails by itself.
  pool.on('connect', (client) => client.on('error', () => {}));
  return drizzle(pool as pg.Pool, { schema });
}

/** Milliseconds for which this pool has been asked without any answer; 0 while it answers, or nobody asks. */
export const silenceOf = (db: Db): number => (db.$client as SafePool).silence;

const ENDED = new Set(['40001', '40P01']);

/**
 * The database itself ended it because of others, and nothing of it has happened: serialization failure, deadlock, a replica's
 * conflict with what it replays (PostgreSQL 27.4.2).
 */
export const isEnded = (error: unknown): boolean => ENDED.has(databaseError(error)?.code ?? '');

/** What the database itself ended is done again. */
const ENDED_TRIES = { attempts: 3, after: isEnded };

/** How much longer than its statement an answer may take, in milliseconds. */
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
  return again(ENDED_TRIES, () => transactOnce(db, work, options));
}

/** drizzle's wrapper of each connection, made once. */
const drizzled = new WeakMap<pg.PoolClient, NodePgDatabase<Schema>>();

/**
 * drizzle's own transaction (0.45.4) takes a connection from the pool and sends `begin` before its `try`. If `begin` fails, the
 * connection is never given back, and after ten failures the pool is empty. So it is taken and given back here.
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
          // More time is what is asked for: a pool that is more patient by itself stays so; 0 is without end.
          const own = Number(db.$client.options.statement_timeout);
          const longer = own === 0 ? 0 : Math.max(statement, own);
          client.patience = longer === 0 ? undefined : longer + ANSWER_AFTER;
          await tx.execute(sql`select set_config('statement_timeout', ${String(longer)}, true)`);
        }
        const trace = present()?.traceparent;
        if (trace) await client.query(asCause(trace));
        return await work(tx);
      } catch (error) {
        refusal = { error };
        throw error;
      }
    });
  } catch (error) {
    // If the rollback fails too, its error must not hide the one that caused it.
    throw refusal ? refusal.error : error;
  } finally {
    client.patience = undefined;
    // A connection whose rollback failed is still in its transaction: the pool closes it.
    client.release(client.getTransactionStatus() !== 'I');
  }
}

/** The server's own error, which drizzle wraps; undefined for anything else. */
export function databaseError(error: unknown): pg.DatabaseError | undefined {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? databaseError(error.cause) : undefined;
}
