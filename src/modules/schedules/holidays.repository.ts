import type { WallTime } from '../../core/clock.ts';
import type { PageRequest } from '../../core/page.ts';
import { clientOf, type Db, type Tx } from '../../db/client.ts';
import { and, eq, gte, lte, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../db/page.ts';
import { prepared } from '../../db/prepared.ts';
import { holidays } from '../../db/schema/index.ts';
import type { Holiday } from './holidays.schemas.ts';

const fields = { id: holidays.id, date: holidays.date, name: holidays.name };

interface Filters {
  from?: string | undefined;
  to?: string | undefined;
}

/** One page of holidays: today's and later first, then past ones, latest first. */
export async function listHolidays(db: Db, { from, to }: Filters, today: string, page: PageRequest) {
  const name = `holidays.list:${from ? 'from' : ''}:${to ? 'to' : ''}`;
  const statement = prepared(db, name, () => {
    const where = and(
      from ? gte(holidays.date, sql.placeholder('from')) : undefined,
      to ? lte(holidays.date, sql.placeholder('to')) : undefined,
    );
    const isPast = sql`${holidays.date} < ${sql.placeholder('today')}::date`;
    return db
      .select({
        ...fields,
        count: countUpToLimit(db.select({ one: sql`1` }).from(holidays).where(where)),
      })
      .from(holidays)
      .where(where)
      .orderBy(isPast, sql`abs(${holidays.date} - ${sql.placeholder('today')}::date)`)
      .limit(limit)
      .offset(offset)
      .prepare(name);
  });
  return fetchPage<Holiday & { count: number }>(page, (window) =>
    statement.execute({ from, to, today, ...window }),
  );
}

export async function findHoliday(db: Db, holiday: number): Promise<Holiday | undefined> {
  const [found] = await db.select(fields).from(holidays).where(eq(holidays.id, holiday));
  return found;
}

/** @returns undefined when that day is a holiday already */
export async function insertHoliday(
  tx: Tx,
  { date, name }: Omit<Holiday, 'id'>,
): Promise<Holiday | undefined> {
  const [added] = await tx.insert(holidays).values({ date, name }).onConflictDoNothing().returning(fields);
  return added;
}

export async function deleteHoliday(tx: Tx, holiday: number): Promise<{ date: string } | undefined> {
  const [gone] = await tx.delete(holidays).where(eq(holidays.id, holiday)).returning({ date: holidays.date });
  return gone;
}

/** How many appointments of a day are still to come. */
export async function countAppointments(tx: Tx, date: string, wall: WallTime): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: 'holidays.appointments',
    text: `
      select count(*)::integer as count from appointments
      where date = $1 and status in ('pending', 'confirmed') and (date, start_time) > ($2::date, $3::time)`,
    values: [date, wall.date, wall.time],
  });
  return rows[0]?.count ?? 0;
}
