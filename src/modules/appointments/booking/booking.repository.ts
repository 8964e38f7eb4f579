import type { ActiveStatus } from '../../../core/words.ts';
import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { LOCK_TOGETHER } from '../../../db/limits.ts';
import { patientFor, unseen } from '../../../db/sql.ts';
import {
  appointmentsAhead,
  boundValues,
  canBeHad,
  inFamily,
  isOpenTo,
  isWithinNumber,
} from '../../availability/bookable.sql.ts';
import { isBookable, isPatientHere } from '../../availability/people.sql.ts';
import type { Bounds } from '../../availability/policy.rules.ts';
import { type AppointmentRow, ownColumns, toAppointment } from '../appointments.repository.ts';
import type { Appointment } from '../appointments.schemas.ts';

export interface Booking {
  timeslot: number;
  patient: number;
  booked_by: number;
  /** `confirmed` where the clinic confirms at once. In a slot that runs already, a booking is confirmed in any case. */
  status: ActiveStatus;
  /** Why the patient comes, if they say so. */
  reason?: string | undefined;
}

/** The patient, whose row is locked first: they are not erased and move no other visit meanwhile. */
export const bookingPatient = `
  select u.id, u.first_name, u.last_name, u.phone from users u
  where u.id = $2 and ${isPatientHere('u')}
  for share`;

/** The patients of a group, by their ids, so that two groups never wait for each other. */
export const bookingPatients = `
  select u.id, u.first_name, u.last_name, u.phone from users u
  where ${patientFor(`'${LOCK_TOGETHER}'`)} and u.id = any (${unseen('$2', 'integer[]')}) and ${isPatientHere('u')}
  order by u.id
  for share`;

/** The doctor of `slot`: looked up for it, hence the limit; with a join the server may walk through all doctors. */
export const bookingDoctor = (slot: string): string => `lateral (
  select u.first_name, u.last_name, d.specialization from users u join doctor_profiles d on d.id = u.id
  where u.id = ${slot}.doctor_id and ${isBookable('u', 'd')} limit 1) doctor`;

/** What is answered of what was `booked` in a `slot`. */
export const bookedColumns = `
  ${ownColumns('booked')},
  slot.doctor_id, slot.first_name as doctor_first_name, slot.last_name as doctor_last_name, slot.specialization,
  patient.id as patient_id, patient.first_name as patient_first_name, patient.last_name as patient_last_name,
  patient.phone as patient_phone`;

/** The status of what is booked in a slot that begins then. */
export const bookedStatus = (status: string): string => `
  case when (slot.date, slot.start_time) <= ($6::date, $7::time) then 'confirmed' else ${status}::appointment_status end`;

/**
 * Books a slot in one statement. It locks the slot's row: that decides against whoever books, holds, moves to, offers or
 * removes it. It copies the slot's times. It refuses a slot that is out of bounds, is held by somebody else, or whose doctor
 * cannot be booked (deactivated, or not approved yet). The exclusion constraint decides the patient's own races. ON CONFLICT
 * without a target covers that too: a plain INSERT deadlocks in a stampede, with losers waiting up to 22 s against 4 to 8 ms.
 *
 * The slot is read only when there is a patient, so that locks are taken in one order. A trigger of the appointment marks the
 * slot as taken.
 * @param bounds with `active_max`, the caller has locked the patient's bookings
 * @returns undefined when some rule refused
 */
export async function insertAppointment(
  executor: Executor,
  booking: Booking,
  bounds: Bounds,
): Promise<Appointment | undefined> {
  const { rows } = await clientOf(executor).query<AppointmentRow>({
    name: 'appointments.book',
    text: `
      with patient as materialized (${bookingPatient}), slot as materialized (
        select s.id, s.doctor_id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id, doctor.*
        from timeslots s cross join ${bookingDoctor('s')}
        where (select id from patient) is not null and s.id = $1 and ${canBeHad(inFamily('$2', '$3'), 5)}
          and ${isWithinNumber('$2', 5, '$13')}
        for no key update of s
      ), booked as (
        insert into appointments (
          doctor_id, patient_id, timeslot_id, date, start_time, end_time, branch_id, room_id, booked_by, status, created_at,
          updated_at, reason)
        select slot.doctor_id, patient.id, slot.id, slot.date, slot.start_time, slot.end_time, slot.branch_id, slot.room_id, $3,
          ${bookedStatus('$4')}, $5, $5, $14
        from slot, patient
        on conflict do nothing
        returning *
      )
      select ${bookedColumns} from booked, slot, patient`,
    values: bookingValues(booking, bounds),
  });
  return rows[0] && toAppointment(rows[0]);
}

