export { createAfterwards } from './afterwards.service.ts';
export { authRoutes } from './auth.routes.ts';
export { createAuth } from './auth.service.ts';
export { createPasswords } from './passwords.ts';
export { createSessions } from './sessions.service.ts';
