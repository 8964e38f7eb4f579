import type { Log } from '../core/log.ts';
import { openDatabase } from '../db/client.ts';
import { unhurried } from '../db/deadline.ts';
import { loggable } from '../db/errors.ts';
import type { Happened } from './log.ts';
import type { Position } from './positions.ts';
import * as repository from './reading.repository.ts';

/** What has happened between two positions, in the order of ids. */
export interface Happening {
  events: readonly Happened[];
  from: Position;
  upto: Position;
}

interface TailOptions {
  /** Leads to the database itself. */
  url: string;
  log: Pick<Log, 'warn'>;
  /** Is called when `position` has moved on; the next look comes once it is done. */
  heard: (happening: Happening) => Promise<void>;
  /** There is a gap before `position`: another log has begun, or more has happened than is read at once. */
  skipped: (upto: Position) => Promise<void>;
}

export interface Tail {
  /** Up to where it has read; undefined before the first look. */
  readonly position: Position | undefined;
  /** Looks anew, so that `position` is no older than this call. @throws of the database */
  refresh: () => Promise<void>;
  /** Something has just been committed: looks at once. */
  wake: () => void;
  stop: () => Promise<void>;
}

/** Milliseconds between two looks: how late what others commit is heard. One costs the database 0.1 ms. */
const PAUSE = 50;
/**
 * Milliseconds that are left between two looks for each event of the first, however often it is woken: the more happens, the
 * more is read together and said in one write. A booking that is looked for by itself, as with 5 here, costs two statements
 * more. Without regard to how many there were, bookings as fast as they go cost 28 % more with 2,000 streams, and 2 to 7 % now.
 */
const LEAST = 25;
/**
 * Of what it took to tell everybody, so many times as long is rested, so that requests have the process meanwhile. Where 2,000
 * all hear of everything, the slowest hundredth of bookings was heard of by all after 264 ms; with 200 here after 388
 * (`npm run bench -- --only streams`).
 */
const REST = 3;
/** And for neither reason more than so many milliseconds. */
const LONGEST = 100;
const RETRY = 500;
/** So much is read at once; whoever loads more leaves a gap. */
const MOST = 20_000;

/**
 * Follows the log for one process by a connection of its own, and keeps its place to itself: nothing of it stands in the
 * database, and no event is kept for it longer. The database's notifications are not used, for the reason in
 * src/memory/changes.ts: transactions that notify commit one after another.
 */
export function followLog({ url, log, heard, skipped }: TailOptions): Tail {
  const db = openDatabase({ url, pool_max: 1, name: 'clinic-streams' });
  let position: Position | undefined;
  let isStopped = false;
  let wake: () => void = () => {};
  /** Who wants a look that begins from now on. */
  let waiting: PromiseWithResolvers<void>[] = [];

  /** Rests so many milliseconds, or for `least` of them where somebody wakes it. */
  const rest = (usual: number, least: number) =>
    new Promise<void>((resolve) => {
      const begun = performance.now();
      let timer = setTimeout(resolve, usual);
      wake = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, isStopped ? 0 : Math.max(0, least - (performance.now() - begun)));
      };
    });

  async function readAll(place: string, seen: Seen): Promise<Happened[]> {
    const events: Happened[] = [];
    const part = { place, upto: seen.now, after: (seen.first ?? 0) - 1, last: seen.newest ?? 0 };
    for await (const found of repository.readParts(db, part)) {
      events.push(...found);
      if (events.length > MOST) break;
    }
    return events;
  }

  /** @returns how many milliseconds are to be left before the next look */
  async function look(): Promise<number> {
    const from = position;
    const seen = await repository.lookSince(db, from?.place ?? null);
    const upto = { epoch: seen.epoch, at: seen.at, place: seen.now, upto: null, after: 0 };
    const isSameLog = from?.epoch === seen.epoch;
    const events = from && isSameLog && seen.count > 0 ? await readAll(from.place, seen) : [];
    position = upto;
    const begun = performance.now();
    if (from && (!isSameLog || events.length > MOST)) await skipped(upto);
    else if (from && events.length > 0) await heard({ events, from, upto });
    const took = performance.now() - begun;
    return Math.min(LONGEST, Math.max(LEAST, LEAST * events.length, REST * took));
  }

  let said_away = false;
  function sayAway(error: unknown): void {
    if (!said_away) log.warn({ error: loggable(error) }, 'the log cannot be read for streams; trying again');
    said_away = true;
  }

  async function lookAgain(): Promise<void> {
    const asked = waiting;
    waiting = [];
    try {
      const least = await look();
      for (const { resolve } of asked) resolve();
      said_away = false;
      if (!isStopped) await rest(Math.max(PAUSE, least), least);
    } catch (error) {
      for (const { reject } of asked) reject(error);
      sayAway(error);
      if (!isStopped) await rest(RETRY, RETRY);
    }
  }

  async function run(): Promise<void> {
    while (!isStopped) await lookAgain();
  }

  // It outlives the request that started it, whose deadline must not hold for it.
  const running = unhurried(run);

  return {
    get position() {
      return position;
    },
    refresh() {
      const asked = Promise.withResolvers<void>();
      waiting.push(asked);
      wake();
      return asked.promise;
    },
    wake: () => wake(),
    async stop() {
      isStopped = true;
      wake();
      await running;
      for (const { reject } of waiting) reject(new Error('the log is no longer followed'));
      await db.$client.end();
    },
  };
}

type Seen = Awaited<ReturnType<typeof repository.lookSince>>;
