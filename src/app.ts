import type { Server } from 'node:http';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Config } from './config.ts';
import { type Clock, systemNow } from './core/clock.ts';
import { openSigningKeys } from './core/signing-keys.ts';
import { areTracesTold } from './core/tracing.ts';
import { version } from './core/version.ts';
import type { Db } from './db/client.ts';
import { within } from './db/deadline.ts';
import { asAppError, loggable } from './db/errors.ts';
import { REQUEST } from './db/limits.ts';
import { type MayLag, openReplica } from './db/links/replica.ts';
import { openReadiness } from './db/readiness.ts';
import { docs } from './http/docs/docs.ts';
import { landing } from './http/docs/landing.ts';
import { problemPages } from './http/docs/problems.ts';
import { health } from './http/health.ts';
import { acceptable } from './http/hooks/acceptable.ts';
import { accessControl } from './http/hooks/access.ts';
import { apiKeys } from './http/hooks/api-keys.ts';
import { auditing } from './http/hooks/audit.ts';
import { authentication, signInRequired } from './http/hooks/authentication.ts';
import { closing } from './http/hooks/closing.ts';
import { etags } from './http/hooks/etag.ts';
import { strictJson } from './http/hooks/json.ts';
import { keeping } from './http/hooks/keeping.ts';
import { lingering } from './http/hooks/lingering.ts';
import { pageLinks } from './http/hooks/links.ts';
import { type LogStream, loggerOptions, logging } from './http/hooks/logging.ts';
import { knownMethodsOnly, methods } from './http/hooks/methods.ts';
import { overload } from './http/hooks/overload.ts';
import { rateLimits } from './http/hooks/rate-limit.ts';
import { records } from './http/hooks/records.ts';
import { refusals } from './http/hooks/refusals.ts';
import { security } from './http/hooks/security.ts';
import { openSharedCounter, type SharedCounter } from './http/hooks/shared-counter.ts';
import { showing } from './http/hooks/showing.ts';
import { originForm, site } from './http/hooks/site.ts';
import type { Signing } from './http/hooks/token-keys.ts';
import { resumeTracing, tracing } from './http/hooks/tracing.ts';
import { unknownFields } from './http/hooks/unknown-fields.ts';
import { ofProcess } from './http/metrics/process.ts';
import { openapi } from './http/openapi/openapi.ts';
import { problems } from './http/problem.ts';
import type { Failure } from './http/reporting.ts';
import { requestId } from './http/request-id.ts';
import { refuseUnreadable } from './http/unreadable.ts';
import { wellKnown } from './http/well-known.ts';
import { serializerCompiler, validatorCompiler } from './http/zod.ts';
import { createModules, type Modules } from './modules.ts';
import { pages } from './pages/pages.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** When the whole of it had come, by performance.now(). */
    read_at: number;
  }
}

/** The settings of an application whose database and secret are known. */
export type AppConfig = Config & {
  /** The database itself: a pooler passes no announcements on. */
  database_url: string;
  jwt_secret: string;
};

interface AppDependencies {
  db: Db;
  clock: Clock;
  config: AppConfig;
  /** Whether this process's clock is too far off to judge by; never by default. */
  isClockFarOff?: () => boolean;
  /** Where log lines go; standard output by default. */
  log_stream?: LogStream;
  /** Told of errors that are ours. */
  report?: ((failure: Failure) => void) | undefined;
}

const REQUEST_TIMEOUT = 30_000;

