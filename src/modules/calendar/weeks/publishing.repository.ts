import type { WallTime } from '../../../core/clock.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { isDoctorHere } from '../../availability/people.sql.ts';

export interface PlainSlot {
  date: string;
  start_time: string;
  end_time: string;
}

/** Whoever changes slots here has locked the holidays and the doctor's calendar, so that what is read stays true. */

/**
 * Publishes the slots of the doctor's week, from today on, that are missing. It leaves out holidays, absences, what overlaps
 * a slot, and what was taken back by hand. They are left out before a slot is tried, since every try would use up an id. The
 * calendar is read within these days only, not through the years.
 * @param days how many days after today
 * @param dry_run asks only what is missing, and publishes nothing
 * @returns the slots that it published, by time
 */
export async function publishWeek(
  tx: Tx,
  doctor: number,
  wall: WallTime,
  days: number,
  { dry_run = false } = {},
): Promise<PlainSlot[]> {
  const [insert, returning] = dry_run
    ? ['', '']
    : [
        'insert into timeslots (doctor_id, date, start_time, end_time, is_scheduled)',
        'on conflict do nothing returning date, start_time, end_time',
      ];
  const { rows } = await clientOf(tx).query<PlainSlot>({
    name: dry_run ? 'timeslots.missing-of-week' : 'timeslots.publish-week',
    text: `
      ${insert}
      select $1::integer, wanted.date, wanted.start_time, wanted.end_time, true
      from (
        select $2::date + day as date, slot.start_time, slot.end_time
        from generate_series(0, $4::integer) day
        join weekly_hours w on w.doctor_id = $1 and w.weekday = extract(isodow from $2::date + day)
          and $2::date + day between coalesce(w.valid_from, '-infinity') and coalesce(w.valid_until, 'infinity')
        cross join slots_between(w.start_time, w.end_time, w.slot_minutes, w.break_minutes) as slot
      ) wanted
      where (wanted.date, wanted.start_time) > ($2::date, $3::time)
        and not exists (select from holidays h where h.date = wanted.date)
        and not exists (
          select from absences a
          where a.doctor_id = $1 and tsrange(a."from" + a.start_time, a."to" + a.end_time)
            && tsrange(wanted.date + wanted.start_time, wanted.date + wanted.end_time))
        and not exists (
          select from withdrawn_timeslots t
          where t.doctor_id = $1 and t.date = wanted.date
            and t.start_time < wanted.end_time and t.end_time > wanted.start_time)
        and not exists (
          select from timeslots t
          where t.doctor_id = $1 and t.date = wanted.date and t.date between $2 and $2 + $4
            and t.start_time < wanted.end_time and t.end_time > wanted.start_time)
      order by wanted.date, wanted.start_time
      ${returning}`,
    values: [doctor, wall.date, wall.time, days],
  });
  return rows.map(({ date, start_time, end_time }) => ({ date, start_time, end_time }));
}

/**
 * Takes back slots that came from a doctor's week, lie ahead and are in the week no more. What somebody has, holds or is
 * offered stays theirs. What is only kept for the waiting list goes, since the doctor is not there.
 * @returns the slots that it took back, by time
 */
export async function removeSurplus(
  tx: Tx,
  doctor: number,
  { now, wall }: { now: Date; wall: WallTime },
): Promise<PlainSlot[]> {
  const { rows } = await clientOf(tx).query<PlainSlot>({
    name: 'timeslots.remove-surplus',
    text: `
      with removed as (delete from timeslots where id in (
        select id from timeslots s
        where doctor_id = $1 and is_scheduled and not is_taken and (held_until is null or held_until <= $2)
          and (date, start_time) > ($3::date, $4::time)
          and not exists (
            select from weekly_hours w
            cross join slots_between(w.start_time, w.end_time, w.slot_minutes, w.break_minutes) as slot
            where w.doctor_id = $1 and w.weekday = extract(isodow from s.date)
              and s.date between coalesce(w.valid_from, '-infinity') and coalesce(w.valid_until, 'infinity')
              and slot.start_time = s.start_time and slot.end_time = s.end_time)
        order by id for update) returning date, start_time, end_time)
      select * from removed order by date, start_time`,
    values: [doctor, now, wall.date, wall.time],
  });
  return rows;
}

/** Every active doctor who has a week, or free slots that came from one. */
export async function listScheduled(db: Db, today: string): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'schedules.doctors',
    text: `
      select u.id from users u
      where ${isDoctorHere('u')} and (
        exists (select from weekly_hours w where w.doctor_id = u.id)
        or exists (
          select from timeslots t
          where t.doctor_id = u.id and t.is_scheduled and not t.is_taken and t.date >= $1))
      order by u.id`,
    values: [today],
  });
  return rows.map(({ id }) => id);
}
