import type { WallTime } from '../../../core/clock.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { isDoctorHere } from '../../availability/people.sql.ts';
import { isHoliday, isRoomUsed } from '../../availability/places.sql.ts';
import { type Branches, isReached } from '../../availability/reach.sql.ts';
import { isInLongVisit } from '../../availability/visits.sql.ts';
import { SKIPPED_SHOWN, type Skipped } from './weeks.rules.ts';

export interface PlainSlot {
  date: string;
  start_time: string;
  end_time: string;
}

/** Whoever changes slots here has locked the holidays and the doctor's calendar, so that what is read stays true. */

/** Which slots were published, by time, and which somebody else's use of the room kept from it. */
export interface WeekPublished {
  published: PlainSlot[];
  skipped_count: number;
  skipped: Skipped[];
}

/**
 * Publishes the slots of the doctor's week, from today on, that are missing. It leaves out holidays, absences, closed branches
 * and rooms, what overlaps a slot or a visit of several, what was taken back by hand, and what the room cannot take, of which
 * it tells. They are left out before a slot is tried, since every try would use up an id. The calendar is read within these
 * days only, not through the years. All insert in the order of time, so that two who want one room never wait for each other in
 * a circle.
 * @param days how many days after today
 * @param told of which branches it tells; it publishes in all of them
 * @throws the refusal by `room_uses_no_overlap` where somebody else was faster
 */
export async function publishWeek(
  tx: Tx,
  doctor: number,
  { now, wall }: { now: Date; wall: WallTime },
  days: number,
  told: Branches,
): Promise<WeekPublished> {
  const { rows } = await clientOf(tx).query<WeekPublished>({
    name: 'timeslots.publish-week',
    text: `
      with wanted as (
        select $2::date + day as date, slot.start_time, slot.end_time, w.branch_id, w.room_id, w.break_minutes
        from generate_series(0, $4::integer) day
        join weekly_hours w on w.doctor_id = $1 and w.weekday = extract(isodow from $2::date + day)
          and $2::date + day between coalesce(w.valid_from, '-infinity') and coalesce(w.valid_until, 'infinity')
        join branches b on b.id = w.branch_id and b.is_active
        cross join slots_between(w.start_time, w.end_time, w.slot_minutes, w.break_minutes) as slot
        where w.room_id is null or exists (select from rooms r where r.id = w.room_id and r.is_active)
      ), missing as materialized (
        select wanted.*, wanted.room_id is not null and ${isRoomUsed('wanted.room_id', 'wanted', '$6')} as is_taken
        from wanted
        where (wanted.date, wanted.start_time) > ($2::date, $3::time)
          and not ${isHoliday('wanted', 'wanted.branch_id')}
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
          and not ${isInLongVisit('$1', 'wanted')}
      ), created as (
        insert into timeslots (
          doctor_id, date, start_time, end_time, is_scheduled, branch_id, room_id, break_minutes, created_at)
        select $1, date, start_time, end_time, true, branch_id, room_id, break_minutes, $6
        from missing where not is_taken
        order by date, start_time
        on conflict do nothing
        returning date, start_time, end_time, branch_id
      ), kept as (
        select * from missing where is_taken and ${isReached('branch_id', '$5')}
      )
      select (
          select coalesce(json_agg(json_build_object(
            'date', date, 'start_time', left(start_time::text, 5), 'end_time', left(end_time::text, 5))
            order by date, start_time), '[]')
          from created where ${isReached('branch_id', '$5')}) as published,
        (select count(*)::integer from kept) as skipped_count,
        (
          select coalesce(json_agg(json_build_object(
            'date', date, 'start_time', left(start_time::text, 5), 'end_time', left(end_time::text, 5),
            'reason', 'room_taken') order by date, start_time), '[]')
          from (select * from kept order by date, start_time limit ${SKIPPED_SHOWN}) as first
        ) as skipped`,
    values: [doctor, wall.date, wall.time, days, told, now],
  });
  const [outcome] = rows;
  if (!outcome) throw new Error('publishing a week told nothing');
  return outcome;
}

/**
 * Takes back slots that came from a doctor's week, lie ahead and are in the week no more, in that branch and room and with
 * that break. What somebody has, holds or is offered stays theirs. What is only kept for the waiting list goes, since the
 * doctor is not there. The branches and rooms of the week are locked before the slots, as publishing locks them by their
 * foreign keys afterwards: whoever closes one has it locked and waits for slots.
 * @param told of which branches it tells; it takes them back in all of them
 * @returns the slots that it took back, by time
 */
export async function removeSurplus(
  tx: Tx,
  doctor: number,
  { now, wall, told }: { now: Date; wall: WallTime; told: Branches },
): Promise<PlainSlot[]> {
  const { rows } = await clientOf(tx).query<PlainSlot>({
    name: 'timeslots.remove-surplus',
    text: `
      with branch as materialized (
        select b.id from branches b
        where b.id in (select w.branch_id from weekly_hours w where w.doctor_id = $1) order by b.id for key share
      ), room as materialized (
        select r.id from rooms r where (select count(*) from branch) >= 0
          and r.id in (select w.room_id from weekly_hours w where w.doctor_id = $1) order by r.id for key share
      ), removed as (delete from timeslots where id in (
        select id from timeslots s
        where (select count(*) from room) >= 0 and doctor_id = $1 and is_scheduled and not is_taken and (held_until is null or held_until <= $2)
          and (date, start_time) > ($3::date, $4::time)
          and not exists (
            select from weekly_hours w
            cross join slots_between(w.start_time, w.end_time, w.slot_minutes, w.break_minutes) as slot
            where w.doctor_id = $1 and w.weekday = extract(isodow from s.date)
              and s.date between coalesce(w.valid_from, '-infinity') and coalesce(w.valid_until, 'infinity')
              and slot.start_time = s.start_time and slot.end_time = s.end_time
              and w.branch_id = s.branch_id and w.room_id is not distinct from s.room_id
              and w.break_minutes = s.break_minutes)
        order by id for update) returning date, start_time, end_time, branch_id)
      select date, start_time, end_time from removed where ${isReached('branch_id', '$5')} order by date, start_time`,
    values: [doctor, now, wall.date, wall.time, told],
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
