import type { WallTime } from '../../../core/clock.ts';
import type { Caller } from '../../../core/roles.ts';
import { type AppointmentStatus, activeStatuses } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { LOCK_TOGETHER } from '../../../db/limits.ts';
import { patientFor, unseen } from '../../../db/sql.ts';
import { noteEach } from '../../audit/noting.sql.ts';
import { isActive, isLapsed } from '../../availability/visits.sql.ts';
import type { Owners } from '../appointments.rules.ts';

interface StatusChange {
  from: AppointmentStatus[];
  to: AppointmentStatus;
  by: number;
  now: Date;
  /** The clinic's wall clock: a request that has lapsed by it is not changed. */
  wall: WallTime;
  reason?: string | undefined;
  /** The versions for which the change is meant; undefined is any. */
  expected?: readonly number[] | undefined;
  /** Whose it must be; anybody's by default. */
  owners?: Owners | undefined;
  /** A visit that starts by then is not changed, if it is in one of these statuses; in any by default. */
  after?: WallTime | undefined;
  after_for?: readonly AppointmentStatus[] | undefined;
  /** A visit that starts by then is marked as cancelled late. */
  lateBy?: WallTime | undefined;
}

/** Whose visit was changed, and when it starts. */
export interface Changed {
  patient: number;
  date: string;
  start_time: string;
}

/**
 * Changes an appointment's status in one statement, if it is one of `from`.
 * @returns undefined when nothing was changed
 * @throws the refusal by `appointments_attendance_of_confirmed` when the visit bears a mark and would be cancelled
 */
export async function moveStatus(
  executor: Executor,
  appointment: number,
  {
    from,
    to,
    by,
    now,
    wall,
    reason,
    expected,
    owners = {},
    after,
    after_for = activeStatuses,
    lateBy,
  }: StatusChange,
): Promise<Changed | undefined> {
  const { rows } = await clientOf(executor).query<Changed>({
    name: 'appointments.move-status',
    text: `
      update appointments a set
        status = $3::appointment_status, updated_at = $4, updated_by = $5,
        cancelled_by = case when $3::appointment_status = 'cancelled' then $5::integer end,
        cancel_reason = case when $3::appointment_status = 'cancelled' then $6::text end,
        cancelled_late = coalesce((date, start_time) <= ($7::date, $8::time), false)
      where id = $1 and status = any($2::appointment_status[])
        and ($9::date is null or status <> all($16::appointment_status[]) or (date, start_time) > ($9::date, $10::time))
        and ($11::integer[] is null or version = any($11::integer[])) and not ${isLapsed('a', 12)}
        and doctor_id = coalesce($14, doctor_id) and patient_id = coalesce($15, patient_id)
      returning patient_id as patient, date, start_time`,
    values: [
      appointment,
      from,
      to,
      now,
      by,
      reason,
      lateBy?.date,
      lateBy?.time,
      after?.date,
      after?.time,
      expected,
      wall.date,
      wall.time,
      owners.doctor,
      owners.patient,
      after_for,
    ],
  });
  return rows[0];
}

/** What a patient, or who looks after them, asks to have cancelled. */
export interface Cancellation {
  appointment: number;
  caller: Pick<Caller, 'id' | 'role' | 'request_id'>;
  reason: string | undefined;
  /** The versions that it is meant for; undefined is any. */
  expected: readonly number[] | undefined;
  /** Whose it must still be; undefined is anybody's. */
  patient: number | undefined;
}

/**
 * Cancels several visits of patients in one statement, as `moveStatus` does one, and notes each for the audit. The visits are
 * locked by their ids.
 * @param at what is the same for all: who begins by `after` is not cancelled, who begins by `lateBy` is marked
 * @returns in the order of `cancellations`; undefined where nothing was changed
 * @throws as `moveStatus`, for all of them
 */
export async function cancelTogether(
  executor: Executor,
  cancellations: readonly Cancellation[],
  { now, wall, after, lateBy }: { now: Date; wall: WallTime; after: WallTime; lateBy: WallTime | undefined },
): Promise<(Changed | undefined)[]> {
  const { rows } = await clientOf(executor).query<Changed & { nth: number }>({
    name: 'appointments.cancel-together',
    text: `
      with wanted as materialized (
        select * from unnest(${unseen('$1', 'integer[]')}, ${unseen('$2', 'integer[]')}, ${unseen('$3', 'text[]')},
            ${unseen('$4', 'text[]')}, ${unseen('$5', 'integer[]')}, ${unseen('$14', 'text[]')}, ${unseen('$15', 'text[]')})
          with ordinality w (id, by, reason, expected, patient, role, request, nth)
      ), locked as materialized (
        select v.id from appointments v where ${patientFor('$13')} and v.id = any (${unseen('$1', 'integer[]')})
        order by v.id for no key update
      ), changed as (
        update appointments a set status = 'cancelled', updated_at = $6, updated_by = w.by, cancelled_by = w.by,
          cancel_reason = w.reason, cancelled_late = coalesce((a.date, a.start_time) <= ($7::date, $8::time), false)
        from wanted w join locked l on l.id = w.id
        where a.id = l.id and ${isActive('a')} and (a.date, a.start_time) > ($9::date, $10::time)
          and (w.expected is null or a.version = any (string_to_array(w.expected, ',')::integer[]))
          and not ${isLapsed('a', 11)} and a.patient_id = coalesce(w.patient, a.patient_id)
        returning w.nth, a.id, a.patient_id as patient, a.date, a.start_time
      ), noted as (${noteEach(
        'appointment.cancel',
        `select $6::timestamptz as at, w.by as actor, w.role::user_role as role, w.request, c.patient as subject,
          jsonb_build_object('appointment', c.id) as details
        from changed c join wanted w on w.nth = c.nth`,
      )})
      select nth, patient, date, start_time from changed`,
    values: [
      cancellations.map(({ appointment }) => appointment),
      cancellations.map(({ caller }) => caller.id),
      cancellations.map(({ reason }) => reason ?? null),
      cancellations.map(({ expected }) => expected?.join() ?? null),
      cancellations.map(({ patient }) => patient ?? null),
      now,
      lateBy?.date,
      lateBy?.time,
      after.date,
      after.time,
      wall.date,
      wall.time,
      cancellations.length > 1 ? LOCK_TOGETHER : null,
      cancellations.map(({ caller }) => caller.role),
      cancellations.map(({ caller }) => caller.request_id ?? null),
    ],
  });
  const changed = new Map(rows.map(({ nth, ...row }) => [nth, row]));
  return cancellations.map((_, index) => changed.get(index + 1));
}
