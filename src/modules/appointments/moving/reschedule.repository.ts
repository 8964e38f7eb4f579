import type { AppointmentStatus, Attendance } from '../../../core/words.ts';
import { clientOf, type Tx } from '../../../db/client.ts';
import { boundValues, canBeHad, doctorIsBookable } from '../../availability/bookable.sql.ts';
import { isDoctorHere, isPatientHere } from '../../availability/people.sql.ts';
import type { Bounds } from '../../availability/policy.rules.ts';
import { isLapsed } from '../../availability/visits.sql.ts';

/** An appointment as it stands while nobody else can change it. A request that has lapsed is `expired`, also before the job has marked it. */
export interface Standing {
  patient: number;
  doctor: number;
  timeslot: number | null;
  date: string;
  start_time: string;
  status: AppointmentStatus;
  attendance: Attendance | null;
  version: number;
}

/**
 * Locks the patient, then their appointment. So whatever else they book or move comes before or after: two changes that
 * overlap would wait for each other in the exclusion constraint, until the server ends one as a deadlock.
 * @returns undefined when there is no such appointment of a patient who is still here
 */
export async function lockAppointment(
  tx: Tx,
  appointment: number,
  patient: number,
  { wall }: Pick<Bounds, 'wall'>,
): Promise<Standing | undefined> {
  await clientOf(tx).query({
    name: 'appointments.lock-patient',
    text: 'select from users where id = $1 for no key update',
    values: [patient],
  });
  const { rows } = await clientOf(tx).query<Standing>({
    name: 'appointments.lock',
    text: `
      select patient_id as patient, doctor_id as doctor, timeslot_id as timeslot, date, start_time, attendance, version,
        case when ${isLapsed('a', 2)} then 'expired' else status end as status
      from appointments a where id = $1 for no key update`,
    values: [appointment, wall.date, wall.time],
  });
  return rows[0];
}

/** A slot to which somebody would move, while nobody else can take it. */
export interface Target {
  id: number;
  doctor: number;
  date: string;
  start_time: string;
  is_open: boolean;
  /** It is held for the patient, or offered to them. */
  is_theirs: boolean;
}

/**
 * Locks the slot that an appointment leaves and the slot to which it would move, in the order of their ids: two appointments
 * that change places must not wait for each other.
 */
export async function lockTarget(
  tx: Tx,
  { from, to, patient }: { from: number | null; to: number; patient: number },
  bounds: Bounds,
): Promise<Target | undefined> {
  const { rows } = await clientOf(tx).query<Target>({
    name: 'appointments.lock-target',
    text: `
      select s.id, s.doctor_id as doctor, s.date, s.start_time, ${canBeHad('$3', 4)} and ${doctorIsBookable}
        and exists (select from users u where u.id = $3 and ${isPatientHere('u')}) as is_open,
        coalesce(s.held_by = $3 and s.held_until > $4, false) as is_theirs
      from timeslots s where s.id in ($1, $2) order by s.id for no key update of s`,
    values: [from, to, patient, ...boundValues(bounds)],
  });
  return rows.find(({ id }) => id === to);
}

/** What is asked before a visit goes from one doctor to another. */
interface HandOver {
  /** Its doctor is deactivated. */
  is_out: boolean;
  /** The other gives the service of the visit or, where it has none, has the same specialization. */
  is_alike: boolean;
}

export async function judgeHandOver(tx: Tx, appointment: number, to: number): Promise<HandOver> {
  const { rows } = await clientOf(tx).query<HandOver>({
    name: 'appointments.judge-hand-over',
    text: `
      select not exists (select from users u where u.id = a.doctor_id and ${isDoctorHere('u')}) as is_out,
        case when a.service_id is null then exists (
          select from doctor_profiles own join doctor_profiles other
            on search_fold(other.specialization) = search_fold(own.specialization)
          where own.id = a.doctor_id and other.id = $2
        ) else exists (
          select from doctor_services given where given.doctor_id = $2 and given.service_id = a.service_id
        ) end as is_alike
      from appointments a where a.id = $1`,
    values: [appointment, to],
  });
  return rows[0] ?? { is_out: false, is_alike: false };
}

/**
 * Moves an appointment to a slot that is locked and open. Its triggers free the old slot and take the new one.
 * @throws the refusal by `appointments_patient_no_overlap` when its patient has another appointment at that time
 */
export async function moveAppointment(
  tx: Tx,
  appointment: number,
  move: { to: number; status: AppointmentStatus; by: number; now: Date },
): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.move',
    text: `
      update appointments a
      set timeslot_id = s.id, doctor_id = s.doctor_id, date = s.date, start_time = s.start_time, end_time = s.end_time,
        status = $3, updated_by = $4, updated_at = $5
      from timeslots s where a.id = $1 and s.id = $2`,
    values: [appointment, move.to, move.status, move.by, move.now],
  });
}
