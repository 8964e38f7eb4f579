import type { Executor } from './client.ts';

/**
 * Stands for no name at `prepare`: the server plans such a statement for its values each time. For filters by what most
 * rows have or hardly any: a plan made once for all of them would look through the whole table for the few.
 */
export const UNNAMED = '';

const statements = new WeakMap<Executor, Map<string, unknown>>();

/**
 * Keeps a prepared statement per executor: building one with drizzle costs two to eight times what running it does.
 * @param name the statement's name on the server too: the same name must always stand for the same SQL
 */
export function prepared<Statement>(executor: Executor, name: string, build: () => Statement): Statement {
  let known = statements.get(executor);
  if (!known) {
    known = new Map();
    statements.set(executor, known);
  }
  let statement = known.get(name) as Statement | undefined;
  if (statement === undefined) {
    statement = build();
    known.set(name, statement);
  }
  return statement;
}
