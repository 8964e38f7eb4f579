import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../../core/phone.ts';
import { Public } from '../../../http/guards.ts';
import { originOf } from '../../../http/hooks/origin.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { registration, type Users, user } from '../../users/index.ts';
import type { Tokens } from '../sessions/tokens.service.ts';
import { credentials, refreshRequest, signInAnswer, tokenPair } from './sign-in.schemas.ts';
import type { SignIn } from './sign-in.service.ts';

const tags = ['auth'];

interface SignInRoutesOptions {
  users: Pick<Users, 'register'>;
  signIn: SignIn;
  tokens: Pick<Tokens, 'refresh'>;
  phone_country: CountryCode;
  refresh_grace_seconds: number;
}

export async function signInRoutes(
  instance: FastifyInstance,
  { users, signIn, tokens, phone_country, refresh_grace_seconds }: SignInRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/auth/register/',
    {
      preHandler: Public,
      config: { errors: ['username_taken'], location: '/api/auth/me/', rate: 'auth' },
      schema: {
        tags,
        operationId: 'register',
        summary: 'Register as a patient or a doctor',
        description:
          'The profile’s fields follow the role: `specialization` and `experience_years` for doctors, `date_of_birth` for ' +
          'patients, `gender` for both. Admins are made by admins, or on the server’s command line.',
        body: registration(phone_country),
        response: { 201: user },
      },
    },
    async (request, reply) => {
      const registered = await users.register(request.body);
      return reply.code(201).header('location', '/api/auth/me/').send(registered);
    },
  );

  app.post(
    '/auth/login/',
    {
      preHandler: Public,
      config: {
        errors: ['invalid_credentials', 'second_step_required', 'account_inactive'],
        rate: 'sign_in',
      },
      schema: {
        tags,
        operationId: 'login',
        summary: 'Sign in',
        description:
          'Put `access` into *Authorize* above, or into the header `Authorization: Bearer …`. When it has expired, ' +
          '`refresh` gets a new pair. Repeated wrong passwords are slowed down more and more: 429 says in `Retry-After` when to try ' +
          'again. A sign-in from a device not seen before is told to the account’s owner. Whose sign-in has a second step is ' +
          'answered 401 `second_step_required` with a `ticket` for it.',
        body: credentials,
        response: { 200: signInAnswer },
      },
    },
    async (request) => signIn.login(request.body, originOf(request)),
  );

  app.post(
    '/auth/token/refresh/',
    {
      preHandler: Public,
      config: { errors: ['invalid_refresh_token'] },
      schema: {
        tags,
        operationId: 'refreshToken',
        summary: 'Get a new pair of tokens',
        description:
          'The refresh token is the permission. It serves once: using it again ends the whole session, since one of its ' +
          'two holders must have stolen it. Only a client that lost the answer, or its other tab, may repeat the same ' +
          `request: for ${refresh_grace_seconds} seconds it gets the same refresh token as the first, until that one is used.`,
        body: refreshRequest,
        response: { 200: tokenPair },
      },
    },
    async (request) => tokens.refresh(request.body.refresh, originOf(request)),
  );
}
