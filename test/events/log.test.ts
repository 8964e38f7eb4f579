import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import type { Db } from '../../src/db/client.ts';
import { beginEpochAfterRestore, epochOf, type Happened, note } from '../../src/events/log.ts';
import { createReaders } from '../../src/events/readers.ts';
import { findPlaces } from '../../src/events/reading.repository.ts';
import type { EventReader } from '../../src/events/reading.ts';
import { readPage } from '../docs/pages.ts';
import { testDatabase } from '../helpers/database.ts';

/** The log of what happened, and how it is read: of real transactions, on a real database. */
let db: Db;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, url, close } = await testDatabase());
});
afterAll(() => close());
beforeEach(async () => {
  await db.$client.query('truncate events, event_troubles, event_readers');
});

const append = (appointment: number | null, version = 1, executor: Pick<pg.Client, 'query'> = db.$client) =>
  executor.query(
    `insert into events (type, appointment_id, version) values ('appointment.changed', $1, $2) returning id`,
    [appointment, version],
  );

/** A reader that keeps what it was told, in a table that its transaction writes. */
const listening = (name: string, fails: (event: Happened) => boolean = () => false) => {
  const calls: Happened[][] = [];
  const reader: EventReader = {
    name,
    types: ['appointment.changed'],
    async read(events) {
      calls.push([...events]);
      return async () => {
        if (events.some(fails)) throw new TypeError('poisoned');
      };
    },
  };
  return { calls, reader };
};
const readersOf = (...readers: EventReader[]) =>
  createReaders({ db, log: silentLog, readers, event_retention_days: 30 });
const ids = (calls: Happened[][]) => calls.flat().map(({ id }) => id);
const one = async (text: string) => (await db.$client.query(text)).rows[0];
/** Makes what is to be tried again later due now. */
const later = () => db.$client.query("update event_troubles set retry_at = now() - interval '1 s'");

