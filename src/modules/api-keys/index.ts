export { apiKeysRoutes } from './api-keys.routes.ts';
export { createApiKeys } from './api-keys.service.ts';
export { personal as apiKeysPersonal } from './personal.ts';
