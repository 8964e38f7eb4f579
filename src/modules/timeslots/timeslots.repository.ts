import type { WallTime } from '../../core/clock.ts';
import type { PageRequest } from '../../core/page.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { and, asc, eq, gte, inArray, lte, notExists, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset, upcomingFirst } from '../../db/page.ts';
import { prepared } from '../../db/prepared.ts';
import { appointments, timeslots } from '../../db/schema/index.ts';
import type { NewTimeslot, Timeslot } from './timeslots.schemas.ts';

/** Placeholders of the clinic's wall clock, in every statement that asks whether a slot has begun. */
const today = sql.placeholder('today');
const time = sql.placeholder('time');
const begunAt = (wall: WallTime) => ({ today: wall.date, time: wall.time });

const ahead = sql`(${timeslots.date}, ${timeslots.start_time}) > (${today}::date, ${time}::time)`;

const booking = (executor: Executor) =>
  executor
    .select({ one: sql`1` })
    .from(appointments)
    .where(
      and(eq(appointments.timeslot_id, timeslots.id), inArray(appointments.status, ['pending', 'confirmed'])),
    );

/** The one definition of `is_available`. */
const available = (executor: Executor) => sql<boolean>`(${ahead} and ${notExists(booking(executor))})`;

const fields = {
  id: timeslots.id,
  doctor: timeslots.doctor_id,
  date: timeslots.date,
  start_time: timeslots.start_time,
  end_time: timeslots.end_time,
};

export interface DayFilters {
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

/** Who is deactivated or waits for approval cannot be booked, so nothing of theirs is free. */
const doctorIsBookable = sql`exists (
  select from users join doctor_profiles using (id)
  where id = ${sql.placeholder('doctor')} and role = 'doctor' and is_active and approved_at is not null)`;

/** A doctor's bookable slots, soonest first. */
export async function listFree(db: Db, doctor: number, days: DayFilters, wall: WallTime, page: PageRequest) {
  const name = `timeslots.free:${shapeOf(days)}`;
  const statement = prepared(db, name, () => {
    const where = and(
      eq(timeslots.doctor_id, sql.placeholder('doctor')),
      ...onDays(days),
      ahead,
      notExists(booking(db)),
      doctorIsBookable,
    );
    return db
      .select({
        ...fields,
        is_available: sql<boolean>`true`,
        count: countUpToLimit(db.select({ one: sql`1` }).from(timeslots).where(where)),
      })
      .from(timeslots)
      .where(where)
      .orderBy(asc(timeslots.date), asc(timeslots.start_time))
      .limit(limit)
      .offset(offset)
      .prepare(name);
  });
  return fetchPage<Timeslot & { count: number }>(page, (window) =>
    statement.execute({ doctor, ...days, ...begunAt(wall), ...window }),
  );
}

/** All of a doctor's slots, today's and later first. */
export async function listOwn(
  db: Db,
  doctor: number,
  filters: DayFilters & { is_available?: boolean | undefined },
  wall: WallTime,
  page: PageRequest,
) {
  const name = `timeslots.own:${shapeOf(filters)}`;
  const statement = prepared(db, name, () => {
    const isAvailable = available(db);
    const where = and(
      eq(timeslots.doctor_id, sql.placeholder('doctor')),
      ...onDays(filters),
      filters.is_available === undefined ? undefined : eq(isAvailable, sql.placeholder('is_available')),
    );
    const { page: ids, order } = upcomingFirst(timeslots, where);
    return db
      .select({
        ...fields,
        is_available: isAvailable,
        count: countUpToLimit(db.select({ one: sql`1` }).from(timeslots).where(where)),
      })
      .from(ids)
      .innerJoin(timeslots, sql`${timeslots.id} = page.id`)
      .orderBy(order)
      .prepare(name);
  });
  return fetchPage<Timeslot & { count: number }>(page, (window) =>
    statement.execute({ doctor, ...filters, ...begunAt(wall), ...window }),
  );
}

export async function findTimeslot(db: Db, timeslot: number, wall: WallTime): Promise<Timeslot | undefined> {
  const statement = prepared(db, 'timeslots.find', () =>
    db
      .select({ ...fields, is_available: available(db) })
      .from(timeslots)
      .where(eq(timeslots.id, sql.placeholder('id')))
      .prepare('timeslots.find'),
  );
  const [row] = await statement.execute({ id: timeslot, ...begunAt(wall) });
  return row;
}

/** Whose slot it is. */
export async function findOwner(db: Db, timeslot: number): Promise<{ doctor: number } | undefined> {
  const statement = prepared(db, 'timeslots.owner', () =>
    db
      .select({ doctor: timeslots.doctor_id })
      .from(timeslots)
      .where(eq(timeslots.id, sql.placeholder('id')))
      .prepare('timeslots.owner'),
  );
  const [row] = await statement.execute({ id: timeslot });
  return row;
}

/**
 * Publishes a slot in one statement. ON CONFLICT covers the exclusion constraint: a plain INSERT deadlocks when
 * several publish the same time at once. The doctor's row is locked, so that nobody publishes for one just leaving.
 * One who waits for approval may publish: their slots are seen once they are let in.
 * @returns undefined when the doctor is gone or deactivated, or another slot overlaps
 */
export async function insertTimeslot(
  executor: Executor,
  slot: Required<NewTimeslot>,
): Promise<Timeslot | undefined> {
  const { rows } = await clientOf(executor).query<Timeslot>({
    name: 'timeslots.insert',
    text: `
      with doctor as (
        select id from users where id = $1 and role = 'doctor' and is_active for share
      )
      insert into timeslots (doctor_id, date, start_time, end_time)
      select id, $2, $3, $4 from doctor
      on conflict do nothing
      returning id, doctor_id as doctor, date, start_time, end_time, true as is_available`,
    values: [slot.doctor, slot.date, slot.start_time, slot.end_time],
  });
  return rows[0];
}

/**
 * Deletes a slot that no active appointment holds; a booking that wins the race makes the check constraint refuse.
 * @returns whose it was, undefined when it is booked or there is none
 */
export async function deleteTimeslot(
  executor: Executor,
  timeslot: number,
): Promise<{ doctor: number } | undefined> {
  const [deleted] = await executor
    .delete(timeslots)
    .where(and(eq(timeslots.id, timeslot), notExists(booking(executor))))
    .returning({ doctor: timeslots.doctor_id });
  return deleted;
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

export async function removeUpcoming(tx: Tx, doctor: number, wall: WallTime): Promise<void> {
  await tx.delete(timeslots).where(upcomingOf(doctor, wall));
}
