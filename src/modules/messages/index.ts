export type { ChannelSettings } from './channels/index.ts';
export type { MessagingDependencies } from './messaging.ts';
export { createMessaging } from './messaging.ts';
export { personal as messagesPersonal } from './personal.ts';
