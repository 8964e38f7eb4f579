import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../core/phone.ts';
import type { Users } from '../users/index.ts';
import type { Auth } from './auth.service.ts';
import { claimingRoutes } from './claiming/claiming.routes.ts';
import { accountRoutes } from './contacts/account.routes.ts';
import { contactsRoutes } from './contacts/contacts.routes.ts';
import { passwordRoutes } from './password/password.routes.ts';
import { sessionsRoutes } from './sessions/sessions.routes.ts';
import type { Sessions } from './sessions/sessions.service.ts';
import { signInRoutes } from './sign-in/sign-in.routes.ts';

interface AuthRoutesOptions {
  auth: Auth;
  sessions: Sessions;
  users: Pick<Users, 'register'>;
  phone_country: CountryCode;
  codes_per_hour: number;
  codes_per_hour_address: number;
  refresh_grace_seconds: number;
}

/** Every route below /auth/ that is about getting in and out, in the order in which one would look for them. */
export async function authRoutes(
  app: FastifyInstance,
  { auth, sessions, users, ...config }: AuthRoutesOptions,
) {
  await app.register(signInRoutes, { ...auth, users, ...config });
  await app.register(accountRoutes, { ...auth, ...config });
  app.describeHeading({ name: 'auth', description: 'Register, sign in, stay signed in.', order: 10 });
  await app.register(sessionsRoutes, { sessions });
  await app.register(passwordRoutes, auth);
  await app.register(contactsRoutes, { ...auth, ...config });
  await app.register(claimingRoutes, { ...auth, ...config });
}
