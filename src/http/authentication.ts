import fastifyJwt from '@fastify/jwt';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../core/errors.ts';
import { type Caller, roles } from '../core/roles.ts';
import type { Access } from './guards.ts';

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: { sub: string; role: string; sid: number };
    user: Caller;
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set from the route's guards at start-up. */
    access?: Access;
  }
}

export interface AuthenticationOptions {
  secret: string;
  access_token_minutes: number;
  /** Whether a session has ended since its access tokens were signed. */
  isEnded: (session: number) => boolean | Promise<boolean>;
}

const ISSUER = 'clinic-booking-api';

/**
 * Turns the bearer token into `request.user` before anything else is read from the request. Routes that are not
 * public answer 401 without a good one. No query is spent on it.
 */
export const authentication = fastifyPlugin(
  async (app: FastifyInstance, options: AuthenticationOptions) => {
    await app.register(fastifyJwt, {
      secret: options.secret,
      sign: { algorithm: 'HS256', expiresIn: `${options.access_token_minutes}m`, iss: ISSUER },
      verify: { algorithms: ['HS256'], allowedIss: ISSUER, requiredClaims: ['iss', 'exp'] },
      formatUser: ({ sub, role, sid }) => ({ id: Number(sub), role: role as Caller['role'], session: sid }),
    });
    app.addHook('onRequest', async (request) => {
      const { access } = request.routeOptions.config;
      if (access === undefined || access === 'public') return;
      await verify(request);
      const { id, role, session } = request.user;
      if (!Number.isInteger(id) || !roles.includes(role) || !Number.isInteger(session))
        throw new AppError('invalid_token');
      if (await options.isEnded(session)) throw new AppError('session_ended');
    });
  },
  { name: 'authentication' },
);

async function verify(request: FastifyRequest): Promise<void> {
  if (request.headers.authorization === undefined) throw new AppError('authentication_required');
  try {
    await request.jwtVerify();
  } catch (error) {
    const expired =
      error instanceof Error && 'code' in error && error.code === 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED';
    throw new AppError(expired ? 'token_expired' : 'invalid_token', { cause: error });
  }
}
