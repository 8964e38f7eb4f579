import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import { type Config, ConfigError } from '../config.ts';
import { type Clock, createClock } from '../core/clock.ts';
import { demo } from '../core/demo.ts';
import { type Db, openDatabase } from '../db/client.ts';
import { createClockWatch } from '../db/clock-watch.ts';
import { type Embedded, openEmbedded } from '../db/embedded/embedded.ts';
import { asAppError, loggable } from '../db/errors.ts';
import { migrateDatabase, oneAtATime } from '../db/migrate.ts';
import { compareZone } from '../db/zone.ts';
import { demoAccounts, loadDemo } from './demo/demo-data.ts';
import { AdminError, createFirstAdmin } from './first-admin.ts';
import { type Jobs, startJobs } from './jobs.ts';
import { exitWith, localSecret, readConfig } from './process.ts';

/** The API process: settings → database → app → listen → close gracefully. */

const RETRY_DATABASE = 2_000;
const SHUTDOWN_LIMIT = 25_000;
/** Files of this process that are neither clients' connections nor the pool's: jobs, log, the database of its own. */
const OTHER_FILES = 64;

async function main(): Promise<void> {
  const config = readConfig();
  const embedded = config.database_url ? undefined : await openEmbedded({ dir: config.data_dir });
  const database_url = config.database_url ?? embedded?.url ?? '';
  const direct_url = config.database_direct_url ?? database_url;
  const clock = createClock(config.timezone);
  const db = openDatabase({
    url: database_url,
    pool_max: config.database_pool_max,
    prepared: config.database_prepared,
    onError: (error) => app.log.warn({ error: loggable(error) }, 'an idle database connection broke'),
  });
  const jwt_secret = config.jwt_secret ?? localSecret(config.data_dir);
  const settings = { ...config, database_url: direct_url, jwt_secret };
  const watch = createClockWatch({ db, clock });
  const app = await buildApp({ db, clock, config: settings, isClockFarOff: watch.isFarOff });
  app.addHook('onClose', async () => watch.stop());
  const closing = closeOnSignal(app, db, embedded);

  const prepared = await prepareDatabase(app, db, clock, config, direct_url).catch((error) =>
    giveUp(error, embedded),
  );
  if (prepared.ready) await watch.start(app.log);
  limitConnections(app, config);
  limitAddresses(app, config);
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await giveUp(error, embedded, config);
  }
  print(`Listening on ${baseUrl(app)} (Swagger UI: ${baseUrl(app)}/api/docs/)`);
  if (prepared.ready) await printDemo(db, config);
  while (!prepared.ready && !closing.started) {
    await sleep(RETRY_DATABASE);
    Object.assign(
      prepared,
      await prepareDatabase(app, db, clock, config, direct_url).catch((error) => giveUp(error, embedded)),
    );
    if (prepared.ready) {
      await watch.start(app.log);
      print('The database is there.');
      await printDemo(db, config);
    }
  }
  if (config.worker === 'internal' && !closing.started)
    closing.jobs = startJobs({ db, clock, log: app.log, config: settings });
}

/** Closes at once what connects beyond the files that may be open: else none were left to reach the database with. */
function limitConnections(app: FastifyInstance, { database_pool_max }: Config): void {
  // Its report would look up the names of everything connected otherwise.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = report.getReport() as { userLimits?: { open_files: { soft: unknown } } };
  const files = Number(userLimits?.open_files.soft);
  // Windows has no such limit, and some systems say unlimited.
  if (!Number.isFinite(files)) return;
  app.server.maxConnections = Math.max(1, files - database_pool_max - OTHER_FILES);
  app.server.once('drop', () =>
    app.log.warn({ files }, 'more connect than files may be open (ulimit -n); those beyond are closed'),
  );
}

/**
 * Closes at once what one address connects beyond its share: idle connections cost nobody but the server anything. Never
 * more than half of all; behind a proxy (TRUST_PROXY), where everybody has its address, that one has to see to it.
 */
