import { daysBetween, type WallTime } from '../../core/clock.ts';
import { clientOf, type Executor } from '../../db/client.ts';
import { isDoctorHere } from '../availability/people.sql.ts';
import { branchFor, isHoliday, isRoomUsed, roomIsOpen } from '../availability/places.sql.ts';
import { isInLongVisit } from '../availability/visits.sql.ts';
import { type Days, type Opening, stretchesOf } from './bulk.rules.ts';
import { type PublishedTimeslots, SKIPPED_SHOWN } from './bulk.schemas.ts';

/** Where: the branch may follow from what the doctor has. */
interface Place {
  branch?: number | undefined;
  room: number | null;
}

/**
 * Publishes the slots of many days in one statement, so that all of it happens or nothing. A `dry_run` only judges them.
 * Slots that are there already are left out before they are tried, since every try would use up an id. All insert in one
 * order, so that two who publish at once never wait for each other in a circle. The slots that are created are counted
 * first, since creating takes the lock of the holidays, which comes before the doctor's. ON CONFLICT decides against whoever
 * was slower.
 * @returns what is missing: the doctor, who is gone or deactivated, or a place that is there and open
 */
export async function insertTimeslots(
  executor: Executor,
  doctor: number,
  { from, to, weekdays, branch, room, ...opening }: Days & Opening & Place,
  {
    now,
    wall,
    dry_run,
    despite_holiday,
  }: { now: Date; wall: WallTime; dry_run: boolean; despite_holiday: boolean },
): Promise<Omit<PublishedTimeslots, 'dry_run'> | 'doctor' | 'place'> {
  const stretches = stretchesOf(opening);
  const { rows } = await clientOf(executor).query<
    Omit<PublishedTimeslots, 'dry_run'> & { is_doctor: boolean; is_place: boolean }
  >({
    name: 'timeslots.insert-many',
    text: `
      with doctor as (
        select u.id from users u where u.id = $1 and ${isDoctorHere('u')} for share
      ), place as materialized (
        select b.id as branch from branches b
        where b.id = ${branchFor('$1', '$14', '$9')} and b.is_active and ${roomIsOpen('$15', 'b')}
      ), wanted as (
        select $2::date + day as date, slot.start_time, slot.end_time,
          -- A visit of several slots never goes on over a pause: the break before one is as long as there is time for it.
          case when stretch.ends < $16::time
            then least($8, extract(epoch from stretch.ends - slot.end_time)::integer / 60) else $8 end as break_minutes
        from generate_series(0, $3::integer - 1) day
        cross join unnest($5::time[], $6::time[]) as stretch (starts, ends)
        cross join slots_between(stretch.starts, stretch.ends, $7, $8) as slot
        where $4::integer[] is null or extract(isodow from $2::date + day) = any ($4::integer[])
      ), judged as (
        select w.*, case
          when (w.date, w.end_time) <= ($9::date, $10::time) then 'past'
          when not $13::boolean and ${isHoliday('w', '(select branch from place)')} then 'holiday'
          when exists (
            select from absences a
            where a.doctor_id = $1
              and tsrange(a."from" + a.start_time, a."to" + a.end_time) && tsrange(w.date + w.start_time, w.date + w.end_time)
          ) then 'absence'
          when exists (
            select from timeslots t
            where t.doctor_id = $1 and t.date = w.date and t.start_time < w.end_time and t.end_time > w.start_time
          ) then 'overlap'
          when $15::integer is not null and ${isRoomUsed('$15', 'w', '$17')} then 'room_taken'
          when ${isInLongVisit('$1', 'w')} then 'overlap'
        end as reason
        from wanted w
      ), created as (
        insert into timeslots (
          doctor_id, date, start_time, end_time, despite_holiday, branch_id, room_id, break_minutes, created_at)
        select doctor.id, date, start_time, end_time, $13, place.branch, $15, break_minutes, $17
        from doctor, place, judged
        where reason is null and not $11::boolean
        order by date, start_time
        on conflict do nothing
        returning doctor_id, date, start_time, end_time
      ), back as (
        delete from withdrawn_timeslots w using created c
        where w.doctor_id = c.doctor_id and w.date = c.date and w.start_time < c.end_time and w.end_time > c.start_time
      ), skipped as (
        select date, start_time, end_time, coalesce(reason, 'overlap') as reason from judged
        where reason is not null or not $11 and (date, start_time) not in (select date, start_time from created)
      )
      select
        (case when $11 then (select count(*) from judged where reason is null) else (select count(*) from created) end)::integer
          as created,
        exists (select from doctor) as is_doctor, exists (select from place) as is_place,
        (select count(*)::integer from skipped) as skipped_count,
        (
          select coalesce(json_agg(json_build_object(
            'date', date, 'start_time', left(start_time::text, 5), 'end_time', left(end_time::text, 5), 'reason', reason
          ) order by date, start_time), '[]')
          from (select * from skipped order by date, start_time limit $12) as first
        ) as skipped`,
    values: [
      doctor,
      from,
      daysBetween(from, to),
      weekdays ?? null,
      stretches.map(({ start_time }) => start_time),
      stretches.map(({ end_time }) => end_time),
      opening.slot_minutes,
      opening.break_minutes,
      wall.date,
      wall.time,
      dry_run,
      SKIPPED_SHOWN,
      despite_holiday,
      branch,
      room,
      opening.end_time,
      now,
    ],
  });
  const [row] = rows;
  if (!row?.is_doctor) return 'doctor';
  if (!row.is_place) return 'place';
  const { is_doctor, is_place, ...outcome } = row;
  return outcome;
}