/**
 * Books several slots in one statement, each for a patient who books for themself and whose number is not limited. It works
 * like `insertAppointment`: it locks the patients by their ids, then the slots by theirs. Of those who want one slot the first
 * tries for it. Rows are written in the order of the patients: two groups in which the same two want what overlaps would
 * otherwise wait for each other.
 * @param bounds those of a patient
 * @returns in the order of `bookings`; undefined where some rule refused
 */
export async function insertAppointments(
  executor: Executor,
  bookings: readonly Booking[],
  bounds: Bounds,
): Promise<(Appointment | undefined)[]> {
  const { rows } = await clientOf(executor).query<RowOfGroup>({
    name: 'appointments.book-together',
    text: `
      with wanted as materialized (${wantedTogether()}), patient as materialized (${bookingPatients}), slot as materialized (
        select s.id, s.doctor_id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id, s.held_by, s.held_until,
          s.is_waitlisted, s.last_held_by, doctor.*
        from timeslots s cross join ${bookingDoctor('s')}
        where (select count(*) from patient) > 0 and s.id = any (${unseen('$1', 'integer[]')}) and ${canBeHad('s.held_by', 5)}
        order by s.id for no key update of s
      ), winner as (
        select distinct on (slot.id) slot.id, w.patient, w.booked_by, ${bookedStatus('w.status')} as status, w.reason, w.nth
        from wanted w join slot on slot.id = w.timeslot join patient on patient.id = w.patient
        where slot.doctor_id <> w.patient
          and ${isOpenTo(inFamily('w.patient', 'w.booked_by', 'slot'), { now: '$5', reach: '$11' }, 'slot')}
        order by slot.id, w.nth
      ), booked as (
        insert into appointments (
          doctor_id, patient_id, timeslot_id, date, start_time, end_time, branch_id, room_id, booked_by, status, created_at,
          updated_at, reason)
        select slot.doctor_id, w.patient, slot.id, slot.date, slot.start_time, slot.end_time, slot.branch_id, slot.room_id,
          w.booked_by, w.status, $5, $5, w.reason
        from winner w join slot on slot.id = w.id
        order by w.patient, w.nth
        on conflict do nothing
        returning *
      )
      select ${bookedColumns}, winner.nth::integer
      from booked join winner on winner.id = booked.timeslot_id join slot on slot.id = winner.id
      join patient on patient.id = booked.patient_id`,
    values: togetherValues(bookings, bounds),
  });
  return eachOf(bookings, rows);
}

/** What both ways of booking several are told, in their order. */
export const togetherValues = (bookings: readonly Booking[], bounds: Bounds): unknown[] => [
  bookings.map(({ timeslot }) => timeslot),
  bookings.map(({ patient }) => patient),
  bookings.map(({ booked_by }) => booked_by),
  bookings.map(({ status }) => status),
  ...boundValues(bounds),
  bookings.map(({ reason }) => reason ?? null),
];

/**
 * The bookings of a group, as `togetherValues` tells them, and which of them it is.
 * @param more further columns by their names, each as SQL for an array
 */
export const wantedTogether = (more: Record<string, string> = {}): string => `
  select * from unnest(${[
    unseen('$1', 'integer[]'),
    unseen('$2', 'integer[]'),
    unseen('$3', 'integer[]'),
    unseen('$4', 'appointment_status[]'),
    unseen('$13', 'text[]'),
    ...Object.values(more),
  ].join()})
    with ordinality w (${['timeslot', 'patient', 'booked_by', 'status', 'reason', ...Object.keys(more), 'nth'].join()})`;

/** A row that says for which of the bookings of its group it is. */
export type RowOfGroup = AppointmentRow & { nth: number };

/**
 * What each of these bookings got.
 * @returns in their order; undefined where some rule refused
 */
export function eachOf(
  bookings: readonly Booking[],
  rows: readonly RowOfGroup[],
): (Appointment | undefined)[] {
  const booked = new Map(rows.map((row) => [row.nth, row]));
  return bookings.map((_, place) => {
    const row = booked.get(place + 1);
    return row && toAppointment(row);
  });
}

/** What both ways of booking are told, in their order. */
export const bookingValues = (
  { timeslot, patient, booked_by, status, reason }: Booking,
  bounds: Bounds,
): unknown[] => [timeslot, patient, booked_by, status, ...boundValues(bounds), bounds.active_max, reason];

/** Makes a patient's bookings come one after another, so that each counts the one before. */
export async function lockBookings(tx: Tx, patient: number): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.lock-bookings',
    text: "select pg_advisory_xact_lock(hashtextextended('bookings', $1))",
    values: [patient],
  });
}

/** How many appointments a patient has ahead. */
export async function countAhead(tx: Tx, patient: number, bounds: Bounds): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: 'appointments.count-ahead',
    text: `select ${appointmentsAhead('$1', 2)}::integer as count where $2::timestamptz is not null`,
    values: [patient, ...boundValues(bounds).slice(0, 3)],
  });
  return rows[0]?.count ?? 0;
}