function limitAddresses(app: FastifyInstance, { connections_per_address, trust_proxy }: Config): void {
  if (trust_proxy.length > 0) return;
  const { server } = app;
  const most = Math.min(connections_per_address, Math.ceil((server.maxConnections || Infinity) / 2));
  const open = new Map<string, number>();
  let said = false;
  server.on('connection', (socket) => {
    const { remoteAddress: address } = socket;
    if (address === undefined) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > most) {
      if (!said)
        app.log.warn({ most }, 'one address connects more often than CONNECTIONS_PER_ADDRESS allows');
      said = true;
      return void socket.destroy();
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

interface Closing {
  started: boolean;
  /** The background jobs of this process, to be finished as well. */
  jobs?: Jobs;
}

interface Prepared {
  ready: boolean;
}

/** The clinic's time zone must be known to the database too; where the two know something else of it, that is said. */
async function checkZone(app: FastifyInstance, db: Db, clock: Clock): Promise<void> {
  const difference = await compareZone(db, clock);
  if (difference === 'unknown')
    throw new ConfigError(
      `CLINIC_TIMEZONE: the database knows no time zone "${clock.timezone}"; update it, or name another.`,
    );
  if (difference)
    app.log.warn(
      { timezone: clock.timezone, ...difference },
      'Node and the database know different rules of the time zone: the clinic goes by those of Node; update whichever is older',
    );
}

let saidAway = false;

/** Migrations, the first admin and demo data, as set. A database that is away is said once, and tried again. */
async function prepareDatabase(
  app: FastifyInstance,
  db: Db,
  clock: Clock,
  config: Config,
  database_url: string,
): Promise<Prepared> {
  try {
    if (config.migrate_on_start) await migrateDatabase(database_url);
    await db.$client.query('select 1 from users limit 1');
    await checkZone(app, db, clock);
    if (!config.first_admin && !config.demo_data) return { ready: true };
    // Replicas start together.
    await oneAtATime(database_url, async () => {
      await createFirstAdmin(db, config);
      if (config.demo_data) await loadDemo(db, config);
    });
    return { ready: true };
  } catch (error) {
    if (asAppError(error)?.code !== 'database_unavailable') throw error;
    const reason = loggable(error);
    if (!saidAway) {
      saidAway = true;
      const missing = reason.sqlstate === '42P01';
      print(
        missing
          ? 'The database has no tables yet: run npm run db:migrate. Until then requests are answered with 503.'
          : `The database cannot be reached (${reason.sqlstate ?? reason.code ?? 'no answer'}): check DATABASE_URL and ` +
              'that the server runs. Requests are answered with 503 until it is there.',
      );
    }
    app.log.debug({ error: reason }, 'the database is away');
    return { ready: false };
  }
}

/**
 * Finishes what is under way, then goes. A second signal within a second is the same Ctrl-C heard twice (terminal and
 * npm); a later one ends the process at once.
 */
function closeOnSignal(app: FastifyInstance, db: Db, embedded: Embedded | undefined): Closing {
  const state: Closing = { started: false };
  let since = 0;
  app.addHook('preClose', async () => {
    // close() waits for keep-alive connections: those whose request is answered are let go as soon as they idle.
    setInterval(() => app.server.closeIdleConnections(), 50).unref();
  });
  const close = async () => {
    await Promise.all([app.close(), state.jobs?.stop()]);
    await db.$client.end();
    await embedded?.stop();
    process.exit(0);
  };
  const onSignal = () => {
    if (state.started) {
      if (Date.now() - since > 1_000) process.exit(1);
      return;
    }
    state.started = true;
    since = Date.now();
    setTimeout(() => exitWith('Shutting down took too long; the rest was cut off.'), SHUTDOWN_LIMIT).unref();
    close().catch((error) => {
      app.log.error({ error: loggable(error) }, 'shutting down failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return state;
}

async function giveUp(error: unknown, embedded: Embedded | undefined, config?: Config): Promise<never> {
  await embedded?.stop();
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (config && code === 'EADDRINUSE')
    exitWith(
      `Port ${config.port} is in use: end the other process, or set PORT to a free one (PORT=0 takes any).`,
    );
  if (config && (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'))
    exitWith(`Cannot listen on ${config.host} port ${config.port} (${code}): check HOST and PORT.`);
  if (error instanceof ConfigError) exitWith(error.message);
  if (error instanceof AdminError)
    exitWith(`ADMIN_USERNAME and ADMIN_PASSWORD make no admin: ${error.message}`);
  exitWith(`Cannot start: ${JSON.stringify(loggable(error))}`);
}

function baseUrl(app: FastifyInstance): string {
  const address = app.server.address();
  if (typeof address !== 'object' || address === null) return '';
  const host = address.address === '0.0.0.0' || address.address === '::' ? 'localhost' : address.address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/** Those that one can still sign in with; checking passwords takes a moment, in which requests are answered already. */
async function printDemo(db: Db, config: Config): Promise<void> {
  const accounts = config.demo_data ? await demoAccounts(db, config) : [];
  if (accounts.length === 0) return;
  print(`Demo accounts, all with the password ${demo.password}:`);
  for (const { role, username } of accounts) print(`  ${role.padEnd(8)} ${username}`);
}

const print = (line: string) => process.stdout.write(`${line}\n`);

await main().catch((error) => exitWith(error instanceof Error ? error.message : 'Cannot start.'));
