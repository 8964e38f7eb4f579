import type { DayAhead } from '../../core/span.ts';
import { clientOf, type Executor, type Tx } from '../../db/client.ts';
import { isStillToCome } from '../availability/visits.sql.ts';

/** An appointment on a day on which the clinic is closed, with its people. */
export interface DayAppointment {
  id: number;
  doctor: { id: number; first_name: string | null; last_name: string | null };
  date: string;
  start_time: string;
  end_time: string;
  patient: { id: number; first_name: string | null; last_name: string | null; phone: string | null };
}

/** A day's appointments that are still to come, those of everybody. `a` is the appointment. */
const onDay = `a.date = $1::date and ${isStillToCome('a', 2)}`;

const shown = `a.id, a.date, a.start_time, a.end_time,
  json_build_object('id', d.id, 'first_name', d.first_name, 'last_name', d.last_name) as doctor,
  json_build_object('id', p.id, 'first_name', p.first_name, 'last_name', p.last_name, 'phone', p.phone) as patient`;
const people = 'join users d on d.id = a.doctor_id join users p on p.id = a.patient_id';

const valuesOf = ({ date, after }: DayAhead) => [date, after.date, after.time];

/** The first of them by time, with how many there are in all. */
export async function listOn(executor: Executor, day: DayAhead, limit: number) {
  const { rows } = await clientOf(executor).query<DayAppointment & { count: number }>({
    name: 'appointments.on-day',
    text: `
      select ${shown}, count(*) over ()::integer as count from appointments a ${people}
      where ${onDay} order by a.date, a.start_time, a.id limit $4`,
    values: [...valuesOf(day), limit],
  });
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count, ...appointment }) => appointment) };
}

/** Waits for whoever decides over one of them. */
export async function lockOn(tx: Tx, day: DayAhead): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.lock-on-day',
    text: `select from appointments a where ${onDay} order by a.id for no key update`,
    values: valuesOf(day),
  });
}

/** A patient who has come already is sent home: the mark goes with the visit. */
export async function cancelOn(
  tx: Tx,
  day: DayAhead,
  { now, by, reason }: { now: Date; by: number; reason: string },
): Promise<DayAppointment[]> {
  const { rows } = await clientOf(tx).query<DayAppointment>({
    name: 'appointments.cancel-on-day',
    text: `
      with cancelled as (
        update appointments a set
          status = 'cancelled', cancelled_by = $4, cancel_reason = $5, updated_by = $4, updated_at = $6,
          attendance = null, attendance_marked_at = null
        where ${onDay}
        returning *
      )
      select ${shown} from cancelled a ${people} order by a.date, a.start_time, a.id`,
    values: [...valuesOf(day), by, reason, now],
  });
  return rows;
}
