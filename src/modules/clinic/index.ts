export { servicesRoutes } from './services/services.routes.ts';
export { createServices } from './services/services.service.ts';
