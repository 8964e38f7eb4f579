export { clinicRoutes } from './clinic.routes.ts';
export { createClinic } from './clinic.service.ts';
export { personal as clinicPersonal } from './personal.ts';
export { servicesRoutes } from './services/services.routes.ts';
export { createServices } from './services/services.service.ts';
