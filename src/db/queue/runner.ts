import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, LogLevel, Runner } from 'graphile-worker';
import type pg from 'pg';
import type { Log } from '../../core/log.ts';
import { loggable } from '../errors.ts';
import { guardOrphans } from './orphans.ts';
import { endAtRest, queuePool } from './pool.ts';

/** What a job does with its payload. Throwing lets the queue repeat it, later each time. */
export type Task = (payload: unknown) => Promise<void>;

/** What is done again and again, by the clock of UTC: `minute hour day month weekday`. */
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
}

export interface RunningQueue {
  /** Takes no new job and resolves when those under way are done. */
  stop: () => Promise<void>;
}

const RETRY = 2_000;
/** What triggers queue comes without a notification (drizzle/0004_events.sql): it is found by looking. */
const POLL = 1_000;

/**
 * Runs background jobs until it is stopped. A database that is away, at start or later, is tried again; jobs run at
 * least once, on any of the processes that do this.
 */
export function runQueue({ url, concurrency, tasks, repeated, log, ready }: QueueOptions): RunningQueue {
  const orphans = guardOrphans({
    url,
    onFreed: (holders) => log.warn({ holders }, 'jobs of workers that are gone are taken over'),
  });
  const stopped = Promise.withResolvers<void>();
  let stopping = false;
  let saidAway = false;

  async function start(pool: pg.Pool, holders: Set<string>): Promise<Runner> {
    // Loaded when it is needed: 60 ms that a process without jobs does not spend.
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
      taskList: Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, quietly(task)])),
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
   * One runner, until it is stopped or its database breaks away. It is not mended then but replaced: which of its jobs
   * the database still holds for it nobody knows, and all of them become anybody's.
   */
  async function runUntilBroken(): Promise<void> {
    const broken = Promise.withResolvers<void>();
    // Its own few connections: requests and jobs never wait for each other's.
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
      // Waiting keeps the process alive, which may have nothing else to do while the database is away.
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

/** An error's own text may hold people's data, and the queue keeps it: only what may be logged leaves a task. */
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

/** What the queue itself says, without the fields beside it: those hold payloads and errors as they were thrown. */
const loggerFor = (Made: typeof Logger, log: Log) =>
  new Made((scope) => (level, message) => {
    const { label, taskIdentifier: task, jobId: job } = scope;
    log[LEVELS[level]]({ label, task, job }, message.split('\n', 1)[0] ?? '');
  });
