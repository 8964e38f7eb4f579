import { createClock } from '../core/clock.ts';
import { openDatabase } from '../db/client.ts';
import { createClockWatch } from '../db/clock-watch.ts';
import { openEmbedded } from '../db/embedded/embedded.ts';
import { loggable } from '../db/errors.ts';
import { createLog } from '../http/hooks/logging.ts';
import { startJobs } from './jobs.ts';
import { exitWith, localSecret, readConfig } from './process.ts';

/** The process of background jobs: the API's dependencies, and no HTTP. Beside it the API runs with WORKER=external. */

const SHUTDOWN_LIMIT = 25_000;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.log_level);
  const embedded = config.database_url ? undefined : await openEmbedded({ dir: config.data_dir });
  const database_url = config.database_url ?? embedded?.url ?? '';
  const db = openDatabase({
    url: database_url,
    pool_max: config.database_pool_max,
    prepared: config.database_prepared,
    onError: (error) => log.warn({ error: loggable(error) }, 'an idle database connection broke'),
  });
  const jwt_secret = config.jwt_secret ?? localSecret(config.data_dir);
  const clock = createClock(config.timezone);
  const jobs = startJobs({
    db,
    clock,
    log,
    config: { ...config, database_url: config.database_direct_url ?? database_url, jwt_secret },
  });
  const watch = createClockWatch({ db, clock });
  void watch.start(log);
  process.stdout.write('Background jobs run.\n');

  let since: number | undefined;
  const onSignal = () => {
    if (since !== undefined) {
      // Ctrl-C is heard twice, from the terminal and from npm; a later one ends the process at once.
      if (performance.now() - since > 1_000) process.exit(1);
      return;
    }
    since = performance.now();
    setTimeout(() => exitWith('Shutting down took too long; the rest was cut off.'), SHUTDOWN_LIMIT).unref();
    const close = async () => {
      watch.stop();
      await jobs.stop();
      await db.$client.end();
      await embedded?.stop();
      process.exit(0);
    };
    close().catch((error) => {
      log.error({ error: loggable(error) }, 'shutting down failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

await main().catch((error) => exitWith(error instanceof Error ? error.message : 'Cannot start.'));
