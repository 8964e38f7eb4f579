import type { WallTime } from '../../../core/clock.ts';
import type { AppointmentStatus } from '../../../core/words.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { isActive } from '../../availability/visits.sql.ts';
import { familyOf, readersOf } from '../../patients/families/guardians.sql.ts';

export interface VisitRow {
  id: number;
  doctor_id: number;
  patient_id: number;
  service_id: number | null;
  status: AppointmentStatus;
  date: string;
  start_time: string;
  end_time: string;
  version: number;
  booked_by: number;
  cancelled_by: number | null;
  cancel_reason: string | null;
  /** The visit took place, or its patient did not come, whatever the clock says. */
  is_over: boolean;
}

export async function findVisit(executor: Executor, appointment: number): Promise<VisitRow | undefined> {
  const { rows } = await clientOf(executor).query<VisitRow>({
    name: 'messages.visit',
    text: `
      select id, doctor_id, patient_id, service_id, status, date, start_time, end_time, version, booked_by, cancelled_by,
        cancel_reason, coalesce(attendance <> 'arrived', false) as is_over
      from appointments where id = $1`,
    values: [appointment],
  });
  return rows[0];
}

/** A visit that lies ahead, and so is not over. */
export type VisitAhead = Omit<VisitRow, 'is_over' | 'service_id'>;

/**
 * Who is told of a patient's visits, the patient first if they are one of them.
 * @param adult the latest day of birth of adults
 */
export async function listReaders(executor: Executor, patient: number, adult: string): Promise<number[]> {
  const { rows } = await clientOf(executor).query<{ id: number }>({
    name: 'messages.readers',
    text: `select reader.id from (${readersOf('$1', '$2')}) reader order by reader.id <> $1, reader.id`,
    values: [patient, adult],
  });
  return rows.map(({ id }) => id);
}

/** The visits that lie ahead of a patient and of those whom they look after, and those of a doctor that still wait for an answer. */
export async function listAhead(
  executor: Executor,
  person: number,
  { date, time }: WallTime,
  adult: string,
): Promise<VisitAhead[]> {
  const { rows } = await clientOf(executor).query<VisitAhead>({
    name: 'messages.visits-ahead',
    text: `
      select id, doctor_id, patient_id, status, date, start_time, end_time, version, booked_by, cancelled_by, cancel_reason
      from appointments
      where (patient_id in (${familyOf('$1', '$4')}) and ${isActive('appointments')} or doctor_id = $1 and status = 'pending')
        and (date, start_time) > ($2::date, $3::time)
      order by id`,
    values: [person, date, time, adult],
  });
  return rows;
}
