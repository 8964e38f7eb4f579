import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { networkOf } from '../core/address.ts';
import { AppError } from '../core/errors.ts';
import type { SharedCounter } from './shared-counter.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `auth`: counted by the stricter limit of routes that check passwords and send codes. `none`: not counted at all,
     * for monitors, which ask as often as they like.
     */
    rate?: 'auth' | 'none';
  }
}

export interface RateLimitOptions {
  rate_limit: boolean;
  /** Requests a minute: of an address without a good token, of a user, and to routes that say `rate: 'auth'`. */
  rate_limit_guest: number;
  rate_limit_user: number;
  rate_limit_auth: number;
  /** Where replicas count together; each process counts for itself without it, and while it is away. */
  shared?: SharedCounter | undefined;
}

const MINUTE = 60_000;
/** Addresses and users that one process remembers; the longest unseen are forgotten first. */
const REMEMBERED = 50_000;

type Limiter = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/**
 * Counts requests by user, or by address where nobody is signed in, and says what remains in the headers `ratelimit-*`
 * (draft-ietf-httpapi-ratelimit-headers-03). Stands between the reading of the token and the refusal of a bad one, so
 * that guesses at tokens count too.
 */
export const rateLimits = fastifyPlugin(
  async (app: FastifyInstance, options: RateLimitOptions) => {
    if (!options.rate_limit) return;
    const { shared } = options;
    const own = await limiter(app, options, {});
    const together =
      shared && (await limiter(app, options, { redis: shared.redis, nameSpace: 'clinic-rate:' }));
    app.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.config.rate === 'none') return;
      if (together && shared?.isThere()) {
        try {
          await together.call(app, request, reply);
          return shared.answered();
        } catch (error) {
          if (error instanceof AppError) throw error;
          shared.failed(error);
        }
      }
      await own.call(app, request, reply);
    });
  },
  { name: 'rate-limits', dependencies: ['authentication'] },
);

/** The plugin keeps one store: each store stands in a scope of its own. */
async function limiter(app: FastifyInstance, options: RateLimitOptions, store: object): Promise<Limiter> {
  let made: Limiter | undefined;
  await app.register(async (scope) => {
    await scope.register(rateLimit, {
      ...store,
      global: false,
      cache: REMEMBERED,
      timeWindow: MINUTE,
      enableDraftSpec: true,
      keyGenerator: (request) => `${scopeOf(request)}:${whoIs(request)}`,
      max: (request) => options[`rate_limit_${scopeOf(request)}`],
      errorResponseBuilder: (_request, { ttl }) =>
        new AppError('too_many_requests', { retryAfter: Math.max(1, Math.ceil(ttl / 1000)) }),
    });
    made = scope.rateLimit() as unknown as Limiter;
  });
  if (!made) throw new Error('the rate limiter was not made');
  return made;
}

function scopeOf(request: FastifyRequest): 'auth' | 'user' | 'guest' {
  if (request.routeOptions.config.rate === 'auth') return 'auth';
  return isKnown(request) ? 'user' : 'guest';
}

const whoIs = (request: FastifyRequest) =>
  isKnown(request) ? `user-${request.user.id}` : (networkOf(request.ip) ?? 'nowhere');

/** The type says there always is a user; on a route that needs none there is none. */
const isKnown = ({ user, refusal }: FastifyRequest) => (user as unknown) !== null && refusal === null;
