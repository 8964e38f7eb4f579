import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../core/phone.ts';
import type { Users } from '../users/index.ts';
import type { Auth } from './auth.service.ts';
import { claimingRoutes } from './claiming/claiming.routes.ts';
import { accountRoutes } from './contacts/account.routes.ts';
import { contactsRoutes } from './contacts/contacts.routes.ts';
import { introspectionRoutes } from './introspection/introspection.routes.ts';
import { passkeysRoutes } from './passkeys/passkeys.routes.ts';
import { passwordRoutes } from './password/password.routes.ts';
import { identitiesRoutes } from './providers/identities.routes.ts';
import { providersRoutes } from './providers/providers.routes.ts';
import { sessionsRoutes } from './sessions/sessions.routes.ts';
import type { Sessions } from './sessions/sessions.service.ts';
import { signInRoutes } from './sign-in/sign-in.routes.ts';
import { twoStepRoutes } from './two-step/two-step.routes.ts';

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
  await app.register(twoStepRoutes, auth);
  await app.register(passkeysRoutes, auth);
  await app.register(sessionsRoutes, { sessions });
  await app.register(passwordRoutes, auth);
  await app.register(contactsRoutes, { ...auth, ...config });
  await app.register(claimingRoutes, { ...auth, ...config });
  await app.register(introspectionRoutes, auth);
  await app.register(providersRoutes, auth);
  await app.register(identitiesRoutes, auth);
}
