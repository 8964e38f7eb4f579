import type { FastifyInstance } from 'fastify';
import type { CountryCode } from '../../core/phone.ts';
import { IsSignedIn, Public } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { registration, user } from '../users/index.ts';
import { credentials, refreshRequest, signIn, tokenPair } from './auth.schemas.ts';
import type { Auth } from './auth.service.ts';

const tags = ['auth'];

export interface AuthRoutesOptions {
  auth: Auth;
  phone_country: CountryCode;
}

export async function authRoutes(instance: FastifyInstance, { auth, phone_country }: AuthRoutesOptions) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/auth/register/',
    {
      preHandler: Public,
      config: { errors: ['username_taken'], location: '/api/auth/me/' },
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
      const registered = await auth.register(request.body);
      return reply.code(201).header('location', '/api/auth/me/').send(registered);
    },
  );

  app.post(
    '/auth/login/',
    {
      preHandler: Public,
      config: { errors: ['invalid_credentials', 'account_inactive'] },
      schema: {
        tags,
        operationId: 'login',
        summary: 'Sign in',
        description:
          'Put `access` into *Authorize* above, or into the header `Authorization: Bearer …`. When it has expired, ' +
          '`refresh` gets a new pair.',
        body: credentials,
        response: { 200: signIn },
      },
    },
    async (request) => auth.login(request.body.username, request.body.password),
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
          'The refresh token is the permission. It serves once: using one twice ends the whole session, since one of its ' +
          'two holders must have stolen it.',
        body: refreshRequest,
        response: { 200: tokenPair },
      },
    },
    async (request) => auth.refresh(request.body.refresh),
  );

  app.get(
    '/auth/me/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'me',
        summary: 'Show who I am',
        description: 'The current user, with the profile of their role.',
        response: { 200: user },
      },
    },
    async (request) => auth.me(request.user),
  );
}
