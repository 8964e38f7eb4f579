export { notificationsRoutes } from './notifications.routes.ts';
export { createNotifications } from './notifications.service.ts';
export { createPreferences } from './preferences.service.ts';
