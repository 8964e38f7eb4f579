import type { PageRequest } from '../../../core/page.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { and, eq, gte, lte, sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../../db/page.ts';
import { holidays } from '../../../db/schema/index.ts';
import { query, statement } from '../../../db/sql.ts';
import type { Holiday } from './holidays.schemas.ts';

const fields = { id: holidays.id, date: holidays.date, name: holidays.name, branch: holidays.branch_id };

interface Filters {
  from?: string | undefined;
  to?: string | undefined;
}

/** One page of holidays: today's and later first, then past ones, latest first. Branches may share a day. */
export async function listHolidays(db: Db, { from, to }: Filters, today: string, page: PageRequest) {
  const name = `holidays.list:${from ? 'from' : ''}:${to ? 'to' : ''}`;
  const list = statement(name, () => {
    const where = and(
      from ? gte(holidays.date, sql.placeholder('from')) : undefined,
      to ? lte(holidays.date, sql.placeholder('to')) : undefined,
    );
    const isPast = sql`${holidays.date} < ${sql.placeholder('today')}::date`;
    return query
      .select({
        ...fields,
        count: countUpToLimit(query.select({ one: sql`1` }).from(holidays).where(where)),
      })
      .from(holidays)
      .where(where)
      .orderBy(isPast, sql`abs(${holidays.date} - ${sql.placeholder('today')}::date)`, holidays.id)
      .limit(limit)
      .offset(offset);
  });
  return fetchPage<Holiday & { count: number }>(page, (window) => list(db, { from, to, today, ...window }));
}

export async function findHoliday(db: Db, holiday: number): Promise<Holiday | undefined> {
  const [row] = await db.select(fields).from(holidays).where(eq(holidays.id, holiday));
  return row;
}

/** A trigger closes the day, in its branch or everywhere. @returns undefined when it is such a holiday already */
export async function insertHoliday(
  tx: Tx,
  { date, name, branch }: Omit<Holiday, 'id'>,
): Promise<Holiday | undefined> {
  const [added] = await tx
    .insert(holidays)
    .values({ date, name, branch_id: branch })
    .onConflictDoNothing()
    .returning(fields);
  return added;
}

export async function deleteHoliday(tx: Tx, holiday: number): Promise<{ date: string } | undefined> {
  const [row] = await tx.delete(holidays).where(eq(holidays.id, holiday)).returning({ date: holidays.date });
  return row;
}

interface JudgedDay {
  has_branch: boolean;
  closed: boolean;
  free: number;
}

/** Whether a day is such a holiday already, and how many free slots it has, in a branch or everywhere. */
export async function judgeDay(db: Db, date: string, branch: number | null): Promise<JudgedDay | undefined> {
  const { rows } = await db.$client.query<JudgedDay>({
    name: 'holidays.judge',
    text: `
      select $2::integer is null or exists (select from branches where id = $2) as has_branch,
        exists (select from holidays where date = $1 and branch_id is not distinct from $2) as closed,
        (
          select count(*)::integer from timeslots
          where date = $1 and not is_taken and branch_id = coalesce($2, branch_id)) as free`,
    values: [date, branch],
  });
  return rows[0];
}

/**
 * How many free slots a new holiday removed. Its trigger `holidays_close_day` has noted them in this transaction; what another
 * holiday of that day had removed was noted before.
 */
export async function countClosed(tx: Tx, date: string): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: 'holidays.closed',
    text: `
      select count(*)::integer as count from closed_timeslots
      where date = $1 and xmin = pg_current_xact_id()::xid`,
    values: [date],
  });
  return rows[0]?.count ?? 0;
}
