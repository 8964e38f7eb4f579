export { personal as webhooksPersonal } from './personal.ts';
export { createDispatch } from './sending/dispatch.service.ts';
export { PREVIOUS_SECRET, SECRET } from './webhooks.repository.ts';
export { webhooksRoutes } from './webhooks.routes.ts';
export { createWebhooks } from './webhooks.service.ts';
