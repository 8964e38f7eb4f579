import { clientOf, type Executor } from './client.ts';
import { PgDialect, Placeholder, QueryBuilder, type SQL } from './drizzle.ts';

/**
 * Stands for no name on the server, which then plans the statement for its values each time. It is for filters by what
 * most rows have or hardly any: one plan for all of them would read the whole table to find the few.
 */
export const UNNAMED = '';

/**
 * A value into which the server does not look when it plans: an array, or what switches a part of the statement off by being
 * null. For one that it sees it finds a plan cheaper than the one for any value, so that it plans the statement anew each time:
 * half of what a hold cost, and 1.7 ms of the 3.6 that a visit in a room did. `test/plans` finds such statements.
 * @param parameter such as `$1`
 * @param type such as `integer[]`
 */
export const unseen = (parameter: string, type: string): string => `(select ${parameter}::${type})::${type}`;

/**
 * The row with an id, looked up by it whatever else is asked of it. Where the server has not counted its tables, or counted them when
 * they were small, it would begin with everybody of a role instead, and again for each row beside it: with 1,000 patients it read
 * 1,000,000 rows to register one more.
 * @param id the SQL for it, which may name rows that stand before this one: it is to be joined LATERAL
 */
export const rowOf = (table: string, id: string): string =>
  `(select one.* from ${table} one where one.id = ${id} offset 0)`;

/**
 * A condition that always holds, and from which on the transaction waits for a lock for so long only.
 * @param parameter milliseconds as a text; null is what the connection waits
 */
export const patientFor = (parameter: string): string =>
  `(select set_config('lock_timeout', ${parameter}::text, true)) is not null`;

/** Begins a statement of drizzle's builder. It belongs to no connection, so it is written once for all of them. */
export const query = new QueryBuilder();

/**
 * Runs a statement, on the pool or in a transaction.
 * @param values of the statement's placeholders, by name; undefined is sent as null
 */
type Statement<Row> = (executor: Executor, values?: Record<string, unknown>) => Promise<Row[]>;

/** What drizzle's builder makes; its columns have the names of the fields that were selected. */
interface Selection<Row> {
  getSQL(): SQL;
  readonly _: { readonly selectedFields: Record<string, unknown>; readonly result: Row[] };
}

const dialect = new PgDialect();
// biome-ignore lint/suspicious/noExplicitAny: statements of every kind of row
const statements = new Map<string, Statement<any>>();

/**
 * A statement that is written once for the whole process, when it first runs, and is prepared by name on each connection:
 * to write one with drizzle costs two to eight times what running it does. Rows come as pg reads them (db/client), which
 * for ten appointments takes 70 µs where drizzle's own mapping takes 110.
 *
 * @param name by which it is known here and on the server; one name always stands for the same SQL
 * @param build either a selection that began with `query`, whose rows have the names of its fields, or SQL of your own,
 * whose rows have the names of its columns
 * @param sent the name on the server, where that is another: UNNAMED
 */
export function statement<Row extends object>(
  name: string,
  build: () => SQL | Selection<Row>,
  sent: string = name,
): Statement<Row> {
  const known = statements.get(name);
  if (known) return known;
  let written: Written | undefined;
  const run: Statement<Row> = async (executor, values = {}) => {
    written ??= write(build());
    const { text, params, fields } = written;
    const bound = params.map((param) => (param instanceof Placeholder ? valueFor(param, values) : param));
    if (!fields) return (await clientOf(executor).query<Row>({ name: sent, text, values: bound })).rows;
    const { rows } = await clientOf(executor).query<unknown[]>({
      name: sent,
      text,
      values: bound,
      rowMode: 'array',
    });
    return rows.map((row) => named(fields, row) as Row);
  };
  statements.set(name, run);
  return run;
}

interface Written {
  text: string;
  params: readonly unknown[];
  /** The names of its columns by their order; undefined where the columns have names of their own. */
  fields: readonly string[] | undefined;
}

function write<Row>(built: SQL | Selection<Row>): Written {
  const { sql: text, params } = dialect.sqlToQuery(built.getSQL());
  const selected =
    '_' in built && built._ && 'selectedFields' in built._ ? built._.selectedFields : undefined;
  return { text, params, fields: selected && Object.keys(selected) };
}

function valueFor({ name }: { name: string }, values: Record<string, unknown>): unknown {
  if (!(name in values)) throw new Error(`the statement needs a value of ${name}`);
  return values[name];
}

function named(fields: readonly string[], row: readonly unknown[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  fields.forEach((field, place) => {
    values[field] = row[place];
  });
  return values;
}
