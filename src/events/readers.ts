import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/log.ts';
import type { Db } from '../db/client.ts';
import { loggable } from '../db/errors.ts';
import { exclusive } from '../db/links/lock.ts';
import { lockKeys } from '../db/lock-keys.ts';
import { beginEpochAfterRestore } from './log.ts';
import { findPlaces, introduce, type Lag, listLags } from './reading.repository.ts';
import { type EventReader, readNext, retry } from './reading.ts';
import { forgetBefore } from './retention.repository.ts';

/** Milliseconds between two questions whether something has happened: one small statement for all readers. */
const PAUSE = 100;
/** After an error, which is the database's: an event's own are kept apart. */
const RETRY = 1_000;

interface ReadersDependencies {
  db: Db;
  log: Log;
  readers: readonly EventReader[];
  event_retention_days: number;
}

export interface Readers {
  /** Reads what has happened, for one reader or for all, until nothing is left but what is to be tried again later. */
  drain: (name?: string) => Promise<void>;
  /** Reads from now on, in one process of all on this database. `ready` rejects while the database is away or not migrated. */
  start: (options: { url: string; ready: () => Promise<void> }) => { stop: () => Promise<void> };
  lags: () => Promise<Lag[]>;
  /** Lets go of what is older than EVENT_RETENTION_DAYS and read by everybody. */
  sweep: () => Promise<void>;
}

/** Those who hear of what happened, each with a place of its own: one that is slow, or fails, holds up no other. */
export function createReaders({ db, log, readers, event_retention_days }: ReadersDependencies): Readers {
  const names = readers.map(({ name }) => name);
  const reading = {
    db,
    onFailed: ({
      reader,
      event,
      error,
      is_set_aside,
    }: Parameters<Parameters<typeof retry>[0]['onFailed']>[0]) =>
      log.warn(
        { reader, event: event.id, type: event.type, is_set_aside, error: loggable(error) },
        is_set_aside
          ? 'an event is set aside: it could not be read'
          : 'an event could not be read; trying again',
      ),
  };

  /** @returns whether there was anything to do */
  async function readOnce(only: readonly string[]): Promise<boolean> {
    const places = await findPlaces(db, only);
    const done = await Promise.all(places.map((place) => readAll(place.name, place, () => false)));
    return done.some(Boolean);
  }

  async function readAll(
    name: string,
    first: Awaited<ReturnType<typeof findPlaces>>[number],
    isStopped: () => boolean,
  ): Promise<boolean> {
    const reader = readers.find((one) => one.name === name);
    if (!reader) return false;
    const had = first.count > 0 || first.upto !== null;
    let place: typeof first | undefined = first;
    while (place && (await readNext(reading, reader, place))) {
      // What is left is read from the place that it has come to, by whoever reads then.
      if (isStopped()) return true;
      [place] = await findPlaces(db, [name]);
    }
    return (first.is_due && (await retry(reading, reader))) || had;
  }

  /** One loop for each reader: who has much to do holds up nobody. */
  async function readOn(isStopped: () => boolean): Promise<void> {
    const busy = new Set<string>();
    const under_way = new Set<Promise<void>>();
    let saidAway = false;
    const failed = (error: unknown) => {
      if (!saidAway)
        log.warn({ error: loggable(error) }, 'the log of events cannot be read now; trying again');
      saidAway = true;
    };
    while (!isStopped()) {
      try {
        const places = await findPlaces(
          db,
          names.filter((name) => !busy.has(name)),
        );
        saidAway = false;
        for (const place of places) {
          if (place.count === 0 && place.upto === null && !place.is_due) continue;
          busy.add(place.name);
          const read = readAll(place.name, place, isStopped)
            .then(() => {}, failed)
            .finally(() => {
              busy.delete(place.name);
              under_way.delete(read);
            });
          under_way.add(read);
        }
        await sleep(PAUSE);
      } catch (error) {
        failed(error);
        await sleep(RETRY);
      }
    }
    await Promise.all(under_way);
  }

  return {
    async drain(name) {
      const only = name === undefined ? names : [name];
      await introduce(db, only);
      while (await readOnce(only));
    },

    start({ url, ready }) {
      let isHeld = false;
      let isClosed = false;
      let reader: Promise<void> | undefined;
      const begin = async () => {
        // A reader that is known before the migration that sets its place would have another place.
        await ready();
        if (await beginEpochAfterRestore(db))
          log.warn({}, 'the database was restored: a new log of events begins');
        await introduce(db, names);
        await readOn(() => !isHeld || isClosed);
      };
      const insist = async (): Promise<void> => {
        while (isHeld && !isClosed) {
          await begin().catch((error) =>
            log.debug({ error: loggable(error) }, 'the log of events cannot be read'),
          );
          if (isHeld && !isClosed) await sleep(RETRY);
        }
      };
      const turn = exclusive({
        url,
        key: lockKeys.reading,
        name: 'clinic-events',
        retry: RETRY,
        onHeld() {
          isHeld = true;
          const before = reader;
          reader = (before ?? Promise.resolve()).then(insist);
        },
        onLost() {
          isHeld = false;
        },
      });
      return {
        async stop() {
          isClosed = true;
          await reader;
          await turn.close();
        },
      };
    },

    lags: () => listLags(db),
    sweep: () => forgetBefore(db, event_retention_days),
  };
}
