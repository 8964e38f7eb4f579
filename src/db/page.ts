import { COUNT_LIMIT, type Page, type PageRequest } from '../core/page.ts';
import { and, gte, lt, type PgColumn, type PgTable, type SQL, sql } from './drizzle.ts';

/** Placeholders of every paged statement, filled by `fetchPage`. */
export const limit = sql.placeholder('limit');
export const offset = sql.placeholder('offset');
/** How many rows there are up to the page's end, and one. */
export const reach = sql.placeholder('reach');

/** The exact number of `rows` up to COUNT_LIMIT, as a column of the statement that fetches the page. */
export function countUpToLimit(rows: { getSQL(): SQL }): SQL.Aliased<number> {
  const counted = sql`select count(*)::int from (${rows.getSQL()} limit ${sql.raw(String(COUNT_LIMIT))}) as counted`;
  return sql<number>`(${counted})`.as('count');
}

/**
 * Runs a paged statement. It fetches one row more than the page holds, to know whether another page follows; a page
 * past the end asks once more, for the count alone.
 */
export async function fetchPage<Row extends { count: number }>(
  { page, page_size }: PageRequest,
  run: (window: { limit: number; offset: number; reach: number }) => Promise<Row[]>,
): Promise<Page<Omit<Row, 'count'>>> {
  const before = (page - 1) * page_size;
  const rows = await run({ limit: page_size + 1, offset: before, reach: before + page_size + 1 });
  const first = rows[0] ?? (before > 0 ? (await run({ limit: 1, offset: 0, reach: 1 }))[0] : undefined);
  return {
    count: first?.count ?? 0,
    more: rows.length > page_size,
    rows: rows.slice(0, page_size).map(({ count, ...row }) => row),
  };
}

/**
 * The ids of one page. They are found before anything is joined to them, so that what a page skips costs no more than
 * itself, and no plan reads another table whole to join ten thousand rows of which it shows ten.
 *
 * @param where over `table`'s own columns
 * @param order to repeat outside, of the table's own columns
 * @returns a subquery named `page` to select from, and to join `table` to on `isOnPage`
 */
export function pageOf(
  table: PgTable & { id: PgColumn },
  where: SQL | undefined,
  order: readonly SQL[],
): SQL {
  const { id } = table;
  const filtered = where && sql`where ${where}`;
  return sql`(
    select ${id} as id from ${table} ${filtered} order by ${sql.join([...order], sql`, `)}
    limit ${limit} offset ${offset}) as page`;
}

export const isOnPage = ({ id }: { id: PgColumn }): SQL => sql`${id} = page.id`;

/**
 * The ids of one page in the order in which people look: today's and later by time, then what is past, latest first.
 * Each half reads no more of its index than the page reaches, however long the history.
 *
 * @param where over `table`'s own columns; the statement's placeholder `today` divides the halves
 * @param of people, as a subquery with their `id`, of each of whom the rows are read that `where` ties to `person.id`
 * @returns a subquery named `page` to join on `page.id`, and the order to repeat outside it
 */
export function upcomingFirst(
  table: PgTable & { id: PgColumn; date: PgColumn; start_time: PgColumn },
  where: SQL | undefined,
  of?: SQL,
): { page: SQL; order: SQL } {
  const { id, date, start_time } = table;
  const today = sql.placeholder('today');
  const half = (past: boolean, condition: SQL, direction: SQL) => sql`(
    select ${id} as id, ${sql.raw(String(past))} as past, ${date} + ${start_time} as starts_at
    from ${table} where ${and(where, condition)}
    order by ${date} ${direction}, ${start_time} ${direction}, ${id} ${direction} limit ${reach})`;
  const each = (rows: SQL, direction: SQL) =>
    of === undefined
      ? rows
      : sql`(
    select each.* from ${of} as person cross join lateral ${rows} as each
    order by each.starts_at ${direction}, each.id ${direction} limit ${reach})`;
  const [later, past] = [half(false, gte(date, today), sql`asc`), half(true, lt(date, today), sql`desc`)];
  const halves = sql`${each(later, sql`asc`)} union all ${each(past, sql`desc`)}`;
  const order = sql`page.past, case when not page.past then page.starts_at end,
    page.starts_at desc, case when page.past then -page.id else page.id end`;
  return {
    page: sql`(select page.* from (${halves}) as page order by ${order} limit ${limit} offset ${offset}) as page`,
    order,
  };
}
