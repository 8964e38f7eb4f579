import type { EventType } from '../core/events.ts';
import { type Db, databaseError, type Tx, transaction } from '../db/client.ts';
import { isPassing } from '../db/errors.ts';
import type { Happened } from './log.ts';
import * as repository from './reading.repository.ts';
import * as troubles from './troubles.repository.ts';

/** Who wants to hear of what happened. A module hands its readers to src/modules.ts. */
export interface EventReader {
  /** Under which the database keeps how far it has read. A new name begins with what happens from then on. */
  name: string;
  types: readonly EventType[];
  /** Also what is loaded quietly, of which nobody is told; left out by default. */
  quiet?: boolean;
  /** How many events it is given at a time. */
  batch?: number;
  /**
   * Looks up what it needs, and gives what is to be done: that happens in the transaction in which its place moves on, and
   * nothing slow may be in it. Events come in order, of one appointment in the order of its versions, and may come again: with
   * the same ids, where a process ended in between.
   * @throws what the event cannot be dealt with for: it is tried again, alone, and set aside in the end
   */
  read: (events: readonly Happened[]) => Promise<((tx: Tx) => Promise<void>) | undefined>;
}

const BATCH = 200;
/** Seconds until an event that a reader failed at is tried again, each time; afterwards it is set aside. */
const AGAIN = [1, 5, 30, 120, 600];
const DUE = 20;

/** What a reader is told of its failures. */
interface Failed {
  reader: string;
  event: Happened;
  error: unknown;
  is_set_aside: boolean;
}

interface Reading {
  db: Db;
  onFailed: (failed: Failed) => void;
}

/** Codes of the database that say "not now" and may say so of the same event for ever: too slow, locked, not there. */
const OF_EVENT = /^(57014|55P03|42)/;

/** No fault of the event, which is read again. */
const willPass = (error: unknown): boolean =>
  isPassing(error) && !OF_EVENT.test(databaseError(error)?.code ?? '');

/**
 * Reads the next part for one reader.
 * @returns whether there may be more
 */
export async function readNext(
  reading: Reading,
  reader: EventReader,
  at: repository.Place,
): Promise<boolean> {
  const { place, after } = at;
  if (at.upto === null && at.count === 0) return false;
  const part =
    at.upto === null
      ? { place, upto: at.now, after: (at.first ?? 0) - 1, last: at.newest ?? 0 }
      : { place, upto: at.upto, after, last: at.last };
  const limit = reader.batch ?? BATCH;
  const { types, quiet = false } = reader;
  const found = await repository.readPart(reading.db, part, { types, quiet }, limit);
  const isWhole = found.length < limit;
  const next = isWhole
    ? { place: part.upto, upto: null, after: 0, last: 0 }
    : { place, upto: part.upto, after: found.at(-1)?.id ?? part.last, last: part.last };
  const apart = () => oneByOne(reading, reader, at, part, found, next);
  const events = at.is_troubled ? await withoutThoseBehind(reading.db, reader, found) : found;
  if (events.length < found.length) await apart();
  else
    await act(reading.db, reader, at, next, events).catch((error) => {
      if (willPass(error)) throw error;
      return apart();
    });
  return !isWhole;
}

async function withoutThoseBehind(db: Db, { name }: EventReader, found: readonly Happened[]) {
  const appointments = found.flatMap(({ appointment_id }) => appointment_id ?? []);
  if (appointments.length === 0) return found;
  const behind = await troubles.listBehind(db, name, [...new Set(appointments)]);
  return found.filter(({ appointment_id }) => appointment_id === null || !behind.has(appointment_id));
}

/** @returns false where another process has read meanwhile */
async function act(
  db: Db,
  reader: EventReader,
  at: repository.Place,
  next: Parameters<typeof repository.moveOn>[2],
  events: readonly Happened[],
): Promise<boolean> {
  const deed = events.length > 0 ? await reader.read(events) : undefined;
  return transaction(db, async (tx) => {
    if (!(await repository.moveOn(tx, at, next))) return false;
    await deed?.(tx);
    return true;
  });
}

/** Where several events together fail, each is dealt with alone: only the one at fault is left for later. */
async function oneByOne(
  reading: Reading,
  reader: EventReader,
  at: repository.Place,
  part: repository.Part,
  found: readonly Happened[],
  next: Parameters<typeof repository.moveOn>[2],
): Promise<void> {
  const { db } = reading;
  let here = at;
  for (const event of found) {
    const there = event === found.at(-1) ? next : { ...part, after: event.id };
    const [free] = await withoutThoseBehind(db, reader, [event]);
    const failed = free ? await failureOf(() => act(db, reader, here, there, [event])) : { error: undefined };
    if (failed?.error === 'elsewhere') return;
    if (failed) {
      const isMoved = await transaction(db, async (tx) => {
        if (!(await repository.moveOn(tx, here, there))) return false;
        // What waits behind another has not failed yet.
        await leave(tx, reader, event, free ? 0 : -1, failed.error);
        return true;
      });
      if (!isMoved) return;
      if (free) reading.onFailed({ reader: reader.name, event, error: failed.error, is_set_aside: false });
    }
    here = { ...here, ...there };
  }
}

async function failureOf(attempt: () => Promise<boolean>): Promise<{ error: unknown } | undefined> {
  try {
    return (await attempt()) ? undefined : { error: 'elsewhere' };
  } catch (error) {
    if (willPass(error)) throw error;
    return { error };
  }
}

/** @returns whether it is set aside for good */
async function leave(tx: Tx, { name }: EventReader, event: Happened, before: number, error: unknown) {
  const tries = before + 1;
  const seconds = AGAIN[Math.max(tries - 1, 0)];
  const is_set_aside = seconds === undefined;
  await troubles.keepTrouble(tx, name, event, {
    tries,
    seconds: seconds ?? 0,
    code: codeOf(error),
    is_set_aside,
  });
  return is_set_aside;
}

/** Never the text of an error, which may hold people's data. */
function codeOf(error: unknown): string | null {
  if (error === undefined) return null;
  return databaseError(error)?.code ?? (error instanceof Error ? error.name : typeof error);
}

/** Tries again what a reader failed at, where it is time for that. @returns whether there may be more */
export async function retry(reading: Reading, reader: EventReader): Promise<boolean> {
  const { db } = reading;
  const due = await troubles.listDue(db, reader.name, DUE);
  for (const { tries, ...event } of due) {
    try {
      const deed = await reader.read([event]);
      await transaction(db, async (tx) => {
        if (await troubles.endTrouble(tx, reader.name, event.id)) await deed?.(tx);
      });
    } catch (error) {
      if (willPass(error)) throw error;
      const is_set_aside = await transaction(db, (tx) => leave(tx, reader, event, tries, error));
      reading.onFailed({ reader: reader.name, event, error, is_set_aside });
    }
  }
  return due.length > 0;
}
