import type { WallTime } from '../../../core/clock.ts';
import type { AppointmentStatus } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { isLapsed } from '../../availability/visits.sql.ts';

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
  /** A visit that starts by then is not changed. */
  after?: WallTime | undefined;
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
  { from, to, by, now, wall, reason, expected, after, lateBy }: StatusChange,
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
        and ($9::date is null or (date, start_time) > ($9::date, $10::time))
        and ($11::integer[] is null or version = any($11::integer[])) and not ${isLapsed('a', 12)}
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
    ],
  });
  return rows[0];
}
