export { appointmentsJobs } from './appointments.jobs.ts';
export { appointmentsRoutes } from './appointments.routes.ts';
export {
  type Appointment,
  appointment,
  readsAppointment,
  shows as showsAppointment,
} from './appointments.schemas.ts';
export { type Appointments, createAppointments } from './appointments.service.ts';
export { historyReader } from './history/history.service.ts';
export { personal as appointmentsPersonal } from './personal.ts';
