import type { WallTime } from '../../core/clock.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { Db, Tx } from '../../db/client.ts';
import { and, eq, gte, lte, not, type SQL, sql } from '../../db/drizzle.ts';
import {
  afterPlace,
  countUpToLimit,
  fetchPage,
  type UpcomingPlace,
  upcomingFirst,
  upcomingPlace,
} from '../../db/page.ts';
import { timeslots } from '../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../db/sql.ts';
import type { Branches } from '../availability/reach.sql.ts';
import type { Timeslot } from './timeslots.schemas.ts';

/** A moment, as an instant and as the clinic's wall shows it. */
interface Moment {
  now: Date;
  wall: WallTime;
}

/** The placeholders of the moment, for every statement that asks whether a slot is available. */
const today = sql.placeholder('today');
const time = sql.placeholder('time');
const at = ({ now, wall }: Moment) => ({ now: now.toISOString(), today: wall.date, time: wall.time });

const ahead = sql`(${timeslots.date}, ${timeslots.start_time}) > (${today}::date, ${time}::time)`;

/** It is neither held for somebody nor claimed by the waiting list: see `timeslot_is_open_to` in the migrations. */
const unclaimed = sql`timeslot_is_open_to(${timeslots.held_by}, ${timeslots.held_until}, ${timeslots.is_waitlisted},
  null, ${sql.placeholder('now')}::timestamptz)`;

/** The one definition of `is_available`: what anybody may book. */
const available = sql<boolean>`(${ahead} and not ${timeslots.is_taken} and ${unclaimed} is true)`;

const fields = {
  id: timeslots.id,
  doctor: timeslots.doctor_id,
  date: timeslots.date,
  start_time: timeslots.start_time,
  end_time: timeslots.end_time,
  branch: timeslots.branch_id,
  room: timeslots.room_id,
};

interface DayFilters {
  date?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** The conditions of `?date=&from=&to=`, as placeholders of the same names. */
const onDays = ({ date, from, to }: DayFilters): (SQL | undefined)[] => [
  date ? eq(timeslots.date, sql.placeholder('date')) : undefined,
  from ? gte(timeslots.date, sql.placeholder('from')) : undefined,
  to ? lte(timeslots.date, sql.placeholder('to')) : undefined,
];

const shapeOf = (filters: object) =>
  Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
    .join();

/** All of a doctor's slots, today's and later first. */
export async function listOwn(
  db: Db,
  doctor: number,
  filters: DayFilters & { is_available?: boolean | undefined; branch?: number | undefined },
  moment: Moment,
  page: PageRequest,
): Promise<Page<Timeslot>> {
  const { is_available } = filters;
  const { cursor } = page;
  const [after] = (cursor ?? []) as Partial<UpcomingPlace>;
  const way = cursor === undefined ? '' : `:after:${after ?? ''}`;
  const name = `timeslots.own:${shapeOf(filters)}:${is_available ?? ''}${way}`;
  const build = () => {
    const where = and(
      eq(timeslots.doctor_id, sql.placeholder('doctor')),
      ...onDays(filters),
      filters.branch ? eq(timeslots.branch_id, sql.placeholder('branch')) : undefined,
      // Written out, so that the index of free slots serves.
      is_available === undefined ? undefined : is_available ? available : sql`not ${available}`,
    );
    const { page: ids, order } = upcomingFirst(timeslots, where, { after });
    return query
      .select({
        ...fields,
        is_available: available,
        count:
          cursor === undefined
            ? countUpToLimit(query.select({ one: sql`1` }).from(timeslots).where(where))
            : sql<number>`0`.as('count'),
      })
      .from(ids)
      .innerJoin(timeslots, sql`${timeslots.id} = page.id`)
      .orderBy(order);
  };
  // A branch has nearly all of them, or hardly any.
  const list = statement(name, build, filters.branch ? UNNAMED : name);
  const place = cursor && afterPlace(cursor as UpcomingPlace);
  const values = { doctor, ...filters, ...at(moment), first_day: moment.wall.date, ...place };
  return fetchPage(
    page,
    (window) => list(db, { ...values, ...window }),
    (row) => upcomingPlace(row, values.first_day),
  );
}

const find = statement('timeslots.find', () =>
  query
    .select({
      ...fields,
      is_available: available,
      is_taken: timeslots.is_taken,
      is_held: sql<boolean>`coalesce(${timeslots.held_until} > ${sql.placeholder('now')}::timestamptz, false)`,
    })
    .from(timeslots)
    .where(eq(timeslots.id, sql.placeholder('id'))),
);

export async function findTimeslot(
  db: Db,
  timeslot: number,
  moment: Moment,
): Promise<(Timeslot & { is_taken: boolean; is_held: boolean }) | undefined> {
  const [row] = await find(db, { id: timeslot, ...at(moment) });
  return row;
}

const some = statement(
  'timeslots.some',
  () =>
    query
      .select({ ...fields, is_available: available })
      .from(timeslots)
      .where(
        sql`${timeslots.id} = any (${sql.placeholder('ids')}) and ${timeslots.doctor_id} = ${sql.placeholder('doctor')}`,
      ),
  UNNAMED,
);

/** Those of a doctor's slots among these. */
export const findOwn = (
  db: Db,
  doctor: number,
  ids: readonly number[],
  moment: Moment,
): Promise<Timeslot[]> => some(db, { ids, doctor, ...at(moment) });

const branches = sql.placeholder('branches');
const ownerOf = statement('timeslots.owner', () =>
  query
    .select({ doctor: timeslots.doctor_id })
    .from(timeslots)
    .where(
      and(
        eq(timeslots.id, sql.placeholder('id')),
        sql`(${branches}::integer[] is null or ${timeslots.branch_id} = any (${branches}::integer[]))`,
      ),
    ),
);

/** Whose slot it is, where it lies in one of these branches. */
export async function findOwner(
  db: Db,
  timeslot: number,
  within: Branches,
): Promise<{ doctor: number } | undefined> {
  const [row] = await ownerOf(db, { id: timeslot, branches: within });
  return row;
}

const upcomingOf = (doctor: number, wall: WallTime) =>
  and(
    eq(timeslots.doctor_id, doctor),
    sql`(${timeslots.date}, ${timeslots.start_time}) > (${wall.date}::date, ${wall.time}::time)`,
  );

/** Waits for bookings under way on these slots and keeps new ones out until the transaction ends. */
export async function lockUpcoming(tx: Tx, doctor: number, wall: WallTime): Promise<void> {
  await tx
    .select({ id: timeslots.id })
    .from(timeslots)
    .where(upcomingOf(doctor, wall))
    .orderBy(timeslots.id)
    .for('update');
}

/** Removes the slots that nobody has. One that somebody has left is of a visit that took place before its time. */
export async function removeUpcoming(tx: Tx, doctor: number, wall: WallTime): Promise<void> {
  await tx.delete(timeslots).where(and(upcomingOf(doctor, wall), not(timeslots.is_taken)));
}
