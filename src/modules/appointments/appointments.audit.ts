import { reads } from '../../http/audit.ts';
import type { Appointment } from './appointments.schemas.ts';

/** A visit is its patient's record: the doctor is named in the directory for all to see. */
export const patientOf = ({ patient }: Appointment) => patient.id;

/** What a route notes that answers with one appointment. */
export const readsAppointment = reads('appointment.read', patientOf, ({ id }: Appointment) => ({
  appointment: id,
}));
