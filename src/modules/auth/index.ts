export { authRoutes } from './auth.routes.ts';
export { createAuth } from './auth.service.ts';
export { createContactChanges } from './contacts/contact-changes.service.ts';
export { undoRoutes } from './contacts/undo.routes.ts';
export { createAfterwards } from './password/afterwards.service.ts';
export { createPasswords } from './password/passwords.ts';
export { personal as authPersonal } from './personal.ts';
export { createSessions } from './sessions/sessions.service.ts';
