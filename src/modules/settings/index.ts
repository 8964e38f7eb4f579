export { personal as settingsPersonal } from './personal.ts';
export { settingsRoutes } from './settings.routes.ts';
export { policy } from './settings.schemas.ts';
export { createSettings } from './settings.service.ts';
