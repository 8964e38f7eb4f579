import pg from 'pg';

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/**
 * Sees every statement that this process sends to the server, BEGIN and COMMIT included, by standing in the driver's
 * own way: nothing above it, no ORM and no pool, can hide one.
 */
export function watchStatements() {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  let seen: string[] = [];
  prototype.query = function (...args) {
    const [statement] = args;
    seen.push(typeof statement === 'string' ? statement : String((statement as { text?: string }).text));
    return query.apply(this, args);
  };
  return {
    /** The statements sent while `work` runs. */
    async during(work: () => PromiseLike<unknown>): Promise<string[]> {
      seen = [];
      await work();
      return seen;
    },
    /** Those so far, to wait for what is sent after the answer. */
    soFar: (): readonly string[] => seen,
    restore() {
      prototype.query = query;
    },
  };
}

/** What `work` asks of the database, statement by statement, white space folded. */
export async function statementsOf(work: () => PromiseLike<unknown>): Promise<string[]> {
  const watched = watchStatements();
  try {
    const statements = await watched.during(work);
    return statements.map((text) => text.trim().replaceAll(/\s+/g, ' '));
  } finally {
    watched.restore();
  }
}
