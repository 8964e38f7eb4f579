import { alias, sql } from './drizzle.ts';
import { appointments, users } from './schema/index.ts';

/** What messages say of a visit, for statements that join it: `visitDoctors` and `visitPatients` by its two sides. */
export const visitDoctors = alias(users, 'visit_doctors');
export const visitPatients = alias(users, 'visit_patients');

export const visitFacts = {
  date: sql<string | null>`${appointments.date}`.as('visit_date'),
  start_time: sql<string | null>`${appointments.start_time}`.as('visit_start_time'),
  doctor_first_name: sql<string | null>`${visitDoctors.first_name}`.as('visit_doctor_first_name'),
  doctor_last_name: sql<string | null>`${visitDoctors.last_name}`.as('visit_doctor_last_name'),
  patient_first_name: sql<string | null>`${visitPatients.first_name}`.as('visit_patient_first_name'),
  patient_last_name: sql<string | null>`${visitPatients.last_name}`.as('visit_patient_last_name'),
  cancel_reason: sql<string | null>`${appointments.cancel_reason}`.as('visit_cancel_reason'),
};

/** The names of the doctors in a message's `params`, by id: first and last. */
export type NamedDoctors = Record<string, [first_name: string | null, last_name: string | null]>;

/** As SQL. @param params the name of the column */
export const namedDoctors = (params: string): string => `(
  select jsonb_object_agg(named.id, jsonb_build_array(named.first_name, named.last_name)) from users named
  where named.id = any (string_to_array(${params} ->> 'doctors', ',')::integer[]))`;

export interface JoinedVisit {
  date: string | null;
  start_time: string | null;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  patient_first_name: string | null;
  patient_last_name: string | null;
  cancel_reason: string | null;
  params: Readonly<Record<string, string>>;
  doctors: NamedDoctors | null;
}

/**
 * The visit that a joined row is about, null where there is none. A message that was made about a certain time stays about
 * that, wherever the visit has been moved since; one about no appointment is about a slot of the doctor it names.
 */
export function visitOf<Row extends JoinedVisit>(row: Row) {
  const { params, doctors } = row;
  const date = params.date ?? row.date;
  const start_time = params.start_time ?? row.start_time;
  if (date === null || start_time === null) return null;
  const isSlot = row.date === null;
  const [first, last] = Object.values(doctors ?? {})[0] ?? [null, null];
  const { patient_first_name, patient_last_name, cancel_reason } = row;
  return {
    date,
    start_time: start_time.slice(0, 5),
    doctor_first_name: isSlot ? first : row.doctor_first_name,
    doctor_last_name: isSlot ? last : row.doctor_last_name,
    patient_first_name,
    patient_last_name,
    cancel_reason,
    doctors,
  };
}
