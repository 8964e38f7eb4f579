import type { WallTime } from '../../../core/clock.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Db } from '../../../db/client.ts';
import { and, sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, upcomingFirst } from '../../../db/page.ts';
import { appointments } from '../../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../../db/sql.ts';
import { familyOf } from '../../patients/families/guardians.sql.ts';
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

/** Somebody and those whom they look after. */
const family = sql`(
  select member.id from (select ${sql.placeholder('person')}::integer as id, ${sql.placeholder('adult')}::date as adult) as asking
  cross join lateral (${sql.raw(familyOf('asking.id', 'asking.adult'))}) as member)`;

/**
 * One page of the appointments of somebody and of those whom they look after, in the same order. Of each of them no more is
 * read than the page reaches, however long their histories are.
 * @param of.adult the latest day of birth of adults
 */
export async function listFamily(
  db: Db,
  filters: Omit<Filters, 'patient'>,
  of: { person: number; adult: string },
  wall: WallTime,
  page: PageRequest,
): Promise<Page<Appointment>> {
  const condition = conditionOf(filters);
  const name = `appointments.family:${condition.name}`;
  const build = () => {
    const where = and(sql`${appointments.patient_id} = person.id`, condition.where);
    const { page: ids, order } = upcomingFirst(appointments, where, family);
    const count = countUpToLimit(sql`select from ${family} as person join ${appointments} on ${where}`);
    return sql`
      select ${columns}, ${count.sql} as count
      from ${ids} join appointments on appointments.id = page.id ${joinPeople}
      order by ${order}`;
  };
  const list = statement<AppointmentRow & { count: number }>(name, build, filters.status ? UNNAMED : name);
  const { date: today, time } = wall;
  const found = await fetchPage(page, (window) => list(db, { ...filters, ...of, today, time, ...window }));
  return { ...found, rows: found.rows.map(toAppointment) };
}
