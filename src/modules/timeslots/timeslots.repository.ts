import type { WallTime } from '../../core/clock.ts';
import { COUNT_LIMIT, type Page, type PageRequest } from '../../core/page.ts';
import type { Bounds } from '../../core/policy.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { and, eq, gte, lte, not, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, upcomingFirst } from '../../db/page.ts';
import { timeslots } from '../../db/schema/index.ts';
import { doctorIsBookable } from '../../db/slots.ts';
import { query, statement } from '../../db/sql.ts';
import type { NewTimeslot, Timeslot } from './timeslots.schemas.ts';

/** A moment, as an instant and as the clinic's wall shows it. */
export interface Moment {
  now: Date;
  wall: WallTime;
}

/** Placeholders of the moment, in every statement that asks whether a slot can be had. */
const today = sql.placeholder('today');
const time = sql.placeholder('time');
const at = ({ now, wall }: Moment) => ({ now: now.toISOString(), today: wall.date, time: wall.time });

const ahead = sql`(${timeslots.date}, ${timeslots.start_time}) > (${today}::date, ${time}::time)`;

/** Neither held for somebody nor claimed by the waiting list; see `timeslot_is_open_to` in the migrations. */
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

export interface FreePage extends Page<Timeslot> {
  /** When the first of what is held may be free again by itself, ISO 8601; null when nothing is, or no row is left. */
  held_until: string | null;
}

/** The doctor's slots between two days that nobody has, and that have not begun; or that are not over. */
const untaken = (running: boolean) => `s.doctor_id = $1 and s.date between $2 and $3 and not s.is_taken
  and (s.date, ${running ? 's.end_time' : 's.start_time'}) > ($4::date, $5::time)`;
const isFree = (running: boolean) => `${untaken(running)}
  and timeslot_is_open_to(s.held_by, s.held_until, s.is_waitlisted and s.date <= $7::date, null, $6) is true`;

/**
 * A doctor's bookable slots, soonest first.
 * @param days the first and the last of them
 */
export async function listFree(
  db: Db,
  doctor: number,
  days: { from: string; to: string },
  { now, after, reach, running }: Pick<Bounds, 'now' | 'after' | 'reach' | 'running'>,
  page: PageRequest,
): Promise<FreePage> {
  const free = isFree(running);
  const found = await fetchPage(page, async (window) => {
    const { rows } = await clientOf(db).query<Timeslot & { count: number; held_until: string | null }>({
      name: `timeslots.free${running ? ':running' : ''}`,
      text: `
        select s.id, s.doctor_id as doctor, s.date, s.start_time, s.end_time, true as is_available,
          (select count(*)::integer from (select from timeslots s where ${free} limit ${COUNT_LIMIT}) counted) as count,
          (select min(s.held_until) from timeslots s where ${untaken(running)} and s.held_until > $6) as held_until
        from timeslots s
        where ${free} and (select ${doctorIsBookable} from (select $1::integer as doctor_id) s)
        order by s.date, s.start_time limit $8 offset $9`,
      values: [doctor, days.from, days.to, after.date, after.time, now, reach, window.limit, window.offset],
    });
    return rows;
  });
  return {
    ...found,
    held_until: found.rows[0]?.held_until ?? null,
    rows: found.rows.map(({ held_until, ...row }) => row),
  };
}

