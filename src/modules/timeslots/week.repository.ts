import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Tx } from '../../db/client.ts';
import type { Moment } from './timeslots.repository.ts';

/** Statements for whoever has locked the doctor's calendar and the holidays: what they read stays true. */

/**
 * Publishes what the doctor's week has from today on and the calendar has not: no holiday, nothing within an absence,
 * nothing that overlaps a slot, nothing that was taken back by hand.
 * @param days how many days after today
 * What is in the calendar is read within these days, not through the years, and left out before it is tried: every try
 * would use up an id.
 * @returns how many
 */
export async function publishWeek(tx: Tx, doctor: number, wall: WallTime, days: number): Promise<number> {
  const { rowCount } = await clientOf(tx).query({
    name: 'timeslots.publish-week',
    text: `
      insert into timeslots (doctor_id, date, start_time, end_time, is_scheduled)
      select $1, wanted.date, wanted.start_time, wanted.end_time, true
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
      on conflict do nothing`,
    values: [doctor, wall.date, wall.time, days],
  });
  return rowCount ?? 0;
}

/**
 * Takes back what came from a doctor's week, lies ahead and is in it no more. What somebody has, holds or is offered stays
 * theirs; what is only kept for the waiting list goes, since the doctor is not there.
 * @returns how many
 */
export async function removeSurplus(tx: Tx, doctor: number, { now, wall }: Moment): Promise<number> {
  const { rowCount } = await clientOf(tx).query({
    name: 'timeslots.remove-surplus',
    text: `
      delete from timeslots where id in (
        select id from timeslots s
        where doctor_id = $1 and is_scheduled and not is_taken and (held_until is null or held_until <= $2)
          and (date, start_time) > ($3::date, $4::time)
          and not exists (
            select from weekly_hours w
            cross join slots_between(w.start_time, w.end_time, w.slot_minutes, w.break_minutes) as slot
            where w.doctor_id = $1 and w.weekday = extract(isodow from s.date)
              and s.date between coalesce(w.valid_from, '-infinity') and coalesce(w.valid_until, 'infinity')
              and slot.start_time = s.start_time and slot.end_time = s.end_time)
        order by id for update)`,
    values: [doctor, now, wall.date, wall.time],
  });
  return rowCount ?? 0;
}
