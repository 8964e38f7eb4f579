import type { Bounds } from '../core/policy.ts';
import { isStillToCome } from './visits.ts';

/**
 * Who may have a slot: the one judgement of every path to a booking, as SQL over the row `s` of `timeslots`, which
 * whoever decides has locked. See `timeslot_is_open_to` in the migrations for holds and the waiting list.
 */

/** The values that `canBeHad` reads, in its order. */
export const boundValues = ({ now, wall, after, until }: Bounds): unknown[] => [
  now,
  wall.date,
  wall.time,
  after.date,
  after.time,
  until,
];

/**
 * Not taken, not begun, open to this patient, and within what the clinic's policy asks; what is held for somebody
 * already was, when they took it.
 * @param patient the SQL for the patient's id, such as `$2`; null is open to anybody
 * @param from the number of the first of `boundValues` among the statement's parameters
 */
export function canBeHad(patient: string, from: number): string {
  const [now, wallDate, wallTime, date, time, until] = [0, 1, 2, 3, 4, 5].map((index) => `$${from + index}`);
  return `(not s.is_taken and (s.date, s.start_time) > (${wallDate}::date, ${wallTime}::time)
    and timeslot_is_open_to(s.held_by, s.held_until, s.is_waitlisted, ${patient}, ${now}::timestamptz) is true
    and (s.held_until > ${now}::timestamptz
      or ((s.date, s.start_time) > (${date}::date, ${time}::time) and s.date <= ${until}::date)))`;
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

/** How many appointments a patient has ahead. @param from the number of the first of `boundValues` */
export const appointmentsAhead = (patient: string, from: number): string => `(
  select count(*) from appointments a
  where a.patient_id = ${patient} and ${isStillToCome('a', from + 1)})`;
