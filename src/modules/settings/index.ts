export { settingsRoutes } from './settings.routes.ts';
export { createSettings } from './settings.service.ts';
