import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../core/phone.ts';
import { accountRoutes } from './contacts/account.routes.ts';
import type { Auth } from './auth.service.ts';
import { contactsRoutes } from './contacts/contacts.routes.ts';
import { passwordRoutes } from './password/password.routes.ts';
import { sessionsRoutes } from './sessions/sessions.routes.ts';
import type { Sessions } from './sessions/sessions.service.ts';
import { signInRoutes } from './sign-in/sign-in.routes.ts';

export interface AuthRoutesOptions {
  auth: Auth;
  sessions: Sessions;
  phone_country: CountryCode;
}

/** Every route below /auth/ that is about getting in and out, in the order in which one would look for them. */
export async function authRoutes(app: FastifyInstance, { auth, sessions, phone_country }: AuthRoutesOptions) {
  await app.register(signInRoutes, { auth, phone_country });
  await app.register(accountRoutes, { auth, phone_country });
  await app.register(sessionsRoutes, { sessions });
  await app.register(passwordRoutes, { auth });
  await app.register(contactsRoutes, { auth, phone_country });
}
