import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from 'node:http';
import pg from 'pg';

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** Whatever is done for a request, or by the work that is watched; nothing else has a store here. */
const asked = new AsyncLocalStorage<true>();

/**
 * Sees every statement that is sent to the server for a request or by what is watched, BEGIN and COMMIT included, by
 * standing in the driver's own way: nothing above it, no ORM and no pool, can hide one. What a process asks by itself
 * in the meantime, as whether a link still stands, belongs to nobody and is not seen.
 */
export function watchStatements() {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  const { emit } = Server.prototype;
  let seen: string[] = [];
  prototype.query = function (...args) {
    const [statement] = args;
    if (asked.getStore())
      seen.push(typeof statement === 'string' ? statement : String((statement as { text?: string }).text));
    return query.apply(this, args);
  };
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]) {
    const told = () => (emit as (...all: unknown[]) => boolean).call(this, event, ...args);
    return event === 'request' ? asked.run(true, told) : told();
  } as typeof emit;
  return {
    /** The statements sent while `work` runs. */
    async during(work: () => PromiseLike<unknown>): Promise<string[]> {
      seen = [];
      // Awaited within: a request of supertest is only sent by whoever waits for it.
      await asked.run(true, async () => void (await work()));
      return seen;
    },
    /** Those so far, to wait for what is sent after the answer. */
    soFar: (): readonly string[] => seen,
    restore() {
      prototype.query = query;
      Server.prototype.emit = emit;
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
