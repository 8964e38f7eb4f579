import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Db } from './client.ts';

/** Seconds by which a process's clock may differ from the database's before it is said, and before it is unfit. */
const SAID_FROM = 2;
const UNFIT_FROM = 30;
const EVERY = 60_000;
/** While the database has not been asked yet. */
const RETRY = 2_000;

interface ClockWatch {
  /** Compares now and every minute from here on; resolves after the first time, whatever came of it. */
  start(log: Log): Promise<void>;
  /** Whether this process's clock is too far off to judge by. */
  isFarOff(): boolean;
  stop(): void;
}

/**
 * Compares this process's clock with the database's. Times are judged by the process's own (core/clock), and what one
 * process writes another one reads: an hour between them and holds, codes and sessions end too early or too late. A
 * process that is far off is not ready, and goes on answering: it may be the database's clock that has jumped, which must
 * not stop every process.
 */
export function createClockWatch({
  db,
  clock,
  every = EVERY,
}: {
  db: Db;
  clock: Pick<Clock, 'now'>;
  /** Milliseconds between two looks. */
  every?: number;
}): ClockWatch {
  let state: 'agrees' | 'off' | 'far off' = 'agrees';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Seconds by which the database's clock is ahead of ours, at the least: the answer was under way for some time. */
  async function compare(): Promise<number> {
    const client = await db.$client.connect();
    try {
      const ours = clock.now().getTime();
      const asked = performance.now();
      const { rows } = await client.query<{ at: number }>(
        'select extract(epoch from clock_timestamp())::float8 * 1000 as at',
      );
      const half = (performance.now() - asked) / 2;
      const ahead = (rows[0]?.at ?? 0) - (ours + half);
      return (Math.sign(ahead) * Math.max(0, Math.abs(ahead) - half)) / 1_000;
    } finally {
      client.release();
    }
  }

  function note(ahead: number, log: Log): void {
    const distance = Math.abs(ahead);
    const next = distance > UNFIT_FROM ? 'far off' : distance > SAID_FROM ? 'off' : 'agrees';
    if (next === state) return;
    state = next;
    const seconds = Math.round(ahead * 10) / 10;
    if (next === 'agrees')
      log.info({ seconds }, 'the clocks of this process and of the database agree again');
    else
      log.warn(
        { seconds },
        next === 'off'
          ? 'the database’s clock is ahead of this process’s by so many seconds'
          : 'the database’s clock is ahead of this process’s by so many seconds: not ready until they agree',
      );
  }

  async function look(log: Log): Promise<void> {
    let next = every;
    try {
      note(await compare(), log);
    } catch {
      // A database that is away is somebody else's to tell.
      next = Math.min(every, RETRY);
    }
    if (!stopped) timer = setTimeout(() => void look(log), next).unref();
  }

  return {
    start: look,
    isFarOff: () => state === 'far off',
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