/** All of a doctor's slots, today's and later first. */
export async function listOwn(
  db: Db,
  doctor: number,
  filters: DayFilters & { is_available?: boolean | undefined },
  moment: Moment,
  page: PageRequest,
) {
  const { is_available } = filters;
  const name = `timeslots.own:${shapeOf(filters)}:${is_available ?? ''}`;
  const list = statement(name, () => {
    const where = and(
      eq(timeslots.doctor_id, sql.placeholder('doctor')),
      ...onDays(filters),
      // Written out, so that the index of free slots serves.
      is_available === undefined ? undefined : is_available ? available : sql`not ${available}`,
    );
    const { page: ids, order } = upcomingFirst(timeslots, where);
    return query
      .select({
        ...fields,
        is_available: available,
        count: countUpToLimit(query.select({ one: sql`1` }).from(timeslots).where(where)),
      })
      .from(ids)
      .innerJoin(timeslots, sql`${timeslots.id} = page.id`)
      .orderBy(order);
  });
  return fetchPage<Timeslot & { count: number }>(page, (window) =>
    list(db, { doctor, ...filters, ...at(moment), ...window }),
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

const ownerOf = statement('timeslots.owner', () =>
  query
    .select({ doctor: timeslots.doctor_id })
    .from(timeslots)
    .where(eq(timeslots.id, sql.placeholder('id'))),
);

/** Whose slot it is. */
export async function findOwner(db: Db, timeslot: number): Promise<{ doctor: number } | undefined> {
  const [row] = await ownerOf(db, { id: timeslot });
  return row;
}

/**
 * Publishes a slot in one statement. ON CONFLICT covers the exclusion constraint: a plain INSERT deadlocks when
 * several publish the same time at once. The doctor's row is locked, so that nobody publishes for one just leaving.
 * One who waits for approval may publish: their slots are seen once they are let in. What was taken back at that time
 * may come from the week again. What somebody waits for is nobody else's from the first moment on.
 * @returns undefined when the doctor is gone or deactivated, or another slot overlaps
 * @throws the refusal by `timeslots_not_on_holiday`, and by `timeslots_not_in_absence`
 */
export async function insertTimeslot(
  executor: Executor,
  slot: Required<NewTimeslot>,
  wall: WallTime,
): Promise<Timeslot | undefined> {
  const { rows } = await clientOf(executor).query<Timeslot>({
    name: 'timeslots.insert',
    text: `
      with doctor as (
        select id from users where id = $1 and role = 'doctor' and is_active for share
      ), published as (
        insert into timeslots (doctor_id, date, start_time, end_time, despite_holiday)
        select id, $2, $3, $4, $5 from doctor
        on conflict do nothing
        returning id, doctor_id as doctor, date, start_time, end_time
      ), back as (
        delete from withdrawn_timeslots w using published p
        where w.doctor_id = p.doctor and w.date = p.date and w.start_time < p.end_time and w.end_time > p.start_time
      )
      select *, (date, start_time) > ($6::date, $7::time)
        and not waitlist_wants(doctor, date, start_time, end_time) as is_available
      from published`,
    values: [
      slot.doctor,
      slot.date,
      slot.start_time,
      slot.end_time,
      slot.despite_holiday,
      wall.date,
      wall.time,
    ],
  });
  return rows[0];
}

/**
 * Deletes a slot that no active appointment holds, nor anybody's hold or offer. One that came from the doctor's week is
 * remembered, so that it stays away: the doctor's row is locked against whoever publishes from the week meanwhile.
 * @returns whose it was, undefined when it is booked, held or gone
 */
export async function deleteTimeslot(
  executor: Executor,
  timeslot: number,
  now: Date,
): Promise<{ doctor: number } | undefined> {
  const { rows } = await clientOf(executor).query<{ doctor: number }>({
    name: 'timeslots.delete',
    text: `
      with doctor as (
        select id from users where id = (select doctor_id from timeslots where id = $1) for share
      ), deleted as (
        delete from timeslots s using doctor
        where s.id = $1 and not s.is_taken and (s.held_until is null or s.held_until <= $2)
        returning s.doctor_id, s.date, s.start_time, s.end_time, s.is_scheduled
      ), withdrawn as (
        insert into withdrawn_timeslots (doctor_id, date, start_time, end_time)
        select doctor_id, date, start_time, end_time from deleted where is_scheduled
        on conflict do nothing
      )
      select doctor_id as doctor from deleted`,
    values: [timeslot, now],
  });
  return rows[0];
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

/** Those that nobody has: what is left to somebody is of a visit that took place before its time. */
export async function removeUpcoming(tx: Tx, doctor: number, wall: WallTime): Promise<void> {
  await tx.delete(timeslots).where(and(upcomingOf(doctor, wall), not(timeslots.is_taken)));
}
