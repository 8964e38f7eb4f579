export { appointmentsRoutes } from './appointments.routes.ts';
export { createAppointments } from './appointments.service.ts';
