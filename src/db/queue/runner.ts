import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, LogLevel, Runner } from 'graphile-worker';
import type pg from 'pg';
import type { Log } from '../../core/log.ts';
import { caused } from '../../core/tracing.ts';
import { loggable } from '../errors.ts';
import { guardOrphans } from './orphans.ts';
import { endAtRest, queuePool } from './pool.ts';

/** What a job does with its payload. Throwing lets the queue repeat it, later each time. */
export type Task = (payload: unknown) => Promise<void>;

/** A task that is repeated: `match` is `minute hour day month weekday`, in UTC. */
interface Repeated {
  task: string;
  match: string;
}

interface QueueOptions {
  url: string;
  /** How many jobs run at a time in this process. */
  concurrency: number;
  tasks: Record<string, Task>;
  repeated: readonly Repeated[];
  log: Log;
  /** Rejects while the database is away or not migrated. */
  ready: () => Promise<unknown>;
  /** Told of a job that was tried as often as it may be. */
  onDead?: ((task: string, error: unknown) => void) | undefined;
}

export interface RunningQueue {
  /** Takes no new job and resolves when those under way are done. */
  stop: () => Promise<void>;
}

const RETRY = 2_000;
/** Jobs that triggers queue come without a notification (drizzle/0004_events.sql): looking every POLL finds them. */
const POLL = 1_000;

/**
 * Runs background jobs until it is stopped. While the database is away, at the start or later, it tries again. A job runs at
 * least once, in any of the processes that run jobs.
 */
export function runQueue({
  url,
  concurrency,
  tasks,
  repeated,
  log,
  ready,
  onDead,
}: QueueOptions): RunningQueue {
  const orphans = guardOrphans({
    url,
    onFreed: (holders) => log.warn({ holders }, 'jobs of workers that are gone are taken over'),
  });
  const stopped = Promise.withResolvers<void>();
  let stopping = false;
  let saidAway = false;

  async function start(pool: pg.Pool, holders: Set<string>): Promise<Runner> {
    // Loaded only here: it takes 60 ms, which a process without jobs does not spend.
    const { Logger, parseCronItems, run } = await import('graphile-worker');
    await ready();
    const begin = async (holder: string) => {
      holders.add(holder);
      await orphans.add(holder);
    };
    return run({
      pgPool: pool,
      concurrency,
      pollInterval: POLL,
      taskList: Object.fromEntries(
        Object.entries(tasks).map(([name, task]) => [name, quietly(traced(name, task))]),
      ),
      parsedCronItems: parseCronItems(repeated.map((item) => ({ ...item, options: { backfillPeriod: 0 } }))),
      noHandleSignals: true,
      logger: loggerFor(Logger, log),
      preset: {
        plugins: [
          {
            name: 'living-workers',
            version: '1.0.0',
            worker: { hooks: { startWorker: (_, { worker }) => begin(worker.workerPool.id) } },
          },
        ],
      },
    });
  }

  /**
   * Runs one runner until it is stopped or loses its database. Then the runner is replaced: nobody knows which jobs the
   * database still holds for it, so all of them become free for any worker.
   */
  async function runUntilBroken(): Promise<void> {
    const broken = Promise.withResolvers<void>();
    // The jobs have a few connections of their own, so that requests and jobs never wait for each other's.
    const pool = queuePool({
      url,
      max: concurrency + 1,
      onBroken(error) {
        log.debug({ error: loggable(error) }, 'a connection of the job queue broke');
        broken.resolve();
      },
    });
    const holders = new Set<string>();
    try {
      const runner = await start(pool, holders);
      runner.events.on('job:failed', ({ job, error }) => onDead?.(job.task_identifier, error));
      saidAway = false;
      log.info({ concurrency }, 'background jobs run');
      await Promise.race([stopped.promise, broken.promise, runner.promise]);
      await runner.stop().catch(() => {});
      await runner.promise.catch(() => {});
    } finally {
      const ended = endAtRest(pool).catch(() => {});
      // A broken connection may take its time.
      if (stopping) await ended;
      for (const holder of holders) await orphans.remove(holder).catch(() => {});
    }
  }

  async function supervise(): Promise<void> {
    while (!stopping) {
      try {
        await runUntilBroken();
      } catch (error) {
        // One line for an outage, not one for each attempt.
        if (!saidAway) log.warn({ error: loggable(error) }, 'background jobs cannot run now; trying again');
        saidAway = true;
      }
      // While the database is away a process may have nothing else to do. This waiting keeps it alive.
      if (!stopping) await Promise.race([sleep(RETRY), stopped.promise]);
    }
  }
  const supervised = supervise();

  return {
    async stop() {
      stopping = true;
      stopped.resolve();
      await supervised;
      await orphans.close();
    },
  };
}

/** A job goes on with the trace that caused it; one of before, or of a timer, has its own. */
function traced(name: string, task: Task): Task {
  return (payload) => {
    const cause = payload && typeof payload === 'object' && 'trace' in payload ? payload.trace : undefined;
    const from = typeof cause === 'string' ? cause : undefined;
    return caused(`job ${name}`, { kind: 'consumer' }, from, () => task(payload));
  };
}

/** The queue stores the text of an error, which may hold people's data. So only what may be logged leaves a task. */
function quietly(task: Task): Task {
  return async (payload) => {
    try {
      await task(payload);
    } catch (error) {
      const { stack, ...reduced } = loggable(error);
      throw new Error(JSON.stringify(reduced));
    }
  };
}

const LEVELS: Record<LogLevel, keyof Log> = { error: 'warn', warning: 'warn', info: 'debug', debug: 'debug' };

/** Logs the queue's own messages without the fields beside them, which hold payloads and errors as they were thrown. */
const loggerFor = (Made: typeof Logger, log: Log) =>
  new Made((scope) => (level, message) => {
    const { label, taskIdentifier: task, jobId: job } = scope;
    log[LEVELS[level]]({ label, task, job }, message.split('\n', 1)[0] ?? '');
  });
