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

export interface JoinedVisit {
  date: string | null;
  start_time: string | null;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  patient_first_name: string | null;
  patient_last_name: string | null;
  cancel_reason: string | null;
}

/** The visit of a joined row, null where there is none. */
export function visitOf<Row extends JoinedVisit>(row: Row) {
  const { date, start_time } = row;
  if (date === null || start_time === null) return null;
  const { doctor_first_name, doctor_last_name, patient_first_name, patient_last_name, cancel_reason } = row;
  return {
    date,
    start_time: start_time.slice(0, 5),
    doctor_first_name,
    doctor_last_name,
    patient_first_name,
    patient_last_name,
    cancel_reason,
  };
}
