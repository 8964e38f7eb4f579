import type { WallTime } from '../../../core/clock.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Db } from '../../../db/client.ts';
import { and, type SQL, sql } from '../../../db/drizzle.ts';
import {
  afterPlace,
  countWithPage,
  fetchPage,
  type UpcomingPlace,
  upcomingFirst,
  upcomingPlace,
} from '../../../db/page.ts';
import { appointments } from '../../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../../db/sql.ts';
import { familyOf } from '../../patients/families/guardians.sql.ts';
import { type AppointmentRow, columns, joinPeople, toAppointment } from '../appointments.repository.ts';
import type { Appointment } from '../appointments.schemas.ts';
import { conditionOf, type Filters } from './filters.repository.ts';

interface Listing {
  name: string;
  /** Its name on the server. */
  sent: string;
  /** What its pages are taken from, for whom each, and what is counted. */
  where: SQL | undefined;
  of: SQL | undefined;
  counted: () => { getSQL(): SQL };
  values: Record<string, unknown>;
}

/** One page of them, today's and later first: by its number, or on from a place. */
async function fetchListing(
  db: Db,
  { name, sent, where, of, counted, values }: Listing,
  { date: today, time }: WallTime,
  page: PageRequest,
): Promise<Page<Appointment>> {
  const { cursor } = page;
  const [after] = (cursor ?? []) as Partial<UpcomingPlace>;
  const build = () => {
    const { page: ids, order } = upcomingFirst(appointments, where, { of, after });
    const count = cursor === undefined ? sql`, ${countWithPage(counted())}` : sql``;
    return sql`
      select ${columns}${count}
      from ${ids} join appointments on appointments.id = page.id ${joinPeople}
      order by ${order}`;
  };
  const way = cursor === undefined ? '' : `:after:${after ?? ''}`;
  const list = statement<AppointmentRow & { count: number }>(`${name}${way}`, build, sent && `${sent}${way}`);
  const all = {
    ...values,
    today,
    time,
    first_day: today,
    ...(cursor && afterPlace(cursor as UpcomingPlace)),
  };
  const found = await fetchPage(
    page,
    (window) => list(db, { ...all, ...window }),
    (row) => upcomingPlace(row, all.first_day),
  );
  return { ...found, rows: found.rows.map(toAppointment) };
}

/** One page of appointments, today's and later first. */
export function listAppointments(
  db: Db,
  filters: Filters,
  wall: WallTime,
  page: PageRequest,
): Promise<Page<Appointment>> {
  const { name: conditions, where, of, walked, values } = conditionOf(filters);
  const name = `appointments.list:${conditions}`;
  const listing = {
    name,
    // Of a status, and in a branch, are most of them or hardly any.
    sent: filters.status || filters.branch || filters.branches ? UNNAMED : name,
    where: walked,
    of,
    counted: () => query.select({ one: sql`1` }).from(appointments).where(where),
    values: { ...filters, ...values },
  };
  return fetchListing(db, listing, wall, page);
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
export function listFamily(
  db: Db,
  filters: Omit<Filters, 'patient'>,
  of: { person: number; adult: string },
  wall: WallTime,
  page: PageRequest,
): Promise<Page<Appointment>> {
  const condition = conditionOf(filters);
  const name = `appointments.family:${condition.name}`;
  const listing = {
    name,
    sent: filters.status ? UNNAMED : name,
    where: and(sql`${appointments.patient_id} = each_of.id`, condition.walked),
    of: condition.of
      ? sql`(select person.id, wanted.status from ${family} as person cross join ${condition.of} as wanted)`
      : family,
    counted: () =>
      sql`select from ${family} as person join ${appointments} on ${and(
        sql`${appointments.patient_id} = person.id`,
        condition.where,
      )}`,
    values: { ...filters, ...condition.values, ...of },
  };
  return fetchListing(db, listing, wall, page);
}
