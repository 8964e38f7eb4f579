import type { AppConfig } from '../app.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Db } from '../db/client.ts';
import { exclusive } from '../db/links/lock.ts';
import { lockKeys } from '../db/lock-keys.ts';
import { checkMigrated } from '../db/migrate.ts';
import { runQueue } from '../db/queue/runner.ts';
import type { Failure } from '../http/reporting.ts';
import { createModules } from '../modules.ts';

interface JobsDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  /** `database_url` leads to the database itself: the queue does not work through a pooler. */
  config: AppConfig;
  /** Told of errors that are ours. */
  report?: ((failure: Failure) => void) | undefined;
}

interface Jobs {
  /** Takes nothing new and resolves when what is under way is done. */
  stop: () => Promise<void>;
}

/**
 * Runs the background jobs of every module, the readers of the log, what is sent to webhooks, and the Telegram bot where one is set up, until it is
 * stopped: within the API process or in one of its own. Any number of processes may do so: they share the jobs, one of them
 * reads the log, and one has the bot. A database that is away is tried again.
 */
export function startJobs({ db, clock, log, config, report }: JobsDependencies): Jobs {
  const { dispatch, events, housekeeping, notifications } = createModules({ db, clock, log, config });
  const ready = () => checkMigrated(db);
  const queue = runQueue({
    url: config.database_url,
    concurrency: config.worker_concurrency,
    tasks: { ...notifications.jobs.tasks, ...housekeeping.tasks },
    repeated: [...notifications.jobs.repeated, ...housekeeping.repeated],
    log,
    // The queue would make its own tables in a database that nobody has migrated.
    ready,
    onDead: (where, error) => report?.({ kind: 'job', where, error }),
  });
  const reading = events.start({ url: config.database_url, ready });
  const sending = dispatch.start();
  const { bot } = notifications;
  const turn =
    bot &&
    exclusive({
      url: config.database_url,
      key: lockKeys.bot,
      name: 'clinic-bot',
      onHeld: () => bot.start(),
      onLost: () => void bot.stop(),
    });

  return {
    async stop() {
      await Promise.all([queue.stop(), reading.stop(), sending.stop(), bot?.stop()]);
      await turn?.close();
      notifications.close();
    },
  };
}
