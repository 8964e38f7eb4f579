import type { WallTime } from '../../core/clock.ts';
import type { PageRequest } from '../../core/page.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { alias, and, eq, gte, inArray, lte, or, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, upcomingFirst } from '../../db/page.ts';
import { prepared } from '../../db/prepared.ts';
import { appointments, doctorProfiles, users } from '../../db/schema/index.ts';
import type { Appointment, Status } from './appointments.schemas.ts';

const doctorUsers = alias(users, 'doctor_users');
const patientUsers = alias(users, 'patient_users');

const fields = {
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

const conditions: { [Name in keyof Required<Filters>]: SQL } = {
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
      .prepare(name);
  });
  return fetchPage<Appointment & { count: number }>(page, (window) =>
    statement.execute({ ...filters, today, ...window }),
  );
}

interface BookedRow extends Omit<Appointment, 'doctor' | 'patient'> {
  doctor_id: number;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  specialization: string | null;
  patient_id: number;
  patient_first_name: string | null;
  patient_last_name: string | null;
  patient_phone: string | null;
}

/**
 * Books a slot in one statement: copies its times, refuses one that has begun or whose doctor cannot be booked (out,
 * or not let in yet), and leaves every race to the constraints. ON CONFLICT without a target covers the exclusion constraint too: a plain
 * INSERT deadlocks in a stampede, with losers waiting up to 22 s against 4 to 8 ms. The patient's row is locked
 * against being erased meanwhile; the slot's is by its foreign key.
 * @returns undefined when some rule refused; `whyRefused` tells which
 */
export async function insertAppointment(
  executor: Executor,
  booking: { timeslot: number; patient: number; booked_by: number },
  wall: WallTime,
): Promise<Appointment | undefined> {
  const { rows } = await clientOf(executor).query<BookedRow>({
    name: 'appointments.book',
    text: `
      with patient as (
        select id, first_name, last_name, phone from users
        where id = $2 and role = 'patient' and is_active
        for share
      ), slot as (
        select s.id, s.doctor_id, s.date, s.start_time, s.end_time, u.first_name, u.last_name, d.specialization
        from timeslots s
        join users u on u.id = s.doctor_id and u.role = 'doctor' and u.is_active
        join doctor_profiles d on d.id = s.doctor_id and d.approved_at is not null
        where s.id = $1 and (s.date, s.start_time) > ($4::date, $5::time)
      ), booked as (
        insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
        select slot.doctor_id, patient.id, slot.id, slot.date, slot.start_time, slot.end_time, $3
        from slot, patient
        on conflict do nothing
        returning *
      )
      select booked.id, booked.timeslot_id as timeslot, booked.date, booked.start_time, booked.end_time, booked.status,
        booked.created_at, booked.updated_at, booked.booked_by, booked.cancelled_by, booked.cancel_reason,
        slot.doctor_id, slot.first_name as doctor_first_name, slot.last_name as doctor_last_name, slot.specialization,
        patient.id as patient_id, patient.first_name as patient_first_name, patient.last_name as patient_last_name,
        patient.phone as patient_phone
      from booked, slot, patient`,
    values: [booking.timeslot, booking.patient, booking.booked_by, wall.date, wall.time],
  });
  return rows[0] && toAppointment(rows[0]);
}

function toAppointment(row: BookedRow): Appointment {
  const { doctor_id, doctor_first_name, doctor_last_name, specialization, ...others } = row;
  const { patient_id, patient_first_name, patient_last_name, patient_phone, ...booked } = others;
  return {
    ...booked,
    doctor: { id: doctor_id, first_name: doctor_first_name, last_name: doctor_last_name, specialization },
    patient: {
      id: patient_id,
      first_name: patient_first_name,
      last_name: patient_last_name,
      phone: patient_phone,
    },
  };
}

/** Which rules refuse this booking at this moment; all false when what refused it has gone meanwhile. */
export async function whyRefused(db: Db, booking: { timeslot: number; patient: number }, wall: WallTime) {
  const { rows } = await db.$client.query<
    Record<'no_patient' | 'no_slot' | 'begun' | 'oneself' | 'taken' | 'busy', boolean>
  >({
    name: 'appointments.why-refused',
    text: `
      select
        not exists (select from users where id = $2 and role = 'patient' and is_active) as no_patient,
        d.id is null as no_slot,
        coalesce((s.date, s.start_time) <= ($3::date, $4::time), false) as begun,
        coalesce(s.doctor_id = $2, false) as oneself,
        exists (
          select from appointments a where a.timeslot_id = s.id and a.status in ('pending', 'confirmed')
        ) as taken,
        exists (
          select from appointments a
          where a.patient_id = $2 and a.status in ('pending', 'confirmed')
            and tsrange(a.date + a.start_time, a.date + a.end_time) && tsrange(s.date + s.start_time, s.date + s.end_time)
        ) as busy
      from (values ($1::integer)) wanted (id)
      left join timeslots s on s.id = wanted.id
      left join users u on u.id = s.doctor_id and u.role = 'doctor' and u.is_active
      left join doctor_profiles d on d.id = u.id and d.approved_at is not null`,
    values: [booking.timeslot, booking.patient, wall.date, wall.time],
  });
  return rows[0];
}

/**
 * Moves an appointment's status in one statement if it stands in one of `from`.
 * @param unbegun when given, a visit that has begun by it is left alone
 * @returns whose visit moved, undefined when none did
 */
export async function moveStatus(
  executor: Executor,
  appointment: number,
  change: { from: Status[]; to: Status; by: number; reason?: string | undefined; unbegun?: WallTime },
): Promise<{ patient: number } | undefined> {
  const { from, to, by, reason = null, unbegun } = change;
  const [moved] = await executor
    .update(appointments)
    .set({
      status: to,
      updated_at: sql`now()`,
      ...(to === 'cancelled' && { cancelled_by: by, cancel_reason: reason }),
    })
    .where(
      and(eq(appointments.id, appointment), inArray(appointments.status, from), unbegun && after(unbegun)),
    )
    .returning({ patient: appointments.patient_id });
  return moved;
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

/** Cancels all that lies ahead of a person, as patient and as doctor. */
export async function cancelUpcoming(
  tx: Tx,
  person: number,
  by: number,
  reason: string,
  wall: WallTime,
): Promise<void> {
  await tx
    .update(appointments)
    .set({ status: 'cancelled', cancelled_by: by, cancel_reason: reason, updated_at: sql`now()` })
    .where(upcomingOf(person, wall));
}
