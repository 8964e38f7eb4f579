import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Executor } from '../../db/client.ts';
import { isDoctorHere } from '../availability/people.sql.ts';
import { branchFor, roomIsOpen } from '../availability/places.sql.ts';
import type { NewTimeslot, Timeslot } from './timeslots.schemas.ts';

/**
 * Publishes a slot in one statement. ON CONFLICT covers the exclusion constraint: a plain INSERT deadlocks when several
 * publish the same time at once. The doctor's row is locked, so that nobody publishes for a doctor who is just leaving. A
 * doctor who waits for approval may publish: patients see the slots once the doctor is let in. Slots that were taken back at
 * that time may come from the week again. A slot that somebody waits for, alone or with others for a service, is nobody else's
 * from the first moment on.
 * @param at.now it decides which holds of the room have ended
 * @returns undefined when the doctor is gone or deactivated, there is no such place or it is closed, or another slot overlaps
 * @throws the refusal by `timeslots_not_on_holiday`, by `timeslots_not_in_absence`, and by `room_uses_no_overlap`
 */
export async function insertTimeslot(
  executor: Executor,
  slot: NewTimeslot & { doctor: number },
  { now, wall }: { now: Date; wall: WallTime },
): Promise<Timeslot | undefined> {
  const { rows } = await clientOf(executor).query<Timeslot & { is_waited: boolean }>({
    name: 'timeslots.insert',
    text: `
      with doctor as (
        select u.id from users u where u.id = $1 and ${isDoctorHere('u')} for share
      ), published as (
        insert into timeslots (doctor_id, date, start_time, end_time, despite_holiday, branch_id, room_id, created_at)
        select doctor.id, $2, $3, $4, $5, b.id, $9, $10
        from doctor join branches b on b.id = ${branchFor('$1', '$8', '$6')} and b.is_active
        where ${roomIsOpen('$9', 'b')}
        on conflict do nothing
        returning id, doctor_id as doctor, date, start_time, end_time, branch_id as branch, room_id as room
      ), back as (
        delete from withdrawn_timeslots w using published p
        where w.doctor_id = p.doctor and w.date = p.date and w.start_time < p.end_time and w.end_time > p.start_time
      )
      select *, (date, start_time) > ($6::date, $7::time) as is_available,
        exists (select from waitlist_entries where status = 'waiting') as is_waited
      from published`,
    values: [
      slot.doctor,
      slot.date,
      slot.start_time,
      slot.end_time,
      slot.despite_holiday,
      wall.date,
      wall.time,
      slot.branch,
      slot.room,
      now,
    ],
  });
  const [published] = rows;
  if (!published) return undefined;
  const { is_waited, ...timeslot } = published;
  return is_waited && (await isKept(executor, timeslot.id)) ? { ...timeslot, is_available: false } : timeslot;
}

/** Whether the waiting list keeps a slot: a trigger decides it once the slot is there. */
async function isKept(executor: Executor, timeslot: number): Promise<boolean> {
  const { rows } = await clientOf(executor).query<{ is_waitlisted: boolean }>({
    name: 'timeslots.is-kept',
    text: 'select is_waitlisted from timeslots where id = $1',
    values: [timeslot],
  });
  return rows[0]?.is_waitlisted ?? false;
}

/**
 * Deletes a slot that is neither booked nor held nor offered. A slot that came from the doctor's week is remembered, so that
 * it stays away: the doctor's row is locked against whoever publishes from the week meanwhile.
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
