import type { WallTime } from '../../../core/clock.ts';
import type { Attendance } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { isLapsed } from '../../availability/visits.sql.ts';
import type { Owners } from '../appointments.rules.ts';

/** Who marks which visit, when: `wall` is the clinic's clock, whose day began at `day_began`. */
export interface Marking {
  appointment: number;
  by: number;
  now: Date;
  wall: WallTime;
  day_began: Date;
  /** A mark that the patient was seen is theirs to replace. */
  over_completed: boolean;
  /** The versions that it is meant for; undefined stands for any. */
  expected?: readonly number[] | undefined;
  /** Whose it must be; anybody's by default. */
  owners: Owners;
}

/**
 * Marks a confirmed visit, from its day on, in one statement. A mark of an earlier day stays, with one exception: `arrived`
 * may become `completed` at any time, since a visit may end after midnight. `arrived` also confirms a request: whoever lets a
 * patient in has answered it.
 * @returns whose visit it is; undefined when some rule refused or it bears this mark already
 */
export async function markVisit(
  executor: Executor,
  mark: Attendance,
  { appointment, by, now, wall, day_began, over_completed, expected, owners }: Marking,
): Promise<{ patient: number } | undefined> {
  const { rows } = await clientOf(executor).query<{ patient: number }>({
    name: 'appointments.mark',
    text: `
      update appointments a
      set attendance = $2::attendance, attendance_marked_at = $3, updated_at = $3, updated_by = $4, status = 'confirmed'
      where id = $1 and (status = 'confirmed' or status = 'pending' and $2::attendance = 'arrived' and not ${isLapsed('a', 8)})
        and date <= $5::date and attendance is distinct from $2::attendance
        and ($10::boolean or attendance is distinct from 'completed')
        and (attendance is null or attendance_marked_at >= $6 or (attendance, $2::attendance) = ('arrived', 'completed'))
        and ($7::integer[] is null or version = any($7::integer[])) and doctor_id = coalesce($11, doctor_id)
      returning patient_id as patient`,
    values: [
      ...[appointment, mark, now, by, wall.date, day_began, expected, wall.date, wall.time],
      ...[over_completed, owners.doctor],
    ],
  });
  return rows[0];
}

/**
 * Takes the mark of today back.
 * @returns whose visit it is, undefined when it bears none or one of an earlier day
 */
export async function unmarkVisit(
  executor: Executor,
  { appointment, by, now, day_began, over_completed, expected, owners }: Marking,
): Promise<{ patient: number } | undefined> {
  const { rows } = await clientOf(executor).query<{ patient: number }>({
    name: 'appointments.unmark',
    text: `
      update appointments
      set attendance = null, attendance_marked_at = null, updated_at = $2, updated_by = $3
      where id = $1 and attendance_marked_at >= $4 and ($6::boolean or attendance is distinct from 'completed')
        and ($5::integer[] is null or version = any($5::integer[])) and doctor_id = coalesce($7, doctor_id)
      returning patient_id as patient`,
    values: [appointment, now, by, day_began, expected, over_completed, owners.doctor],
  });
  return rows[0];
}
