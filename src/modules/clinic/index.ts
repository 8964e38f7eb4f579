export { clinicRoutes } from './clinic.routes.ts';
export { createClinic } from './clinic.service.ts';
