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
    restore() {
      prototype.query = query;
    },
  };
}
