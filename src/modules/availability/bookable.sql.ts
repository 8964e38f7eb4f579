import { unseen } from '../../db/sql.ts';
import { isBookable } from './people.sql.ts';
import type { Bounds } from './policy.rules.ts';
import { isActive, isStillToCome, visitsOfDay } from './visits.sql.ts';

/**
 * Who can have a slot, as SQL over the row `s` of `timeslots`: every path to a booking judges by these conditions, and has
 * locked the row first. `timeslot_is_open_to` in the migrations judges holds and the waiting list.
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
 * The slot is neither held for somebody else nor claimed by the waiting list.
 * @param patient the SQL for the patient's id; null asks whether it is open to anybody
 * @param at the SQL for the instant, and for the last day on which the waiting list's claim counts
 * @param slot the row of the slot
 */
export const isOpenTo = (
  patient: string,
  { now, reach }: { now: string; reach: string },
  slot = 's',
): string =>
  `timeslot_is_open_to(${slot}.held_by, ${slot}.held_until, ${slot}.is_waitlisted and ${slot}.date <= ${reach}::date, ${patient},
    ${now}::timestamptz) is true`;

/**
 * The slot is not taken (by anybody but a visit that would move within its own slots), has not begun (for staff: is not over),
 * is open to this patient, and keeps what the clinic's policy asks. A slot that is held for the patient kept it when they took it. A slot too far ahead for patients is claimed by the
 * waiting list for later: that claim does not bind staff. The day is asked for on its own as well, so that no index is read
 * further back than today.
 * @param patient the SQL for the patient's id, such as `$2`; null asks whether it is open to anybody
 * @param from the number of the first of `boundValues` among the statement's parameters
 * @param own the SQL for the ids of the slots of a visit that would move; none by default
 */
export function canBeHad(patient: string, from: number, own?: string): string {
  const value = (index: number) => `$${from + index}`;
  const [now, wallDate, wallTime, date, time] = [value(0), value(1), value(2), value(3), value(4)];
  const [until, reach, running] = [value(5), value(6), value(7)];
  const lasts = `case when ${running}::boolean then s.end_time else s.start_time end`;
  const isFree = own === undefined ? 'not s.is_taken' : `(not s.is_taken or s.id = any (${own}))`;
  return `(${isFree} and s.date >= ${wallDate}::date and (s.date, ${lasts}) > (${wallDate}::date, ${wallTime}::time)
    and ${isOpenTo(patient, { now, reach })}
    and (s.held_until > ${now}::timestamptz
      or ((s.date, ${lasts}) > (${date}::date, ${time}::time) and s.date <= ${until}::date)))`;
}

/** The slot is held by an account, for whomever: `last_held_by` says who took the hold that `held_by` has. */
export const isHeldByAccount = (account: string, slot = 's'): string =>
  `(${slot}.last_held_by = ${account} and ${slot}.held_by is not null and not ${slot}.is_waitlisted)`;

/**
 * As whom a patient asks for the slot: what an account holds for somebody of its family, it may take for another of them.
 * @param account the SQL for the id of who asks; null where nobody does for their family
 */
export const inFamily = (patient: string, account: string, slot = 's'): string =>
  `case when ${isHeldByAccount(account, slot)} then ${slot}.held_by else ${patient} end`;

/** Patients can book the slot's doctor. */
export const doctorIsBookable = `exists (
  select from users u join doctor_profiles d on d.id = u.id where u.id = s.doctor_id and ${isBookable('u', 'd')})`;

/**
 * The same of a few rows, asked of one after another: as `exists` the server may read all doctors beforehand (2,000 rows to
 * move one visit).
 */
export const theirDoctorIsBookable = `coalesce((
  select true from users u join doctor_profiles d on d.id = u.id
  where u.id = s.doctor_id and ${isBookable('u', 'd')} limit 1), false)`;

/**
 * The patient has another active appointment at the slot's time, or from the start of a slot until it ends. It is asked of one
 * slot after another, by its day: to tell who has had 1,000 visits what is free instead took 9,000,000 rows without.
 * @param except the SQL for the id of an appointment that does not count, since it is about to move; null for none
 * @param slot the row of the slot, or of the first of several
 * @param ends the SQL for the time at which the last of several ends
 */
export const isBusy = (
  patient: string,
  except = 'null',
  slot = 's',
  ends = `${slot}.end_time`,
): string => `exists (
  select from ${visitsOfDay(`v.patient_id = ${patient}`, `${slot}.date`)} a
  where ${isActive('a')} and a.start_time < ${ends} and ${slot}.start_time < a.end_time and a.id is distinct from ${except})`;

/**
 * How many appointments a patient has ahead.
 * @param from the number of the first of `boundValues` among the statement's parameters
 * @param except the SQL for the id of an appointment that does not count; null for none
 */
export const appointmentsAhead = (patient: string, from: number, except = 'null'): string => `(
  select count(*) from appointments a
  where a.patient_id = ${patient} and ${isStillToCome('a', from + 1)} and a.id is distinct from ${except})`;

/**
 * A patient has fewer appointments ahead than they may have.
 * @param from the number of the first of `boundValues` among the statement's parameters
 * @param max the SQL for the number that one may have; null is any
 * @param except the SQL for the id of an appointment that does not count; null for none
 */
export const hasFewerAhead = (patient: string, from: number, max: string, except = 'null'): string => `(
  ${unseen(max, 'integer')} is null or ${appointmentsAhead(patient, from, except)} < ${unseen(max, 'integer')})`;

/**
 * The patient may have one more. Whoever holds the slot, or is offered it, was counted then and is not counted again. An
 * offer that is to take the place of a visit is different: accepting it replaces the visit, booking the slot without
 * accepting counts as one more.
 * @param max the SQL for the number that one may have; null is any
 */
export const isWithinNumber = (patient: string, from: number, max: string): string => `(
  coalesce(s.held_by = ${patient} and s.held_until > $${from}::timestamptz, false) and not exists (
    select from waitlist_offers o join waitlist_entries e on e.id = o.entry_id
    where o.timeslot_id = s.id and o.outcome is null and e.replaces_id is not null)
  or ${hasFewerAhead(patient, from, max)})`;
