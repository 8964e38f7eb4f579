import { setTimeout as sleep } from 'node:timers/promises';
import type { AppConfig } from '../app.ts';
import { ConfigError } from '../config.ts';
import { type Clock, createClock } from '../core/clock.ts';
import { readDataKeys } from '../core/data-keys.ts';
import type { Log } from '../core/log.ts';
import { readSigningKeys } from '../core/signing-keys.ts';
import { tellTraces } from '../core/tracing.ts';
import { version } from '../core/version.ts';
import { type Db, openDatabase } from '../db/client.ts';
import { createClockWatch } from '../db/clock-watch.ts';
import { isPassing, loggable } from '../db/errors.ts';
import { compareZone } from '../db/zone.ts';
import { createLog } from '../http/hooks/logging.ts';
import type { Failure, Reporter } from '../http/reporting.ts';
import { exitWith, localSecret, openOwn, readConfig } from './process.ts';
import type { OpenTracing } from './tracing.ts';

/** How a process that stays begins and ends: the API's and that of background jobs. */

const RETRY_DATABASE = 2_000;
/** Shorter than the grace of docker-compose.yml (30 s) and deploy/kubernetes/base (40 s), after which a process is killed. */
const SHUTDOWN_LIMIT = 25_000;
/** A second signal within so many milliseconds is the same Ctrl-C, heard from the terminal and from npm. */
const SAME_SIGNAL = 1_000;

export interface Started {
  /** `database_url` leads to the database itself, past any pooler. */
  config: AppConfig;
  db: Db;
  clock: Clock;
  log: Log;
  /** Told of errors that are ours; undefined where nobody wants them. */
  report: ((failure: Failure) => void) | undefined;
  /** Whether this process's clock is too far from the database's to judge by. */
  isClockFarOff: () => boolean;
  /** Whether a signal has asked the process to stop. */
  isStopping: () => boolean;
  /** What is to be finished before the database is let go; all of it at once. */
  onStop: (finish: () => Promise<unknown>) => void;
  /**
   * Does `work`, which needs the database, then compares time zone and clock with it.
   * @returns whether it is done; not where the database is away, or is not migrated
   * @throws ConfigError where the database does not know the clinic's time zone
   */
  attempt: (work: () => Promise<void>, onAway: (error: unknown) => void) => Promise<boolean>;
  /** As `attempt`, again and again until it is done or the process stops. */
  insist: (work: () => Promise<void>, onAway: (error: unknown) => void) => Promise<boolean>;
  /** Lets the embedded database go, and ends the process with one line that says what to do. */
  giveUp: (line: string) => Promise<never>;
}

/** Reads the settings and opens the database; from here on a signal ends the process in good order. */
export async function start(): Promise<Started> {
  const settings = readConfig();
  // A broken file of keys is said at once, not when a secret is first needed.
  if (settings.data_keys.file && !settings.data_keys.make) readDataKeys(settings.data_keys.file);
  if (settings.jwt_private_keys) readSigningKeys(settings.jwt_private_keys);
  const log = createLog(settings.log_level);
  const embedded = settings.database_url ? undefined : await openOwn(settings);
  const url = settings.database_url ?? embedded?.url ?? '';
  const config = {
    ...settings,
    database_url: settings.database_direct_url ?? url,
    jwt_secret: settings.jwt_secret ?? localSecret(settings.data_dir),
  };
  const clock = createClock(config.timezone);
  const traces = await openTraces(config, log);
  tellTraces(traces);
  const db = openDatabase({
    url,
    pool_max: config.database_pool_max,
    prepared: config.database_prepared,
    onError: (error) => log.warn({ error: loggable(error) }, 'an idle database connection broke'),
  });
  const watch = createClockWatch({ db, clock });
  const reporter = await openReporter(config, log);
  const unfinished: (() => Promise<unknown>)[] = [];

  async function stop(): Promise<never> {
    watch.stop();
    await Promise.all(unfinished.map((finish) => finish()));
    await Promise.all([reporter?.settled(), traces?.close()]);
    await db.$client.end();
    await embedded?.stop();
    process.exit(0);
  }
  const isStopping = onSignal(stop, log);

  const attempt: Started['attempt'] = async (work, onAway) => {
    try {
      await work();
      await checkZone(db, clock, log);
      await watch.start(log);
      return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      onAway(error);
      return false;
    }
  };

  return {
    config,
    db,
    clock,
    log,
    report: reporter?.report,
    isClockFarOff: watch.isFarOff,
    isStopping,
    onStop: (finish) => void unfinished.push(finish),
    attempt,
    async insist(work, onAway) {
      while (!isStopping()) {
        if (await attempt(work, onAway)) return true;
        await sleep(RETRY_DATABASE);
      }
      return false;
    },
    async giveUp(line) {
      await embedded?.stop();
      return exitWith(line);
    },
  };
}

/**
 * Finishes what is under way, then ends the process. A later signal ends it at once.
 * @returns whether a signal has come
 */
function onSignal(stop: () => Promise<never>, log: Log): () => boolean {
  let since: number | undefined;
  const hear = () => {
    if (since !== undefined) {
      if (performance.now() - since > SAME_SIGNAL) process.exit(1);
      return;
    }
    since = performance.now();
    setTimeout(() => exitWith('Shutting down took too long; the rest was cut off.'), SHUTDOWN_LIMIT).unref();
    stop().catch((error) => {
      log.error({ error: loggable(error) }, 'shutting down failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
  return () => since !== undefined;
}

/** Nothing of it is loaded where no DSN is set. */
async function openReporter(
  { sentry_dsn: dsn, production }: AppConfig,
  log: Log,
): Promise<Reporter | undefined> {
  if (dsn === undefined) return undefined;
  const { createReporter } = await import('../http/reporting.ts');
  const onRefused = (code: string) => log.warn({ code }, 'errors cannot be reported to SENTRY_DSN');
  return createReporter({
    dsn,
    release: version,
    environment: production ? 'production' : 'development',
    onRefused,
  });
}

/** Nothing of it is loaded where no collector is named. */
async function openTraces({ tracing }: AppConfig, log: Log): Promise<OpenTracing | undefined> {
  if (tracing === undefined) return undefined;
  const { openTracing } = await import('./tracing.ts');
  return openTracing({
    ...tracing,
    version,
    onChange: (isTaken, code) =>
      isTaken
        ? log.info({}, 'the collector takes traces again')
        : log.warn({ code }, 'the collector takes no traces; those of meanwhile are lost'),
  });
}

/** The database must know the clinic's time zone; where it knows other rules of it than Node, that is said. */
async function checkZone(db: Db, clock: Clock, log: Log): Promise<void> {
  const difference = await compareZone(db, clock);
  if (difference === 'unknown')
    throw new ConfigError(
      `CLINIC_TIMEZONE: the database knows no time zone "${clock.timezone}"; update it, or name another.`,
    );
  if (difference)
    log.warn(
      { timezone: clock.timezone, ...difference },
      'Node and the database know different rules of the time zone: the clinic goes by those of Node; update whichever is older',
    );
}
