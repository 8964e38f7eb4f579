export { readsAppointment } from './appointments.audit.ts';
export { appointmentsRoutes } from './appointments.routes.ts';
export { type Appointment, appointment } from './appointments.schemas.ts';
export { createAppointments } from './appointments.service.ts';
