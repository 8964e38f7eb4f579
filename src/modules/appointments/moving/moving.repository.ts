import type { AppointmentStatus, Attendance } from '../../../core/words.ts';
import { clientOf, type Tx } from '../../../db/client.ts';
import { boundValues, canBeHad, inFamily, theirDoctorIsBookable } from '../../availability/bookable.sql.ts';
import { isDoctorHere, isPatientHere } from '../../availability/people.sql.ts';
import type { Bounds } from '../../availability/policy.rules.ts';
import { freeRoom } from '../../availability/rooms.sql.ts';
import { isOfAge, slotsFrom } from '../../availability/services.sql.ts';
import { isActive, isLapsed } from '../../availability/visits.sql.ts';

/** An appointment as it stands while nobody else can change it. A request that has lapsed is `expired`, also before the job has marked it. */
export interface Standing {
  patient: number;
  doctor: number;
  timeslot: number | null;
  service: number | null;
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
      select patient_id as patient, doctor_id as doctor, timeslot_id as timeslot, service_id as service, date, start_time,
        attendance, version,
        case when ${isLapsed('a', 2)} then 'expired' else status end as status
      from appointments a where id = $1 for no key update`,
    values: [appointment, wall.date, wall.time],
  });
  return rows[0];
}

/** Where somebody would move to, while nobody else can take it. */
interface Target {
  id: number;
  doctor: number;
  date: string;
  start_time: string;
  /** All slots that the visit would take there, in order. */
  slots: number[];
  is_open: boolean;
  /** All of it is held for the patient, or offered to them. */
  is_theirs: boolean;
}

/** One of the slots that are locked. */
type Locked = Omit<Target, 'slots'> & { slots: number[] | null };

/**
 * Locks the slots that an appointment leaves and those to which it would move, in the order of their ids: two appointments
 * that change places must not wait for each other. A visit of several slots may move within its own.
 * @param wanted.service for which the slots are, if any
 * @param wanted.by who moves it
 */
export async function lockTarget(
  tx: Tx,
  wanted: { appointment: number; to: number; patient: number; service: number | null; by: number },
  bounds: Bounds,
): Promise<Target | undefined> {
  const { rows } = await clientOf(tx).query<Locked>({
    name: 'appointments.lock-target',
    text: `
      with visit as materialized (
        select case when ${isActive('a')} then array_remove(a.timeslot_id || a.further_timeslots, null) else '{}' end as slots
        from appointments a where a.id = $1
      ), target as materialized (
        select case when $12::integer is null then array[first.id] else (
            select ${slotsFrom('first', '$1')}
            from services v left join doctor_services g on g.service_id = v.id and g.doctor_id = first.doctor_id
            where v.id = $12 and ${isOfAge('$3', 'first.date')}) end as slots
        from timeslots first where first.id = $2
      )
      select s.id, s.doctor_id as doctor, s.date, s.start_time, (select slots from target) as slots,
        ${canBeHad(inFamily('$3', '$13'), 4, '(select slots from visit)::integer[]')} and ${theirDoctorIsBookable}
          and exists (select from users u where u.id = $3 and ${isPatientHere('u')}) as is_open,
        coalesce(s.held_by = $3 and s.held_until > $4, false) as is_theirs
      from timeslots s
      where s.id = any ((select slots from visit) || (select slots from target) || $2::integer)
      order by s.id for no key update of s`,
    values: [
      wanted.appointment,
      wanted.to,
      wanted.patient,
      ...boundValues(bounds),
      wanted.service,
      wanted.by,
    ],
  });
  const first = rows.find(({ id }) => id === wanted.to);
  if (!first) return undefined;
  const slots = first.slots ?? [];
  const whole = rows.filter(({ id }) => slots.includes(id));
  const isWhole = slots.length > 0 && whole.length === slots.length;
  return {
    ...first,
    slots,
    is_open: isWhole && whole.every(({ is_open }) => is_open),
    is_theirs: isWhole && whole.every(({ is_theirs }) => is_theirs),
  };
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
 * Moves an appointment to slots that are locked and open. Its triggers free the old slots and take the new ones. Where its
 * service needs a room, that of the new slots is taken if it will do, else the one that it has if it is free, else any.
 * @returns false when no room is free
 * @throws the refusal by `appointments_patient_no_overlap` when its patient has another appointment at that time, by
 * `room_uses_no_overlap` when somebody took the room in this very moment
 */
export async function moveAppointment(
  tx: Tx,
  appointment: number,
  move: { slots: readonly number[]; status: AppointmentStatus; by: number; now: Date },
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'appointments.move',
    text: `
      with target as materialized (
        select first.id, first.doctor_id, first.date, first.start_time, last.end_time, first.room_id, v.room_kind,
          case when v.room_kind is not null then ${freeRoom({
            now: '$5',
            branch: 'first.branch_id',
            kind: 'v.room_kind',
            date: 'first.date',
            starts: 'first.start_time',
            ends: 'last.end_time',
            slots: '$2::integer[]',
            patient: 'a.patient_id',
            visit: '$1',
            first: 'first.room_id',
            kept: 'a.room_id',
          })} else first.room_id end as room
        from appointments a
        join timeslots first on first.id = ($2::integer[])[1]
        join timeslots last on last.id = ($2::integer[])[cardinality($2::integer[])]
        left join services v on v.id = a.service_id
        where a.id = $1
      )
      update appointments a
      set timeslot_id = t.id, further_timeslots = ($2::integer[])[2:], doctor_id = t.doctor_id, date = t.date,
        start_time = t.start_time, end_time = t.end_time, room_id = t.room, status = $3, updated_by = $4, updated_at = $5
      from target t where a.id = $1 and (t.room_kind is null or t.room is not null)`,
    values: [appointment, move.slots, move.status, move.by, move.now],
  });
  return rowCount === 1;
}
