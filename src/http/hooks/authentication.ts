import { hash } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { systemNow } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type Caller, roles, sideOf } from '../../core/roles.ts';
import { type Access, isOptional } from '../guards.ts';
import { apiKeyIn } from './api-keys.ts';
import { type Signing, tokenKeys } from './token-keys.ts';

declare module '@fastify/jwt' {
  interface FastifyJWT {
    /** `profile` is the id of their doctor's or patient's profile, null for the staff: other services may want it. */
    payload: {
      sub: string;
      role: string;
      sid: number;
      profile?: number | null;
      iat?: number;
      exp?: number;
      client_id?: string;
      branches?: number[];
    };
    user: Caller;
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set from the route's guards at start-up. */
    access?: Access;
  }
  interface FastifyRequest {
    /** What is wrong with the token of a request that needs one; null when nothing is. */
    refusal: AppError | null;
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Signs an access token; `branches` are those that somebody is bound to. */
    signAccess: (caller: Caller, branches?: readonly number[] | null) => string;
    /** The claims of a good access token; undefined for any other text, and for one that has expired. */
    readAccess: (token: string) => Promise<Record<string, unknown> | undefined>;
  }
}

interface AuthenticationOptions {
  /** The first signs; every one verifies, so that a key can be replaced without signing anybody out. */
  secrets: readonly string[];
  access_token_minutes: number;
  /** Where others verify too: these keys sign then, and the secrets verify what they signed before. */
  signing?: Signing | undefined;
}

/** Whose a good token is, and until when (epoch milliseconds). */
interface Verified extends Caller {
  expires: number;
}

/** Tokens that one process remembers to have checked; the first of them is the first to go. */
const REMEMBERED = 20_000;

/**
 * Turns the bearer token into `request.user` before anything else is read from the request; no query is spent on it.
 * Whom it refuses is told so by `signInRequired`, so that what counts requests can stand between the two.
 */
export const authentication = fastifyPlugin(
  async (app: FastifyInstance, { secrets, access_token_minutes, signing }: AuthenticationOptions) => {
    const keys = tokenKeys(secrets, access_token_minutes, signing);
    await app.register(fastifyJwt, {
      secret: {
        private: keys.shared.secret,
        public: (_request: FastifyRequest, token: fastifyJwt.TokenOrHeader) => keys.verifies(token),
      },
      decode: { complete: true },
      sign: keys.shared.sign,
      verify: {
        algorithms: signing ? ['ES256', 'HS256'] : ['HS256'],
        requiredClaims: ['iss', 'exp'],
      },
      formatUser: ({ sub, role, sid, exp }) => ({
        id: Number(sub),
        role: role as Caller['role'],
        session: sid,
        expires: (exp ?? 0) * 1_000,
      }),
    });
    app.decorate('signAccess', ({ id, role, session }, branches = null) => {
      const claims = { sub: String(id), role, sid: session, profile: sideOf(role) ? id : null };
      const signed = keys.signed(branches);
      return signed ? app.jwt.sign({ ...claims, ...signed.claims }, signed.options) : app.jwt.sign(claims);
    });
    app.decorate('readAccess', async (token) => {
      try {
        const decoded = app.jwt.decode<Parameters<typeof keys.verifies>[0]>(token);
        if (decoded === null) return undefined;
        return app.jwt.verify<Record<string, unknown>>(token, { key: await keys.verifies(decoded) });
      } catch (error) {
        // The database had to be asked, and is away.
        if (error instanceof AppError) throw error;
        return undefined;
      }
    });
    // A token is checked once: until it expires the same letters mean the same, while the same keys are there. It is known
    // again by its hash (1 µs), so that a look into the memory of the process gives nobody a token.
    const checked = new Map<string, Verified>();
    let version = keys.version();
    app.decorateRequest('refusal', null);
    app.decorateRequest('api_key', null);
    app.addHook('onRequest', (request, _reply, done) => {
      if (isOpen(request)) return done();
      const { authorization = '' } = request.headers;
      request.api_key = apiKeyIn(authorization);
      if (request.api_key !== null) return done();
      const present = keys.version();
      if (present !== version) checked.clear();
      version = present;
      const token = hash('sha256', authorization, 'base64url');
      const known = checked.get(token);
      if (known && systemNow() < known.expires) {
        request.user = callerIn(known);
        return done();
      }
      checked.delete(token);
      verify(request).then((result) => {
        if (result instanceof AppError) request.refusal = result;
        else {
          request.user = callerIn(result);
          // Not what was verified by keys that have gone in the meantime.
          if (present === keys.version()) checked.set(token, result);
          if (checked.size > REMEMBERED) checked.delete(checked.keys().next().value as string);
        }
        done();
      }, done);
    });
  },
  { name: 'authentication' },
);

interface SignInRequiredOptions {
  /** Whether a session has ended since its access tokens were signed. */
  isEnded: (session: number) => boolean | Promise<boolean>;
}

/** Answers 401 where a route needs a token and the request has no good one, or one of a session that has ended. */
export const signInRequired = fastifyPlugin(
  async (app: FastifyInstance, { isEnded }: SignInRequiredOptions) => {
    app.addHook('onRequest', (request, _reply, done) =>
      done(isOpen(request) ? undefined : (request.refusal ?? undefined)),
    );
    // The answer may have to come from the database: that is work, which waits for its turn (http/overload).
    app.addHook('preValidation', (request, _reply, done) => {
      if (isOpen(request) || request.user.key) return done();
      const ended = isEnded(request.user.session);
      const go = (is: boolean) => done(is ? new AppError('session_ended') : undefined);
      if (typeof ended === 'boolean') return go(ended);
      ended.then(go, done);
    });
  },
  { name: 'sign-in-required', dependencies: ['authentication'] },
);

/**
 * A route is open only if it says so, or needs no token and is sent none. A path without a route shows nothing, and only CORS
 * has a route for OPTIONS, which tells what may be asked.
 */
const isOpen = ({ routeOptions: { config }, is404, method, headers }: FastifyRequest): boolean =>
  config.access === 'public' ||
  (isOptional(config.access) && headers.authorization === undefined) ||
  is404 ||
  method === 'OPTIONS';

const callerIn = ({ id, role, session }: Caller): Caller => ({ id, role, session });

/** @returns what is wrong with the request's token, or whose it is */
async function verify(request: FastifyRequest): Promise<AppError | Verified> {
  if (request.headers.authorization === undefined) return new AppError('authentication_required');
  try {
    const verified = await request.jwtVerify<Verified>();
    const { id, role, session } = verified;
    if (Number.isInteger(id) && roles.includes(role) && Number.isInteger(session)) return verified;
    return new AppError('invalid_token');
  } catch (error) {
    // The database had to be asked, and is away.
    if (error instanceof AppError) throw error;
    const expired =
      error instanceof Error && 'code' in error && error.code === 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED';
    return new AppError(expired ? 'token_expired' : 'invalid_token', { cause: error });
  }
}
