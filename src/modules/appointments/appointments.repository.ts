import type { WallTime } from '../../core/clock.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Db, Executor, Tx } from '../../db/client.ts';
import { alias, and, eq, gte, inArray, lte, or, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, upcomingFirst } from '../../db/page.ts';
import { prepared, UNNAMED } from '../../db/prepared.ts';
import { appointments, doctorProfiles, users } from '../../db/schema/index.ts';
import type { Appointment, Status } from './appointments.schemas.ts';

export const doctorUsers = alias(users, 'doctor_users');
export const patientUsers = alias(users, 'patient_users');

/** What an answer shows of an appointment, from it and the people whom it joins. */
export const fields = {
  id: appointments.id,
  doctor: {
    id: appointments.doctor_id,
    first_name: sql<string | null>`${doctorUsers.first_name}`,
    last_name: sql<string | null>`${doctorUsers.last_name}`,
    specialization: sql<string | null>`${doctorProfiles.specialization}`,
  },
  patient: {
    id: appointments.patient_id,
    first_name: sql<string | null>`${patientUsers.first_name}`,
    last_name: sql<string | null>`${patientUsers.last_name}`,
    phone: sql<string | null>`${patientUsers.phone}`,
  },
  timeslot: appointments.timeslot_id,
  date: appointments.date,
  start_time: appointments.start_time,
  end_time: appointments.end_time,
  status: appointments.status,
  created_at: appointments.created_at,
  updated_at: appointments.updated_at,
  booked_by: appointments.booked_by,
  cancelled_by: appointments.cancelled_by,
  cancel_reason: appointments.cancel_reason,
  cancelled_late: appointments.cancelled_late,
  attendance: appointments.attendance,
  version: appointments.version,
};

const active: Status[] = ['pending', 'confirmed'];

export async function findAppointment(
  executor: Executor,
  appointment: number,
): Promise<Appointment | undefined> {
  const statement = prepared(executor, 'appointments.find', () =>
    executor
      .select(fields)
      .from(appointments)
      .innerJoin(doctorProfiles, eq(doctorProfiles.id, appointments.doctor_id))
      .innerJoin(doctorUsers, eq(doctorUsers.id, appointments.doctor_id))
      .innerJoin(patientUsers, eq(patientUsers.id, appointments.patient_id))
      .where(eq(appointments.id, sql.placeholder('id')))
      .prepare('appointments.find'),
  );
  const [row] = await statement.execute({ id: appointment });
  return row;
}

/** Whose appointment it is. */
export async function findOwners(
  db: Db,
  appointment: number,
): Promise<{ doctor: number; patient: number } | undefined> {
  const statement = prepared(db, 'appointments.owners', () =>
    db
      .select({ doctor: appointments.doctor_id, patient: appointments.patient_id })
      .from(appointments)
      .where(eq(appointments.id, sql.placeholder('id')))
      .prepare('appointments.owners'),
  );
  const [row] = await statement.execute({ id: appointment });
  return row;
}

export interface Filters {
  doctor?: number | undefined;
  patient?: number | undefined;
  booked_by?: number | undefined;
  date?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  status?: Status | undefined;
}

export const conditions: { [Name in keyof Required<Filters>]: SQL } = {
  doctor: eq(appointments.doctor_id, sql.placeholder('doctor')),
  patient: eq(appointments.patient_id, sql.placeholder('patient')),
  booked_by: eq(appointments.booked_by, sql.placeholder('booked_by')),
  date: eq(appointments.date, sql.placeholder('date')),
  from: gte(appointments.date, sql.placeholder('from')),
  to: lte(appointments.date, sql.placeholder('to')),
  status: eq(appointments.status, sql.placeholder('status')),
};

/** One page of appointments, today's and later first. */
export async function listAppointments(db: Db, filters: Filters, today: string, page: PageRequest) {
  const given = (Object.keys(conditions) as (keyof Filters)[]).filter((name) => filters[name] !== undefined);
  const name = `appointments.list:${given.join()}`;
  const statement = prepared(db, name, () => {
    const where = and(...given.map((filter) => conditions[filter]));
    const { page: ids, order } = upcomingFirst(appointments, where);
    return db
      .select({
        ...fields,
        count: countUpToLimit(db.select({ one: sql`1` }).from(appointments).where(where)),
      })
      .from(ids)
      .innerJoin(appointments, sql`${appointments.id} = page.id`)
      .innerJoin(doctorProfiles, eq(doctorProfiles.id, appointments.doctor_id))
      .innerJoin(doctorUsers, eq(doctorUsers.id, appointments.doctor_id))
      .innerJoin(patientUsers, eq(patientUsers.id, appointments.patient_id))
      .orderBy(order)
      .prepare(filters.status ? UNNAMED : name);
  });
  return fetchPage<Appointment & { count: number }>(page, (window) =>
    statement.execute({ ...filters, today, ...window }),
  );
}

const after = (wall: WallTime) =>
  sql`(${appointments.date}, ${appointments.start_time}) > (${wall.date}::date, ${wall.time}::time)`;

const upcomingOf = (person: number, wall: WallTime) =>
  and(
    or(eq(appointments.doctor_id, person), eq(appointments.patient_id, person)),
    inArray(appointments.status, active),
    after(wall),
  );

export async function hasUpcoming(tx: Tx, person: number, wall: WallTime): Promise<boolean> {
  const rows = await tx
    .select({ id: appointments.id })
    .from(appointments)
    .where(upcomingOf(person, wall))
    .limit(1);
  return rows.length > 0;
}

/** Locks all that lies ahead of a person, in the order of their ids; before any slot, as everybody does. */
export async function lockUpcoming(tx: Tx, person: number, wall: WallTime): Promise<void> {
  await tx
    .select({ id: appointments.id })
    .from(appointments)
    .where(upcomingOf(person, wall))
    .orderBy(appointments.id)
    .for('no key update');
}

/** Cancels all that lies ahead of a person, as patient and as doctor. */
export async function cancelUpcoming(
  tx: Tx,
  person: number,
  by: number,
  reason: string,
  { now, wall }: { now: Date; wall: WallTime },
): Promise<void> {
  await tx
    .update(appointments)
    .set({
      status: 'cancelled',
      cancelled_by: by,
      cancel_reason: reason,
      updated_by: by,
      updated_at: now.toISOString(),
      // Somebody who came early and is gone now.
      attendance: null,
      attendance_marked_at: null,
    })
    .where(upcomingOf(person, wall));
}
