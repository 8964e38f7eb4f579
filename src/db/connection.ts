import { createHash } from 'node:crypto';
import pg from 'pg';
import { present, type SpanOptions, step } from '../core/tracing.ts';
import { timeFor } from './deadline.ts';

/** How long the server may take to say goodbye. */
const GOODBYE = 1_000;
/** After so many silent milliseconds the machine asks whether the other one is still there: ten times in ten seconds. */
const KEEPALIVE_AFTER = 10_000;

const ofDatabase = new WeakSet<Error>();

/** Whether an error, or its cause, arose on the way to the database. Network errors arise elsewhere too. */
export function isOfDatabase(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof pg.DatabaseError || ofDatabase.has(error) || isOfDatabase(error.cause);
}

/** Remembers where an error came from. */
export function noteOrigin<Thrown>(error: Thrown): Thrown {
  if (error instanceof Error) ofDatabase.add(error);
  return error;
}

export interface ClientOptions extends pg.ClientConfig {
  /** Called whenever the server has answered a statement, be it by a refusal. */
  onAnswer?: () => void;
}

/** A statement may have a `query_timeout` of its own, which pg reads and its types leave out. */
type Worded = Omit<pg.QueryConfig, 'name'> & { name?: string | undefined; query_timeout?: number };
type Callback = (error: Error | null, ...rest: unknown[]) => void;

/**
 * A connection that either works or has ended. If a statement gets no answer (the link is silent, the server said FATAL),
 * nobody knows to which statement the next answer belongs. So the connection ends itself, and a pool takes no ended
 * connection back. Ending takes a second at most, also when the other side is silent.
 */
export class DatabaseClient extends pg.Client {
  /** Milliseconds for which answers are waited for; by default those of its settings. */
  patience: number | undefined;
  private readonly limit: number | undefined;
  private readonly onAnswer: () => void;

  constructor({ onAnswer = () => {}, ...config }: ClientOptions = {}) {
    super({ keepAlive: true, keepAliveInitialDelayMillis: KEEPALIVE_AFTER, ...config });
    this.limit = config.query_timeout;
    this.onAnswer = onAnswer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's overloads of each are kept by the cast
  override connect: any = (callback?: Callback) =>
    callback
      ? super.connect((error: Error) => callback(noteOrigin(error)))
      : super.connect().catch((error) => {
          throw noteOrigin(error);
        });

  // biome-ignore lint/suspicious/noExplicitAny: as above
  override query: any = (statement: string | pg.QueryConfig, ...rest: [unknown[]?]) =>
    present()
      ? step(nameOf(statement), STATEMENT, async () => this.ask(statement, rest))
      : this.ask(statement, rest);

  private ask(statement: string | pg.QueryConfig, rest: [unknown[]?]): unknown {
    const result: unknown = super.query(this.worded(statement), ...rest);
    // With a callback there is no promise. Whoever gave the callback looks after the connection.
    if (!(result instanceof Promise)) return result;
    return result.then(
      (answered) => {
        this.onAnswer();
        return answered;
      },
      (error) => {
        if (error instanceof pg.DatabaseError && error.severity === 'ERROR') this.onAnswer();
        else this.end().catch(() => {});
        throw noteOrigin(error);
      },
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  override end: any = (callback?: () => void) => {
    const { stream } = (this as unknown as { connection: { stream: { destroy(): void } } }).connection;
    const timer = setTimeout(() => stream.destroy(), GOODBYE).unref();
    this.once('end', () => clearTimeout(timer));
    return callback ? super.end(callback) : super.end();
  };

  /** The statement as it is sent. */
  protected worded(statement: string | pg.QueryConfig): string | Worded {
    const limit = this.patience ?? this.limit;
    const query_timeout = limit && timeFor(limit);
    const named = typeof statement === 'string' ? statement : told(statement);
    if (query_timeout === undefined || query_timeout === this.limit) return named;
    return { ...(typeof named === 'string' ? { text: named } : named), query_timeout };
  }
}

/** What the server keeps of a statement's name (NAMEDATALEN): names that differ only after it are one to it. */
const NAME_KEPT = 63;
const shortened = new Map<string, string>();

/** The statement by a name that the server can tell from all others. There are as many long names as shapes of statements. */
function told(statement: pg.QueryConfig): pg.QueryConfig {
  const { name } = statement;
  if (name === undefined || name.length <= NAME_KEPT) return statement;
  const short = shortened.get(name) ?? createHash('sha256').update(name).digest('hex').slice(0, NAME_KEPT);
  shortened.set(name, short);
  return { ...statement, name: short };
}

const STATEMENT: SpanOptions = { kind: 'client', attributes: { 'db.system.name': 'postgresql' } };
/** What a statement without a name is told as. */
const WORDS = /^\s*(select|insert|update|delete|with|begin|commit|rollback|savepoint|release|set)\b/i;

/** The name of a statement for traces: never its text. */
function nameOf(statement: string | pg.QueryConfig): string {
  const { name = '', text } = typeof statement === 'string' ? { text: statement } : statement;
  return name || (WORDS.exec(text)?.[1]?.toLowerCase() ?? 'statement');
}

/** Sends statements without names. A pooler may run the next one on another connection, where nothing was prepared. */
export class UnnamedClient extends DatabaseClient {
  protected override worded(statement: string | pg.QueryConfig): string | Worded {
    const worded = super.worded(statement);
    return typeof worded === 'string' ? worded : { ...worded, name: undefined };
  }
}
