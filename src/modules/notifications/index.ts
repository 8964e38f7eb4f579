export { createNotifications, type NotificationsDependencies } from './notifications.ts';
export { personal as notificationsPersonal } from './personal.ts';
