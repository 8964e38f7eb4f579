import type { WallTime } from '../../../core/clock.ts';
import { type AppointmentStatus, activeStatuses } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { isLapsed } from '../../availability/visits.sql.ts';
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
