import type { WallTime } from '../../../core/clock.ts';
import type { AppointmentStatus } from '../../../core/words.ts';
import { clientOf, type Tx } from '../../../db/client.ts';
import { isPatientHere } from '../../availability/people.sql.ts';
import { isLapsed } from '../../availability/visits.sql.ts';

/**
 * Locks two patients in the order of their ids: whatever either of them books, moves or cancels comes before or after.
 * @returns which of them are patients here
 */
export async function lockPatients(tx: Tx, patients: readonly number[]): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number; is_here: boolean }>({
    name: 'appointments.lock-patients',
    text: `
      select u.id, ${isPatientHere('u')} as is_here from users u where u.id = any($1) order by u.id for no key update`,
    values: [patients],
  });
  return rows.filter(({ is_here }) => is_here).map(({ id }) => id);
}

/** An appointment while nobody else can change it. A request that has lapsed is `expired`. */
interface Held {
  patient: number;
  status: AppointmentStatus;
  version: number;
  date: string;
  start_time: string;
}

export async function lockVisit(tx: Tx, appointment: number, wall: WallTime): Promise<Held | undefined> {
  const { rows } = await clientOf(tx).query<Held>({
    name: 'appointments.lock-visit',
    text: `
      select patient_id as patient, version, date, start_time,
        case when ${isLapsed('a', 2)} then 'expired' else status end as status
      from appointments a where id = $1 for no key update`,
    values: [appointment, wall.date, wall.time],
  });
  return rows[0];
}

/**
 * Gives a locked visit to another patient. What the first one said of why they come is theirs, and goes. The history is
 * written by a trigger.
 * @throws the refusal by `appointments_patient_no_overlap` when the other one has a visit at that time
 */
export async function changePatient(
  tx: Tx,
  appointment: number,
  { patient, by, now }: { patient: number; by: number; now: Date },
): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.change-patient',
    text: `
      update appointments set patient_id = $2, reason = null, updated_by = $3, updated_at = $4 where id = $1`,
    values: [appointment, patient, by, now],
  });
}

/** Has both patients told, once it commits. */
export async function tellPatients(tx: Tx, appointment: number, from: number): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.tell-patients',
    text: `
      select queue_job('appointment_event', json_build_object(
        'appointment', a.id, 'version', a.version, 'event', 'patient_changed', 'status', a.status, 'from_patient', $2::integer,
        'to', json_build_object('date', a.date, 'start_time', left(a.start_time::text, 5))))
      from appointments a where a.id = $1 and a.status in ('pending', 'confirmed')`,
    values: [appointment, from],
  });
}

/**
 * The wishes of who was taken for its patient: one that came to this visit waits on, as for a slot that somebody else booked,
 * unless its days are over or they have wished the same again: where several came to it, as to a visit that moved, the last of
 * the same does. What was to take its place, or has, replaces nothing.
 */
export async function giveBackWishes(
  tx: Tx,
  appointment: number,
  { patient, today }: { patient: number; today: string },
): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.give-back-wishes',
    text: `
      with released as (
        update waitlist_entries set replaces_id = null
        where replaces_id = $1 and patient_id = $2 and status in ('waiting', 'offered')
      )
      update waitlist_entries e set appointment_id = null, replaces_id = nullif(e.replaces_id, $1),
        status = (case when e."to" >= $3::date and not exists (
          select from waitlist_entries o
          where o.patient_id = $2 and (o.status in ('waiting', 'offered') or o.appointment_id = $1 and o.id > e.id)
            and o.doctor_id is not distinct from e.doctor_id
            and search_fold(o.specialization) is not distinct from search_fold(e.specialization)
            and (o."from", o."to") = (e."from", e."to") and o.after is not distinct from e.after
            and o.before is not distinct from e.before and o.service_id is not distinct from e.service_id
            and o.branch_id is not distinct from e.branch_id
        ) then 'waiting' else 'left' end)::waitlist_status
      where e.appointment_id = $1 and e.patient_id = $2 and e.status = 'booked'`,
    values: [appointment, patient, today],
  });
}
