import type { SpanAhead } from '../../core/span.ts';
import { clientOf, type Executor, type Tx } from '../../db/client.ts';
import { isStillToCome } from '../availability/visits.sql.ts';

/** An appointment that an absence of its doctor cancels, with its patient. */
export interface SpanAppointment {
  id: number;
  timeslot: number;
  date: string;
  start_time: string;
  end_time: string;
  patient: { id: number; first_name: string | null; last_name: string | null; phone: string | null };
}

/** A doctor's appointments that touch a span and are still to come. `a` is the appointment. */
const inSpan = `a.doctor_id = $1 and a.date between $2::date and $3::date and ${isStillToCome('a', 6)}
  and tsrange($2::date + $4::time, $3::date + $5::time) && tsrange(a.date + a.start_time, a.date + a.end_time)`;

const shown = `a.id, a.timeslot_id as timeslot, a.date, a.start_time, a.end_time,
  json_build_object('id', u.id, 'first_name', u.first_name, 'last_name', u.last_name, 'phone', u.phone) as patient`;

const valuesOf = ({ doctor, from, to, start_time, end_time, after }: SpanAhead) => [
  doctor,
  from,
  to,
  start_time,
  end_time,
  after.date,
  after.time,
];

/** The first of them by time, with how many there are in all. */
export async function listDuring(executor: Executor, span: SpanAhead, limit: number) {
  const { rows } = await clientOf(executor).query<SpanAppointment & { count: number }>({
    name: 'appointments.during',
    text: `
      select ${shown}, count(*) over ()::integer as count
      from appointments a join users u on u.id = a.patient_id
      where ${inSpan} order by a.date, a.start_time limit $8`,
    values: [...valuesOf(span), limit],
  });
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count, ...appointment }) => appointment) };
}

/** Waits for whoever decides over one of them. */
export async function lockDuring(tx: Tx, span: SpanAhead): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.lock-during',
    text: `select a.id from appointments a where ${inSpan} order by a.id for no key update`,
    values: valuesOf(span),
  });
}

/** A patient who has come already is sent home: the mark goes with the visit. */
export async function cancelDuring(
  tx: Tx,
  span: SpanAhead,
  { now, by, reason }: { now: Date; by: number; reason: string },
): Promise<SpanAppointment[]> {
  const { rows } = await clientOf(tx).query<SpanAppointment>({
    name: 'appointments.cancel-during',
    text: `
      with cancelled as (
        update appointments a set
          status = 'cancelled', cancelled_by = $8, cancel_reason = $9, updated_by = $8, updated_at = $10,
          attendance = null, attendance_marked_at = null
        where ${inSpan}
        returning *
      )
      select ${shown} from cancelled a join users u on u.id = a.patient_id order by a.date, a.start_time`,
    values: [...valuesOf(span), by, reason, now],
  });
  return rows;
}
