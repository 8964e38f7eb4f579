import type { Db, Executor } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';
import { statement, UNNAMED } from '../../db/sql.ts';
import { type Branches, isReached } from '../availability/reach.sql.ts';
import { guardiansOf } from '../patients/families/guardians.sql.ts';
import type { Appointment } from './appointments.schemas.ts';

/** An appointment as a statement returns it, with its doctor and its patient. */
export interface AppointmentRow extends Omit<Appointment, 'doctor' | 'patient'> {
  doctor_id: number;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  specialization: string | null;
  patient_id: number;
  patient_first_name: string | null;
  patient_last_name: string | null;
  patient_phone: string | null;
  /** Only where one visit is looked at. */
  patient_date_of_birth?: string | null;
}

const own = [
  'id',
  'timeslot_id as timeslot',
  'date',
  'start_time',
  'end_time',
  'status',
  'created_at',
  'updated_at',
  'booked_by',
  'cancelled_by',
  'cancel_reason',
  'cancelled_late',
  'attendance',
  'reason',
  'note',
  'version',
];

/**
 * Where a visit takes place, which slots it takes, and what for. Slots that are gone are not named.
 * @param visit a row of `appointments`
 */
const placeColumns = (visit: string): string => `
  case when ${visit}.timeslot_id is null then '{}' else ${visit}.timeslot_id || ${visit}.further_timeslots end as timeslots,
  ${visit}.branch_id as branch, ${visit}.room_id as room,
  case when ${visit}.service_id is not null then json_build_object(
    'id', ${visit}.service_id, 'name', ${visit}.service_name, 'price', ${visit}.price, 'currency', ${visit}.currency)
  end as service`;

/** An appointment's own columns as an answer shows them. @param from the table, or what stands for it in a statement */
export const ownColumns = (from: string): string =>
  [...own.map((column) => `${from}.${column}`), placeColumns(from)].join(', ');

/** The columns of an AppointmentRow. They need `joinPeople`. */
export const columns = sql.raw(`
  ${ownColumns('appointments')},
  appointments.doctor_id, doctor.first_name as doctor_first_name, doctor.last_name as doctor_last_name, doctor.specialization,
  appointments.patient_id, patient_users.first_name as patient_first_name,
  patient_users.last_name as patient_last_name, patient_users.phone as patient_phone`);

/**
 * The doctor is looked up for each visit, hence the limit. With a plain join the server goes through all accounts up to the
 * newest doctor's, and takes that for short as long as its figures do not know this doctor: 123,000 rows for a page of ten.
 */
export const joinPeople = sql.raw(`
  cross join lateral (
    select u.first_name, u.last_name, d.specialization from doctor_profiles d join users u on u.id = d.id
    where d.id = appointments.doctor_id limit 1) doctor
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
    ...(row.patient_date_of_birth !== undefined && { date_of_birth: row.patient_date_of_birth }),
  },
  timeslot: row.timeslot,
  timeslots: row.timeslots,
  branch: row.branch,
  room: row.room,
  service: row.service,
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
  reason: row.reason,
  note: row.note,
  version: row.version,
});

/** The columns of one visit that is looked at. */
const wholeColumns = sql`${columns}, (
        select date_of_birth from patient_profiles where patient_profiles.id = appointments.patient_id
      ) as patient_date_of_birth`;

const find = statement<AppointmentRow>(
  'appointments.find',
  () => sql`
      select ${wholeColumns}
      from appointments ${joinPeople} where appointments.id = ${sql.placeholder('id')}`,
);

export async function findAppointment(
  executor: Executor,
  appointment: number,
): Promise<Appointment | undefined> {
  const [row] = await find(executor, { id: appointment });
  return row && toAppointment(row);
}

const some = statement<AppointmentRow>(
  'appointments.some',
  () => sql`
      select ${columns} from appointments ${joinPeople}
      where appointments.id = any (${sql.placeholder('ids')}) and (${sql.placeholder('branches')}::integer[] is null
        or appointments.branch_id = any (${sql.placeholder('branches')}::integer[]))`,
  UNNAMED,
);

/** Those among these that lie in one of these branches, as a list shows them. */
export const findAppointments = async (
  db: Db,
  ids: readonly number[],
  branches: Branches,
): Promise<Appointment[]> => (await some(db, { ids, branches })).map(toAppointment);

interface Owners {
  doctor: number;
  patient: number;
  /** Who may act for the patient now. */
  guardians: number[];
}

/**
 * Whose appointment it is, where it lies in one of these branches.
 * @param adult the latest day of birth of adults
 */
export async function findOwners(
  db: Db,
  appointment: number,
  adult: string,
  branches: Branches = null,
): Promise<Owners | undefined> {
  const { rows } = await db.$client.query<Owners>({
    name: 'appointments.owners',
    text: `
      select a.doctor_id as doctor, a.patient_id as patient, array(${guardiansOf('a.patient_id', '$2')}) as guardians
      from appointments a where a.id = $1 and ${isReached('a.branch_id', '$3')}`,
    values: [appointment, adult, branches],
  });
  return rows[0];
}

const findOf = statement<AppointmentRow & Pick<Owners, 'guardians'>>(
  'appointments.find-of',
  () => sql`
      select ${wholeColumns}, array(${sql.raw(guardiansOf('appointments.patient_id', 'asked.adult'))}) as guardians
      from (select ${sql.placeholder('id')}::integer as id, ${sql.placeholder('adult')}::date as adult,
        ${sql.placeholder('branches')}::integer[] as branches) as asked
      join appointments on appointments.id = asked.id and ${sql.raw(isReached('appointments.branch_id', 'asked.branches'))}
      ${joinPeople}`,
);

/** The same with the appointment itself, for whoever only looks at it: one statement in place of two. */
export async function findWithOwners(
  db: Db,
  appointment: number,
  adult: string,
  branches: Branches = null,
): Promise<(Owners & { record: Appointment }) | undefined> {
  const [row] = await findOf(db, { id: appointment, adult, branches });
  if (!row) return undefined;
  return {
    doctor: row.doctor_id,
    patient: row.patient_id,
    guardians: row.guardians,
    record: toAppointment(row),
  };
}
