import type { Bounds } from '../core/policy.ts';
import { isStillToCome } from './visits.ts';

/**
 * Who may have a slot: the one judgement of every path to a booking, as SQL over the row `s` of `timeslots`, which
 * whoever decides has locked. See `timeslot_is_open_to` in the migrations for holds and the waiting list.
 */

/** The values that `canBeHad` reads, in its order. */
export const boundValues = ({ now, wall, after, until, reach, running }: Bounds): unknown[] => [
  now,
  wall.date,
  wall.time,
  after.date,
  after.time,
  until,
  reach,
  running,
];

/**
 * Not taken, not begun (or, for staff, not over), open to this patient, and within what the clinic's policy asks; what is
 * held for somebody already was, when they took it. The waiting list keeps from staff no slot that is too far ahead to be
 * offered yet. That no index is gone through further back than today, the day is asked for on its own.
 * @param patient the SQL for the patient's id, such as `$2`; null is open to anybody
 * @param from the number of the first of `boundValues` among the statement's parameters
 */
export function canBeHad(patient: string, from: number): string {
  const [now, wallDate, wallTime, date, time, until, reach, running] = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (index) => `$${from + index}`,
  );
  const lasts = `case when ${running}::boolean then s.end_time else s.start_time end`;
  return `(not s.is_taken and s.date >= ${wallDate}::date and (s.date, ${lasts}) > (${wallDate}::date, ${wallTime}::time)
    and timeslot_is_open_to(
      s.held_by, s.held_until, s.is_waitlisted and s.date <= ${reach}::date, ${patient}, ${now}::timestamptz) is true
    and (s.held_until > ${now}::timestamptz
      or ((s.date, ${lasts}) > (${date}::date, ${time}::time) and s.date <= ${until}::date)))`;
}

/** The slot's doctor is there and has been let in. */
export const doctorIsBookable = `exists (
  select from users u join doctor_profiles d on d.id = u.id
  where u.id = s.doctor_id and u.role = 'doctor' and u.is_active and d.approved_at is not null)`;

/**
 * The patient has another active appointment at the slot's time.
 * @param except the SQL for the id of an appointment that does not count, which is about to move; null for none
 */
export const isBusy = (patient: string, except = 'null'): string => `exists (
  select from appointments a
  where a.patient_id = ${patient} and a.status in ('pending', 'confirmed') and a.date = s.date
    and a.start_time < s.end_time and s.start_time < a.end_time and a.id is distinct from ${except})`;

/**
 * How many appointments a patient has ahead.
 * @param from the number of the first of `boundValues`
 * @param except the SQL for the id of an appointment that does not count; null for none
 */
export const appointmentsAhead = (patient: string, from: number, except = 'null'): string => `(
  select count(*) from appointments a
  where a.patient_id = ${patient} and ${isStillToCome('a', from + 1)} and a.id is distinct from ${except})`;

/**
 * The patient may have one more. Whoever holds the slot, or is offered it, was counted then and is not counted again; but
 * an offer that is to take the place of a visit is taken by accepting it, or counts as one more.
 * @param max the SQL for the number that one may have; null is any
 */
export const isWithinNumber = (patient: string, from: number, max: string): string => `(
  ${max}::integer is null
  or coalesce(s.held_by = ${patient} and s.held_until > $${from}::timestamptz, false) and not exists (
    select from waitlist_offers o join waitlist_entries e on e.id = o.entry_id
    where o.timeslot_id = s.id and o.outcome is null and e.replaces_id is not null)
  or ${appointmentsAhead(patient, from)} < ${max})`;