async function another(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

test('a new reader begins with what happens from then on, and is told everything once and in order', async () => {
  await append(1);
  const { calls, reader } = listening('new');
  const { drain } = readersOf(reader);
  await drain();
  expect(calls).toEqual([]);
  for (let version = 1; version <= 5; version += 1) await append(7, version);
  await drain();
  await drain();
  expect(calls.flat().map(({ appointment_id, version }) => [appointment_id, version])).toEqual(
    [1, 2, 3, 4, 5].map((version) => [7, version]),
  );
});

test('what commits late is told late and is not lost, and a forgotten transaction holds nobody up', async () => {
  const { calls, reader } = listening('late');
  const { drain, lags } = readersOf(reader);
  await drain();
  const [forgotten, slow] = [await another(), await another()];
  await forgotten.query(
    "begin; select pg_current_xact_id(); insert into events (type) values ('user.changed')",
  );
  await slow.query('begin');
  await append(1, 1, slow);
  await append(2);
  await drain();
  expect(calls.flat().map(({ appointment_id }) => appointment_id)).toEqual([2]);
  await slow.query('commit');
  await append(3);
  await drain();
  expect(calls.flat().map(({ appointment_id }) => appointment_id)).toEqual([2, 1, 3]);
  expect((await lags()).map(({ reader, events }) => [reader, events])).toEqual([['late', 0]]);
  await forgotten.query('rollback');
  await Promise.all([forgotten.end(), slow.end()]);
});

test('more than a part at a time is read in parts, each in a transaction of its own, and nothing twice', async () => {
  const { calls, reader } = listening('parts');
  const { drain } = readersOf({ ...reader, batch: 10 });
  await drain();
  await db.$client.query(
    "insert into events (type) select 'appointment.changed' from generate_series(1, 95)",
  );
  await drain();
  expect(calls.map((call) => call.length)).toEqual([...Array(9).fill(10), 5]);
  expect(new Set(ids(calls)).size).toBe(95);
});

test('a process that stops waits for the part it is at, however much there is to read, and the next goes on from there', async () => {
  const { calls, reader } = listening('stopping');
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const readers = readersOf({
    ...reader,
    batch: 10,
    async read(events) {
      if (calls.length === 2) {
        reached.resolve();
        await goOn.promise;
      }
      return reader.read(events);
    },
  });
  await readers.drain();
  await db.$client.query(
    "insert into events (type) select 'appointment.changed' from generate_series(1, 95)",
  );
  const running = readers.start({ url, ready: async () => {} });
  await reached.promise;
  const stopped = running.stop();
  goOn.resolve();
  await stopped;
  expect(calls).toHaveLength(3);
  await readers.drain();
  expect(calls.map((call) => call.length)).toEqual([...Array(9).fill(10), 5]);
  expect(new Set(ids(calls)).size).toBe(95);
});

test('whoever reads at the same time does nothing twice', async () => {
  await db.$client.query('create table if not exists told (id bigint primary key)');
  const reader: EventReader = {
    name: 'both',
    types: ['appointment.changed'],
    batch: 7,
    read: async (events) => async (tx) => {
      const values = events.map(({ id }) => `(${id})`).join();
      // Its primary key refuses a second time.
      await tx.execute(`insert into told values ${values}`);
    },
  };
  const all = Array.from({ length: 4 }, () => readersOf(reader));
  await all[0]?.drain();
  await db.$client.query(
    "insert into events (type) select 'appointment.changed' from generate_series(1, 300)",
  );
  await Promise.all(all.map(({ drain }) => drain()));
  expect(await one('select count(*)::int from told')).toEqual({ count: 300 });
  expect(await one('select count(*)::int from event_troubles')).toEqual({ count: 0 });
});

describe('an event that a reader fails at', () => {
  test('holds up those of the same appointment only, and is set aside in the end', async () => {
    let isCured = false;
    const { calls, reader } = listening(
      'poisoned',
      ({ appointment_id }) => appointment_id === 13 && !isCured,
    );
    const { drain, lags } = readersOf(reader);
    await drain();
    for (const appointment of [1, 13, 2]) await append(appointment);
    await append(13, 2);
    await append(3);
    await drain();
    const alone = () => calls.filter(({ length }) => length === 1).map(([event]) => event?.appointment_id);
    expect(alone()).toEqual([1, 13, 2, 3]);
    expect(await lags()).toMatchObject([{ events: 0, troubled: 2, set_aside: 0 }]);
    // Others go on meanwhile, together.
    await append(4);
    await drain();
    expect(alone().at(-1)).toBe(4);
    for (let tries = 0; tries < 12; tries += 1) {
      await later();
      await drain();
    }
    const { rows } = await db.$client.query(
      'select appointment_id, code from event_troubles where is_set_aside',
    );
    expect(rows).toEqual([
      { appointment_id: 13, code: 'TypeError' },
      { appointment_id: 13, code: 'TypeError' },
    ]);
    isCured = true;
    // As the page says of the alarm.
    const [anew = ''] = /^ {4}update event_troubles .*;$/m.exec(readPage('docs/operations.md')) ?? [];
    await db.$client.query(anew);
    calls.length = 0;
    await drain();
    await drain();
    expect(calls.flat().map(({ version }) => version)).toEqual([1, 2]);
    expect(await lags()).toMatchObject([{ events: 0, troubled: 0, set_aside: 0 }]);
  });

  test('is asked for when it is time for it, and those behind it are not', async () => {
    const { reader } = listening('patient', ({ appointment_id }) => appointment_id === 13);
    const { drain } = readersOf(reader);
    await drain();
    await append(13);
    await append(13, 2);
    await drain();
    const state = async () => {
      const [place] = await findPlaces(db, ['patient']);
      return { is_troubled: place?.is_troubled, is_due: place?.is_due };
    };
    const move = (which: string, to: string) =>
      db.$client.query(
        `update event_troubles set retry_at = now() + $1::interval
         where event_id = (select ${which}(event_id) from event_troubles)`,
        [to],
      );
    await move('min', '1 hour');
    await move('max', '-1 hour');
    expect(await state()).toEqual({ is_troubled: true, is_due: false });
    await move('min', '-1 second');
    expect(await state()).toEqual({ is_troubled: true, is_due: true });
  });

  test('is not failed at where the database ended what was done: it is read again', async () => {
    const { calls, reader } = listening('ended');
    let circles = 0;
    const { drain, lags } = readersOf({
      ...reader,
      read: async (events) => {
        const deed = await reader.read(events);
        return async (tx) => {
          if (circles > 0) {
            circles -= 1;
            await tx.execute(`do $$ begin raise exception using errcode = '40P01'; end $$`);
          }
          await deed?.(tx);
        };
      },
    });
    await drain();
    circles = 5;
    await append(1);
    await expect(drain()).rejects.toMatchObject({ cause: { code: '40P01' } });
    expect(await lags()).toMatchObject([{ events: 1, troubled: 0, set_aside: 0 }]);
    await drain();
    expect(calls.at(-1)?.map(({ appointment_id }) => appointment_id)).toEqual([1]);
    expect(await lags()).toMatchObject([{ events: 0, troubled: 0, set_aside: 0 }]);
  });

  test('fails alone: what was done with it is undone', async () => {
    await db.$client.query('create table if not exists done (id bigint)');
    const { reader } = listening('undone', ({ appointment_id }) => appointment_id === 2);
    const { drain } = readersOf({
      ...reader,
      read: async (events) => {
        const deed = await reader.read(events);
        return async (tx) => {
          for (const { appointment_id } of events)
            await tx.execute(`insert into done values (${appointment_id})`);
          await deed?.(tx);
        };
      },
    });
    await drain();
    for (const appointment of [1, 2, 3]) await append(appointment);
    await drain();
    expect((await db.$client.query('select id::int from done order by id')).rows).toEqual([
      { id: 1 },
      { id: 3 },
    ]);
  });
});

test('old events go once every reader has read them, and not before', async () => {
  const { calls, reader } = listening('sweeps');
  const { drain, sweep } = readersOf(reader);
  await drain();
  await append(1);
  await append(2);
  await db.$client.query("update events set noted_at = now() - interval '31 days' where appointment_id = 1");
  await sweep();
  expect(await one('select count(*)::int from events')).toEqual({ count: 2 });
  await drain();
  await sweep();
  expect((await db.$client.query('select appointment_id from events')).rows).toEqual([{ appointment_id: 2 }]);
  expect(calls.flat()).toHaveLength(2);
});

test('a restore begins another log, in which nobody loses what they had not read', async () => {
  const { calls, reader } = listening('restored');
  const { drain } = readersOf(reader);
  await drain();
  await append(1);
  await drain();
  await append(2);
  expect(await beginEpochAfterRestore(db)).toBe(false);
  const before = await epochOf(db);
  // As of another cluster, whose transactions had numbers far ahead.
  await db.$client.query("update event_epochs set cluster = 'another', epoch = '0'");
  await db.$client.query('update events set xid = (xid::text::bigint + 1000000)::text::xid8');
  await db.$client.query(
    `update event_readers set place = (
       select format('%s:%s:', xid::text::bigint + 1, xid::text::bigint + 1) from events where appointment_id = 1)::pg_snapshot`,
  );
  expect(await beginEpochAfterRestore(db)).toBe(true);
  expect(await beginEpochAfterRestore(db)).toBe(false);
  expect(await epochOf(db)).toMatch(/^[0-9a-f]{8}$/);
  expect(before).not.toBe('0');
  await append(3);
  await drain();
  expect(calls.flat().map(({ appointment_id }) => appointment_id)).toEqual([1, 2, 3]);
});

test('what no trigger notes can be noted, with ids only', async () => {
  await note(db, { type: 'user.changed', user_id: 5, details: { into: 6 } });
  expect(await one('select type, user_id, details, is_quiet from events')).toEqual({
    type: 'user.changed',
    user_id: 5,
    details: { into: 6 },
    is_quiet: false,
  });
});
