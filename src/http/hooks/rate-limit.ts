import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { networkOf } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { SharedCounter } from './shared-counter.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `auth`: what fails here may be a guess at a password, a code or a name, and has a stricter limit, beside that of all
     * requests. `sign_in`: the same, but whether a place that has used it up is held up is for the route to say, which
     * knows who has been there before (`held`). `none`: not counted at all, for monitors, which ask as often as they like.
     */
    rate?: 'auth' | 'sign_in' | 'none';
  }
  interface FastifyRequest {
    /** On a route of `sign_in`: the seconds for which its address has to wait; null when it need not. */
    held: number | null;
  }
}

interface RateLimitOptions {
  rate_limit: boolean;
  /** Requests a minute: of an address without a good token, of one that reads the directory, and of a user. */
  rate_limit_guest: number;
  rate_limit_directory: number;
  rate_limit_user: number;
  rate_limit_key: number;
  /** Failures a minute, of an address or a user, on the routes that check passwords and codes. */
  rate_limit_auth: number;
  /** Where replicas count together; each process counts for itself without it, and while it is away. */
  shared?: SharedCounter | undefined;
}

const MINUTE = 60_000;
/** Addresses and users that one process remembers; the longest unseen are forgotten first. */
const REMEMBERED = 50_000;

interface Count {
  max: number;
  remaining: number;
  /** Until the count begins anew. */
  ttlInSeconds: number;
  isExceeded: boolean;
}

/** Counts a request, or with `increment: false` only looks. */
type Counter = (request: FastifyRequest, options?: { increment: boolean }) => Promise<Count>;

/** The counters of one store. */
interface Counters {
  requests: Counter;
  failures: Counter;
}

/**
 * Counts requests by user, or by address where nobody is signed in, and says what remains in the headers `ratelimit-*`
 * (draft-ietf-httpapi-ratelimit-headers-03). Stands between the reading of the token and the refusal of a bad one, so
 * that guesses at tokens count too.
 *
 * Of the routes that check passwords and codes failures are counted besides, and not what succeeds: a whole clinic signs
 * in from one address in the morning, and whoever guesses fails.
 */
export const rateLimits = fastifyPlugin(
  async (app: FastifyInstance, options: RateLimitOptions) => {
    app.decorateRequest('held', null);
    if (!options.rate_limit) return;
    const { shared } = options;
    const own = await countersOf(app, options, {});
    const together =
      shared && (await countersOf(app, options, { redis: shared.redis, nameSpace: 'clinic-rate:' }));

    /** Where replicas count together, if that place answers; otherwise here. */
    async function count(of: keyof Counters, request: FastifyRequest, increment = true): Promise<Count> {
      if (together && shared?.isThere()) {
        try {
          const counted = await together[of](request, { increment });
          shared.answered();
          return counted;
        } catch (error) {
          shared.failed(error);
        }
      }
      return own[of](request, { increment });
    }

    app.addHook('onRequest', async (request, reply) => {
      const { rate } = request.routeOptions.config;
      if (rate === 'none') return;
      const requests = await count('requests', request);
      say(reply, requests);
      if (requests.isExceeded) throw refusal(requests);
      if (rate === undefined) return;
      const failures = await count('failures', request, false);
      say(reply, failures);
      if (failures.remaining > 0) return;
      if (rate === 'auth') throw refusal(failures);
      request.held = waitOf(failures);
    });
    app.addHook('onSend', (request, reply, _payload, done) => {
      const { rate } = request.routeOptions.config;
      if (!(rate === 'auth' || rate === 'sign_in') || !hasFailed(request, reply)) return done();
      count('failures', request).then((failures) => {
        say(reply, failures);
        done();
      }, done);
    });
  },
  { name: 'rate-limits', dependencies: ['authentication'] },
);

/** The plugin keeps one store: each store stands in a scope of its own. */
async function countersOf(app: FastifyInstance, options: RateLimitOptions, store: object): Promise<Counters> {
  let made: Counters | undefined;
  await app.register(async (scope) => {
    await scope.register(rateLimit, { ...store, global: false, cache: REMEMBERED, timeWindow: MINUTE });
    made = {
      requests: scope.createRateLimit({
        keyGenerator: (request) => `${scopeOf(request)}:${whoIs(request)}`,
        max: (request) => options[`rate_limit_${scopeOf(request)}`],
      }) as Counter,
      failures: scope.createRateLimit({
        keyGenerator: (request) => `auth:${whoIs(request)}`,
        max: options.rate_limit_auth,
      }) as Counter,
    };
  });
  if (!made) throw new Error('the rate limiter was not made');
  return made;
}

/** The directory is counted apart: whoever reads too much of it can still sign in, and has a limit of their own then. */
function scopeOf(request: FastifyRequest) {
  if (isKnown(request)) return request.user.key ? 'key' : 'user';
  const { access } = request.routeOptions.config;
  return access === 'directory' && request.refusal === null ? 'directory' : 'guest';
}

const whoIs = (request: FastifyRequest) =>
  isKnown(request) ? `user-${request.user.id}` : (networkOf(request.ip) ?? 'nowhere');

/** The type says there always is a user; on a route that needs none there is none. */
const isKnown = ({ user, refusal }: FastifyRequest) => (user as unknown) !== null && refusal === null;

/** Refused, and neither for coming too often nor halfway in. */
const hasFailed = ({ problem_code }: FastifyRequest, { statusCode }: FastifyReply) =>
  statusCode >= 400 && statusCode < 500 && statusCode !== 429 && problem_code !== 'second_step_required';

const waitOf = ({ ttlInSeconds }: Count) => Math.max(1, ttlInSeconds);

function say(reply: FastifyReply, { max, remaining, ttlInSeconds }: Count): void {
  reply.header('ratelimit-limit', max);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', ttlInSeconds);
}

const refusal = (count: Count) => new AppError('too_many_requests', { retryAfter: waitOf(count) });
