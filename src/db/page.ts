import { COUNT_LIMIT, type Page, type PageRequest, type Place } from '../core/page.ts';
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
 * The same count, as a column named `count` of a statement whose rows are those of the page: on the last page they are the count
 * themselves, and nothing more is read for it.
 */
export const countWithPage = (rows: { getSQL(): SQL }): SQL =>
  sql`case when count(*) over () < ${limit} then least(${offset} + count(*) over (), ${sql.raw(String(COUNT_LIMIT))})
    else ${countUpToLimit(rows).sql} end as count`;

/**
 * Runs a paged statement. It fetches one row more than the page holds, to know whether another page follows; a page
 * past the end asks once more, for the count alone. Read by places, the list is neither skipped through nor counted.
 * @param placeOf where a reader stands after a row, of a list that is read by places too
 */
export async function fetchPage<Row extends { count: number }>(
  { page, page_size, cursor }: PageRequest,
  run: (window: { limit: number; offset: number; reach: number }) => Promise<Row[]>,
  placeOf?: (row: Row) => Place,
): Promise<Page<Omit<Row, 'count'>>> {
  const before = (page - 1) * page_size;
  const rows = await run({ limit: page_size + 1, offset: before, reach: before + page_size + 1 });
  const more = rows.length > page_size;
  const shown = rows.slice(0, page_size).map(({ count, ...row }) => row);
  if (cursor !== undefined && placeOf) {
    const last = rows[page_size - 1];
    return { count: null, more, rows: shown, next: more && last ? placeOf(last) : null };
  }
  const first = rows[0] ?? (before > 0 ? (await run({ limit: 1, offset: 0, reach: 1 }))[0] : undefined);
  return { count: first?.count ?? 0, more, rows: shown };
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

/**
 * The same of rows that are wanted of several kinds, newest first: an index has them in order for one kind only.
 * @param of the kinds, as a subquery, to each of which `where` ties rows by the name `each_of`
 */
export function pageOfEach(table: PgTable & { id: PgColumn }, where: SQL | undefined, of: SQL): SQL {
  const { id } = table;
  return sql`(
    select each.id from ${of} as each_of cross join lateral (
      select ${id} as id from ${table} where ${where} order by ${id} desc limit ${reach}) as each
    order by each.id desc limit ${limit} offset ${offset}) as page`;
}

export const isOnPage = ({ id }: { id: PgColumn }): SQL => sql`${id} = page.id`;

/** Where in the order of `upcomingFirst` a page begins. The day that divides it stays that of the list's beginning. */
export type UpcomingPlace = readonly [
  half: 'later' | 'past',
  first_day: string,
  date: string,
  time: string,
  id: number,
];

/** The values of a statement's placeholders for a page from there on. */
export const afterPlace = ([, first_day, date, time, id]: UpcomingPlace) => ({
  first_day,
  after_date: date,
  after_time: time,
  after_id: id,
});

/** The place of a row in that order. */
export const upcomingPlace = (
  { date, start_time, id }: { date: string; start_time: string; id: number },
  first_day: string,
): UpcomingPlace => [date >= first_day ? 'later' : 'past', first_day, date, start_time, id];

/**
 * The ids of one page in the order in which people look: today's and later by time, then what is past, latest first.
 * Each half reads no more of its index than the page reaches, however long the history.
 *
 * @param where over `table`'s own columns; the statement's placeholder `first_day` divides the halves
 * @param options.of of whom or what, as a subquery, of each row of which the rows are read that `where` ties to it by its
 * name, `each_of`
 * @param options.after the half in which a place lies whose values are placeholders of the statement (`afterPlace`)
 * @returns a subquery named `page` to join on `page.id`, and the order to repeat outside it
 */
export function upcomingFirst(
  table: PgTable & { id: PgColumn; date: PgColumn; start_time: PgColumn },
  where: SQL | undefined,
  { of, after }: { of?: SQL | undefined; after?: 'later' | 'past' | undefined } = {},
): { page: SQL; order: SQL } {
  const { id, date, start_time } = table;
  const first_day = sql.placeholder('first_day');
  const place = sql`(${sql.placeholder('after_date')}::date, ${sql.placeholder('after_time')}::time,
    ${sql.placeholder('after_id')}::integer)`;
  const beyond = (half: 'later' | 'past', sign: SQL) =>
    after === half ? sql`(${date}, ${start_time}, ${id}) ${sign} ${place}` : undefined;
  const half = (past: boolean, condition: SQL | undefined, direction: SQL) => sql`(
    select ${id} as id, ${sql.raw(String(past))} as past, ${date} + ${start_time} as starts_at
    from ${table} where ${and(where, condition)}
    order by ${date} ${direction}, ${start_time} ${direction}, ${id} ${direction} limit ${reach})`;
  const later = half(false, and(gte(date, first_day), beyond('later', sql`>`)), sql`asc`);
  const past = half(true, and(lt(date, first_day), beyond('past', sql`<`)), sql`desc`);
  const halves = after === 'past' ? past : sql`${later} union all ${past}`;
  const rows = of === undefined ? sql`(${halves})` : sql`${of} as each_of cross join lateral (${halves})`;
  const order = sql`page.past, case when not page.past then page.starts_at end,
    page.starts_at desc, case when page.past then -page.id else page.id end`;
  return {
    page: sql`(select page.* from ${rows} as page order by ${order} limit ${limit} offset ${offset}) as page`,
    order,
  };
}
