import type { WallTime } from '../../../core/clock.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Db } from '../../../db/client.ts';
import { sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, upcomingFirst } from '../../../db/page.ts';
import { appointments } from '../../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../../db/sql.ts';
import { type AppointmentRow, columns, joinPeople, toAppointment } from '../appointments.repository.ts';
import type { Appointment } from '../appointments.schemas.ts';
import { conditionOf, type Filters } from './filters.repository.ts';

/** One page of appointments, today's and later first. */
export async function listAppointments(
  db: Db,
  filters: Filters,
  wall: WallTime,
  page: PageRequest,
): Promise<Page<Appointment>> {
  const condition = conditionOf(filters);
  const name = `appointments.list:${condition.name}`;
  const build = () => {
    const { page: ids, order } = upcomingFirst(appointments, condition.where);
    const count = countUpToLimit(query.select({ one: sql`1` }).from(appointments).where(condition.where));
    return sql`
      select ${columns}, ${count.sql} as count
      from ${ids} join appointments on appointments.id = page.id ${joinPeople}
      order by ${order}`;
  };
  // Of a status, and in a branch, are most of them or hardly any.
  const sent = filters.status || filters.branch || filters.branches ? UNNAMED : name;
  const list = statement<AppointmentRow & { count: number }>(name, build, sent);
  const { date: today, time } = wall;
  const found = await fetchPage(page, (window) => list(db, { ...filters, today, time, ...window }));
  return { ...found, rows: found.rows.map(toAppointment) };
}
