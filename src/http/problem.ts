import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError, type ErrorCode, errorsWithAlternatives } from '../core/errors.ts';
import type { Locale } from '../core/words.ts';
import { chooseLocale, errorText, fieldText } from '../i18n/index.ts';
import { varyBy } from './accept.ts';
import type { Failure } from './reporting.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whoever knows its path may see what is behind it, so that no error repeats it. */
    secret_path?: true;
  }
}

/**
 * RFC 9457, with a stable `code`, the wrong fields of the request, what can be had instead of a slot or of a room, the visit
 * by which it is the patient's already, how many there are of what forbids it, which patients it may be, which record it
 * has become, and with what a sign-in goes on. What a program decides by stands first: an assistant is shown the beginning of a long answer only.
 */
interface Problem {
  code: ErrorCode;
  detail: string;
  errors?: { path: string; message: string; code: string; suggestion?: string }[];
  alternatives?: readonly object[];
  count?: number;
  appointment?: object;
  room?: number | null;
  candidates?: readonly object[];
  merged_into?: number;
  ticket?: string;
  next?: string;
  expires_in?: number;
  title: string;
  status: number;
  type: string;
  instance: string;
  request_id?: string;
}

/** Where a problem was met. */
interface Occasion {
  /** The path that was asked for, without its query, which may hold names. */
  instance: string;
  /** What the address of this server begins with; empty where nobody could tell. */
  site: string;
  /** As `X-Request-Id` names it; not of a request that could not be read. */
  request_id?: string;
}

/** Where what a code means is explained, below the site. */
export const PROBLEM_PAGES = '/api/problems';

export const PROBLEM_TYPE = 'application/problem+json';

/** Fastify's own refusals, by status where a code has no better match. */
const fastifyCodes: Partial<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
};
const statusCodes: Partial<Record<number, ErrorCode>> = {
  400: 'malformed_request',
  404: 'route_not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  431: 'headers_too_large',
};

declare module 'fastify' {
  interface FastifyRequest {
    /** It was refused since what it named by its number is not the caller's. */
    not_theirs: boolean;
  }
}

interface ProblemOptions {
  default_locale: Locale;
  /** What a failed statement means to a client. */
  asAppError: (error: unknown) => AppError | undefined;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
  /** Told of what is our fault. */
  report?: ((failure: Failure) => void) | undefined;
}

/** What the log says of refusals that have one reason for many requests. */
const trouble: Partial<Record<ErrorCode, string>> = {
  overloaded: 'more comes in than can be answered; what would wait too long is answered with 503',
  database_unavailable: 'the database is away; requests are answered with 503',
  provider_unavailable: 'a provider is away; requests that need it are answered with 503',
};
const SAY_TROUBLE_EVERY = 10_000;

export function problem(error: AppError, locale: Locale, { instance, site, request_id }: Occasion): Problem {
  const { title, detail } = errorText(locale, error.code);
  return {
    code: error.code,
    detail,
    ...(error.fields.length > 0 && {
      errors: error.fields.map(({ path, code, params, suggestion }) => ({
        path,
        message: fieldText(locale, code, params, suggestion),
        code,
        ...(suggestion !== undefined && { suggestion }),
      })),
    }),
    ...(errorsWithAlternatives.includes(error.code) && { alternatives: error.alternatives ?? [] }),
    ...(error.count !== undefined && { count: error.count }),
    ...(error.appointment && { appointment: error.appointment }),
    ...(error.room !== undefined && { room: error.room }),
    ...(error.candidates && { candidates: error.candidates }),
    ...(error.merged_into !== undefined && { merged_into: error.merged_into }),
    ...error.second_step,
    title,
    status: error.status,
    type: `${site}${PROBLEM_PAGES}/${error.code}/`,
    instance,
    ...(request_id !== undefined && { request_id }),
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem that it was answered with. */
    problem_code: ErrorCode | null;
  }
}

/** Renders whatever was thrown, in the reader's language, in one place. */
export const problems = fastifyPlugin(
  async (app: FastifyInstance, options: ProblemOptions) => {
    app.decorateRequest('problem_code', null);
    app.decorateRequest('not_theirs', false);
    app.setErrorHandler((error, request, reply) => send(toAppError(error, options), error, request, reply));
    app.setNotFoundHandler((request, reply) =>
      send(new AppError('route_not_found'), undefined, request, reply),
    );

    const secrets = new Set<string>();
    app.addHook('onRoute', ({ url, config }) => {
      if (config?.secret_path) secrets.add(beforeSecret(url));
    });
    /** Where the path itself is a secret, an error names what stands before it: also where no route takes it. */
    function instanceOf({ url, is404, routeOptions }: FastifyRequest): string {
      const { config, url: route = '' } = routeOptions;
      if (config?.secret_path) return beforeSecret(route);
      const path = pathOf(url);
      return (is404 && [...secrets].find((before) => path.startsWith(before))) || path;
    }

    const said = new Map<ErrorCode, number>();
    /** One line for an outage of seconds, not one for each of its requests. */
    function sayTrouble(request: FastifyRequest, { code, cause }: AppError): void {
      const now = performance.now();
      if (now - (said.get(code) ?? Number.NEGATIVE_INFINITY) < SAY_TROUBLE_EVERY) return;
      said.set(code, now);
      request.log.warn(cause === undefined ? {} : { error: options.loggable(cause) }, trouble[code]);
    }

    function send(known: AppError, thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
      request.problem_code = known.code;
      if (known.status === 500) {
        request.log.error({ error: options.loggable(thrown) }, 'request failed');
        const { url: where = 'none' } = request.routeOptions;
        options.report?.({ kind: 'request', where, method: request.method, status: 500, error: thrown });
      }
      if (trouble[known.code]) sayTrouble(request, known);
      const locale = chooseLocale(request.headers['accept-language'], options.default_locale);
      if (known.status === 401) reply.header('www-authenticate', challenge(known.code));
      if (known.not_theirs) request.not_theirs = true;
      if (known.retryAfter !== undefined) reply.header('retry-after', known.retryAfter);
      return varyBy(reply, 'accept-language')
        .code(known.status)
        .header('content-language', locale)
        .type(PROBLEM_TYPE)
        .serializer(JSON.stringify)
        .send(
          problem(known, locale, {
            instance: instanceOf(request),
            // What the router cannot read has met no hook: of such a request nobody has asked where it was sent.
            site: request.site ?? '',
            request_id: String(request.id),
          }),
        );
    }
  },
  { name: 'problems' },
);

const beforeSecret = (route: string) => route.replace(/:.*$/, '');

/** Two slashes at its start would make a reference to another host of it. */
const pathOf = (url: string) => (url.split('?', 1)[0] ?? '/').replace(/^\/{2,}/, '/');

const tokenErrors: readonly ErrorCode[] = ['invalid_token', 'token_expired', 'session_ended'];

/** RFC 6750, section 3: a request without an access token is told no error of one. */
function challenge(code: ErrorCode): string {
  return tokenErrors.includes(code)
    ? 'Bearer realm="clinic", error="invalid_token"'
    : 'Bearer realm="clinic"';
}

function toAppError(error: unknown, { asAppError }: ProblemOptions): AppError {
  if (error instanceof AppError) return error;
  const fromDatabase = asAppError(error);
  if (fromDatabase) return fromDatabase;
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>;
  const known =
    fastifyCodes[code] ??
    statusCodes[statusCode] ??
    (statusCode < 500 ? 'malformed_request' : 'internal_error');
  return new AppError(known, { cause: error });
}
