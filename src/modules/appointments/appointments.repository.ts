import type { WallTime } from '../../core/clock.ts';
import type { PageRequest } from '../../core/page.ts';
import type { AppointmentStatus } from '../../core/words.ts';
import type { Db, Executor } from '../../db/client.ts';
import { and, eq, gte, lte, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, upcomingFirst } from '../../db/page.ts';
import { appointments } from '../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../db/sql.ts';
import type { Appointment } from './appointments.schemas.ts';

/** An appointment as a statement finds it, with the people whom it joins. */
export interface AppointmentRow extends Omit<Appointment, 'doctor' | 'patient'> {
  doctor_id: number;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  specialization: string | null;
  patient_id: number;
  patient_first_name: string | null;
  patient_last_name: string | null;
  patient_phone: string | null;
}

/** What an answer shows of an appointment, from it and those whom `joinPeople` joins. */
export const columns = sql.raw(`
  appointments.id, appointments.timeslot_id as timeslot, appointments.date, appointments.start_time,
  appointments.end_time, appointments.status, appointments.created_at, appointments.updated_at, appointments.booked_by,
  appointments.cancelled_by, appointments.cancel_reason, appointments.cancelled_late, appointments.attendance,
  appointments.version,
  appointments.doctor_id, doctor_users.first_name as doctor_first_name, doctor_users.last_name as doctor_last_name,
  doctor_profiles.specialization,
  appointments.patient_id, patient_users.first_name as patient_first_name,
  patient_users.last_name as patient_last_name, patient_users.phone as patient_phone`);

export const joinPeople = sql.raw(`
  join doctor_profiles on doctor_profiles.id = appointments.doctor_id
  join users doctor_users on doctor_users.id = appointments.doctor_id
  join users patient_users on patient_users.id = appointments.patient_id`);

export const toAppointment = (row: AppointmentRow): Appointment => ({
  id: row.id,
  doctor: {
    id: row.doctor_id,
    first_name: row.doctor_first_name,
    last_name: row.doctor_last_name,
    specialization: row.specialization,
  },
  patient: {
    id: row.patient_id,
    first_name: row.patient_first_name,
    last_name: row.patient_last_name,
    phone: row.patient_phone,
  },
  timeslot: row.timeslot,
  date: row.date,
  start_time: row.start_time,
  end_time: row.end_time,
  status: row.status,
  created_at: row.created_at,
  updated_at: row.updated_at,
  booked_by: row.booked_by,
  cancelled_by: row.cancelled_by,
  cancel_reason: row.cancel_reason,
  cancelled_late: row.cancelled_late,
  attendance: row.attendance,
  version: row.version,
});

const find = statement<AppointmentRow>(
  'appointments.find',
  () => sql`
      select ${columns} from appointments ${joinPeople} where appointments.id = ${sql.placeholder('id')}`,
);

export async function findAppointment(
  executor: Executor,
  appointment: number,
): Promise<Appointment | undefined> {
  const [row] = await find(executor, { id: appointment });
  return row && toAppointment(row);
}

const ownersOf = statement('appointments.owners', () =>
  query
    .select({ doctor: appointments.doctor_id, patient: appointments.patient_id })
    .from(appointments)
    .where(eq(appointments.id, sql.placeholder('id'))),
);

/** Whose appointment it is. */
export async function findOwners(
  db: Db,
  appointment: number,
): Promise<{ doctor: number; patient: number } | undefined> {
  const [row] = await ownersOf(db, { id: appointment });
  return row;
}

export interface Filters {
  doctor?: number | undefined;
  patient?: number | undefined;
  booked_by?: number | undefined;
  date?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  status?: AppointmentStatus | undefined;
}

const conditions: { [Name in keyof Required<Filters>]: SQL } = {
  doctor: eq(appointments.doctor_id, sql.placeholder('doctor')),
  patient: eq(appointments.patient_id, sql.placeholder('patient')),
  booked_by: eq(appointments.booked_by, sql.placeholder('booked_by')),
  date: eq(appointments.date, sql.placeholder('date')),
  from: gte(appointments.date, sql.placeholder('from')),
  to: lte(appointments.date, sql.placeholder('to')),
  status: eq(appointments.status, sql.placeholder('status')),
};

/** Its slot is over: nobody can answer a request any more. */
const ended = sql`(${appointments.date}, ${appointments.end_time}) <=
  (${sql.placeholder('today')}::date, ${sql.placeholder('time')}::time)`;

/** A status as it is to be read now, whether or not the job has marked what has lapsed; statements are named after it. */
const readAs: Partial<Record<AppointmentStatus, SQL>> = {
  pending: sql`(${appointments.status} = 'pending' and not ${ended})`,
  expired: sql`(${appointments.status} in ('pending', 'expired') and (${appointments.status} = 'expired' or ${ended}))`,
};

/** What the filters that are given ask for, and a name for it. */
export function askedFor(given: readonly (keyof Filters)[], { status }: Pick<Filters, 'status'>) {
  const read = status && readAs[status];
  return {
    name: `${given.join()}${read ? `=${status}` : ''}`,
    where: and(...given.map((filter) => (filter === 'status' && read ? read : conditions[filter]))),
  };
}

/** One page of appointments, today's and later first. */
export async function listAppointments(db: Db, filters: Filters, wall: WallTime, page: PageRequest) {
  const given = (Object.keys(conditions) as (keyof Filters)[]).filter((name) => filters[name] !== undefined);
  const { name: asked, where } = askedFor(given, filters);
  const name = `appointments.list:${asked}`;
  const build = () => {
    const { page: ids, order } = upcomingFirst(appointments, where);
    const count = countUpToLimit(query.select({ one: sql`1` }).from(appointments).where(where));
    return sql`
      select ${columns}, ${count.sql} as count
      from ${ids} join appointments on appointments.id = page.id ${joinPeople}
      order by ${order}`;
  };
  const list = statement<AppointmentRow & { count: number }>(name, build, filters.status ? UNNAMED : name);
  const { date: today, time } = wall;
  const found = await fetchPage(page, (window) => list(db, { ...filters, today, time, ...window }));
  return { ...found, rows: found.rows.map(toAppointment) };
}
