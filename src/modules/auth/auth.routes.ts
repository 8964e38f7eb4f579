import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../core/phone.ts';
import { accountRoutes } from './account.routes.ts';
import type { Auth } from './auth.service.ts';
import { contactsRoutes } from './contacts.routes.ts';
import { passwordRoutes } from './password.routes.ts';
import { sessionsRoutes } from './sessions.routes.ts';
import type { Sessions } from './sessions.service.ts';
import { signInRoutes } from './sign-in.routes.ts';

export interface AuthRoutesOptions {
  auth: Auth;
  sessions: Sessions;
  phone_country: CountryCode;
}

/** Every route below /auth/ that is about getting in and out, in the order in which one would look for them. */
export async function authRoutes(app: FastifyInstance, { auth, sessions, phone_country }: AuthRoutesOptions) {
  app.describeHeading({ name: 'auth', description: 'Register, sign in, stay signed in.', order: 10 });
  await app.register(signInRoutes, { auth, phone_country });
  await app.register(accountRoutes, { auth, phone_country });
  await app.register(sessionsRoutes, { sessions });
  await app.register(passwordRoutes, { auth });
  await app.register(contactsRoutes, { auth, phone_country });
}
