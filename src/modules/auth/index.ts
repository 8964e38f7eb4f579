export { createAfterwards } from './afterwards.service.ts';
export { authRoutes } from './auth.routes.ts';
export { type Auth, createAuth } from './auth.service.ts';
export { createContactChanges } from './contact-changes.service.ts';
export { createPasswords } from './passwords.ts';
export { personal as authPersonal } from './personal.ts';
export { createSessions } from './sessions.service.ts';
export { undoRoutes } from './undo.routes.ts';