/** The whole application, ready to listen or to be injected into. It reads no environment. */
export async function buildApp({
  db,
  clock,
  config,
  isClockFarOff,
  log_stream,
  report,
}: AppDependencies): Promise<FastifyInstance> {
  const metering = config.metrics_port !== undefined || config.metrics_token !== undefined;
  const app: FastifyInstance = Fastify({
    logger: loggerOptions(config.log_level, log_stream),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    requestIdHeader: false,
    trustProxy: config.trust_proxy.length > 0 ? [...config.trust_proxy] : false,
    bodyLimit: config.body_limit,
    requestTimeout: REQUEST_TIMEOUT,
    connectionTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: 65_000,
    // Whoever already has a connection is still answered while the server closes.
    return503OnClosing: false,
    rewriteUrl: originForm,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
    // An address the router cannot read meets no hook and no error handler by itself.
    frameworkErrors: (error, request, reply) =>
      app.errorHandler(
        error,
        request,
        reply.header('x-request-id', request.id).header('cache-control', 'no-store'),
      ),
    clientErrorHandler: refuseUnreadable(config.default_locale, config.site_url ?? ''),
    // Named here and not by setValidatorCompiler, before which Fastify would load Ajv and its own serializer: 20 ms and
    // 2 MB. Its types know no others.
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never,
        buildSerializer: () => serializerCompiler as never,
      },
    },
  });

  await app.register(problems, { default_locale: config.default_locale, asAppError, loggable, report });
  await app.register(logging);
  if (areTracesTold()) await app.register(tracing);
  await app.register(methods);
  await app.register(security, config);
  const pool_max = db.$client.options.max;
  app.decorateRequest('read_at', 0);
  app.addHook('preValidation', (request, _reply, done) => {
    request.read_at = performance.now();
    done();
  });
  await app.register(records, { ...config, pool_max });
  await app.register(overload, { ...config, pool_max });
  const longest = config.max_wait_seconds * 1_000 + REQUEST;
  app.addHook('preValidation', (request, _reply, done) => within(request.read_at + longest, done));
  if (areTracesTold()) await app.register(resumeTracing);
  await app.register(site, config);
  await app.register(strictJson);
  await app.register(lingering);
  await app.register(closing);
  await app.register(accessControl);
  await app.register(unknownFields);
  await app.register(openapi, { version, ...config });
  await app.register(pageLinks);
  await app.register(etags);
  await app.register(showing);
  await app.register(keeping);

  const signing = signingOf(config, () => modules.sessions.signingSince());
  await app.register(authentication, {
    secrets: [config.jwt_secret, ...config.jwt_previous_secrets],
    access_token_minutes: config.access_token_minutes,
    signing,
  });
  const mayLag = replicaOf(app, db, config);
  const modules = createModules({
    db,
    mayLag,
    clock,
    log: app.log,
    config,
    signAccess: app.signAccess,
    readAccess: app.readAccess,
    about: {
      version,
      setLogLevel: (level) => {
        app.log.level = level;
      },
    },
  });
  if (metering) await serveMetrics(app, modules, db, config);
  await app.register(apiKeys, { keys: modules.apiKeys });
  // Between the reading of a token and the refusal of a bad one: guesses at tokens count too.
  await app.register(rateLimits, { ...config, shared: await sharedCounter(app, config) });
  await app.register(signInRequired, { isEnded: modules.sessions.isEnded });
  await app.register(knownMethodsOnly);
  await app.register(acceptable);
  const { recordRead, recordShown } = modules.audit;
  await app.register(auditing, {
    note: (caller, { as_one, ...read }) => (as_one ? recordShown(caller, read) : recordRead(caller, read)),
  });
  await app.register(refusals, {
    note: ({ caller, route, network }) =>
      modules.audit.watch(db, { actor: caller, action: 'access.refuse', network, details: { route } }, route),
    loggable,
  });
  app.addHook('onReady', async () => {
    modules.follow(config.database_url);
    // While the database is away the first token of the old kind asks again.
    if (signing) void signing.since().catch(() => {});
  });
  app.addHook('onClose', () => modules.unfollow());

  await app.register(docs);
  if (signing) await app.register(wellKnown, { signing });
  await app.register(problemPages, config);
  await app.register(landing, config);
  await app.register(pages, config);
  // By a connection of its own, the way that requests take: where all others are busy it is as ready as ever. Not ready
  // before it is migrated.
  const { connectionString: url = config.database_url } = db.$client.options;
  const readiness = openReadiness(db, url, isClockFarOff);
  app.addHook('onClose', () => readiness.close());
  await app.register(health, { isReady: readiness.isReady });
  await app.register((api) => modules.register(api), { prefix: '/api' });
  await app.register(modules.registerPublic);
  return app;
}

/** How access tokens are signed that other services verify, where the clinic has keys for that. */
function signingOf(config: AppConfig, since: () => Promise<number>): Signing | undefined {
  const { jwt_private_keys: file, site_url: issuer, token_audience, access_token_minutes } = config;
  if (file === undefined || issuer === undefined) return undefined;
  const keys = openSigningKeys(file, access_token_minutes * 60_000, systemNow);
  const asked = () =>
    since().catch((error: unknown) => {
      throw asAppError(error) ?? error;
    });
  return { keys, issuer, audience: token_audience ?? issuer, since: asked };
}

/** Counts, and shows the counts where the settings say. Nothing of it is loaded otherwise. */
async function serveMetrics(
  app: FastifyInstance,
  { system, streams }: Pick<Modules, 'system' | 'streams'>,
  db: Db,
  { metrics_port: port, metrics_token: token, host }: AppConfig,
): Promise<void> {
  const [{ openMetrics }, { counting, listenForMetrics, metricsRoute }] = await Promise.all([
    import('./http/metrics/registry.ts'),
    import('./http/metrics/metrics.ts'),
  ]);
  const metrics = await openMetrics({
    read: async () => [
      ...ofProcess(db, app.waitingTurns(), streams.open.all.size),
      ...(await system.readings()),
    ],
    streamed: streams.sent,
  });
  await app.register(counting, { metrics });
  if (token !== undefined) await metricsRoute(app, { metrics, token });
  if (port === undefined) return;
  const onRefused = (code: string) =>
    app.log.warn({ port, code }, 'metrics cannot be served at METRICS_PORT');
  let server: Server | undefined;
  app.addHook('onListen', (done) => {
    server = listenForMetrics(metrics, { host, port, onRefused });
    done();
  });
  app.addHook('onClose', async () => void server?.close());
}

/** What may lag is read from a replica of the database, where one is named and while it keeps up. */
function replicaOf(
  app: FastifyInstance,
  primary: Db,
  { database_replica_url: url, database_pool_max: pool_max, database_prepared: prepared }: AppConfig,
): MayLag | undefined {
  if (url === undefined) return undefined;
  const replica = openReplica({
    url,
    pool_max,
    prepared,
    primary,
    onChange: (usable) =>
      usable
        ? app.log.info('searches, statistics and exports are read from the replica')
        : app.log.warn('the replica is away or far behind; everything is read from the primary'),
  });
  app.addHook('onClose', () => replica.close());
  return replica.mayLag;
}

/** What replicas count together, where a Redis is named; the API does not wait for it. */
async function sharedCounter(
  app: FastifyInstance,
  { rate_limit, redis_url }: AppConfig,
): Promise<SharedCounter | undefined> {
  if (!rate_limit || redis_url === undefined) return undefined;
  const counter = await openSharedCounter({
    url: redis_url,
    onChange: (there, code) =>
      there
        ? app.log.info('Redis is back; replicas count requests together again')
        : app.log.warn({ code }, 'Redis is away; each process counts requests for itself'),
  });
  app.addHook('onClose', () => counter.close());
  return counter;
}
