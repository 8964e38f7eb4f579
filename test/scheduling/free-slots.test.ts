import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { createMemory } from '../../src/memory/memory.ts';
import { OPEN_POLICY } from '../../src/modules/availability/index.ts';
import { createFree } from '../../src/modules/timeslots/free.service.ts';
import { testClock } from '../helpers/clock.ts';
import { testDatabase } from '../helpers/database.ts';
import { insertPeople, insertSlots } from '../helpers/rows.ts';

/** Which pages of a doctor's free slots are remembered. By the clock it is 2026-03-02: a year of 366 days ends on 2027-03-03. */

let db: Db;
let close: () => Promise<void>;
let doctor = 0;
beforeAll(async () => {
  ({ db, close } = await testDatabase());
  [doctor = 0] = await insertPeople(db, 'doctor', 1);
  for (const day of ['2026-06-01', '2027-03-03', '2027-03-04', '2031-01-01'])
    await insertSlots(db, doctor, 2, day);
});
afterAll(() => close());

const policy = (horizon_days: number | null) => () => ({ ...OPEN_POLICY, horizon_days });

/** How many slots a patient is shown, and whether the second time they come from memory. */
async function ask(days: { date?: string; from?: string; to?: string }, horizon_days: number | null = null) {
  const memory = createMemory({ limit: 100, isFresh: () => true });
  let statements = 0;
  const counted = {
    ...db,
    $client: {
      query: (query: object) => {
        statements += 1;
        return db.$client.query(query as never);
      },
    },
  } as unknown as Db;
  const free = createFree({
    db: counted,
    clock: testClock(),
    memory,
    settings: { policy: policy(horizon_days) },
    reach: { of: async () => null },
    doctors: { get: async () => {} },
  });
  const list = () =>
    free.list(doctor, { ...days, page: 1, page_size: 20 }, { id: 1, role: 'patient', session: 1 });
  const { count } = await list();
  const before = statements;
  expect((await list()).count).toBe(count);
  return { count, remembered: statements === before };
}

test.each([
  ['all days', {}, 8],
  ['a day within the year', { date: '2026-06-01' }, 2],
  ['the last day of the year', { date: '2027-03-03' }, 2],
  ['days that end within the year', { from: '2026-03-05', to: '2027-03-03' }, 4],
  ['days from within the year on', { from: '2026-06-02' }, 6],
])('a page of %s is remembered', async (_days, days, count) => {
  expect(await ask(days)).toEqual({ count, remembered: true });
});

test.each([
  ['the day after the year', { date: '2027-03-04' }, 2],
  ['a day years ahead', { date: '2031-01-01' }, 2],
  ['days that end after the year', { from: '2026-03-05', to: '2027-03-04' }, 6],
  ['days that end in the year 9000', { to: '9000-01-01' }, 8],
  ['days from after the year on', { from: '2027-03-04' }, 4],
])('a page of %s is right, and not remembered', async (_days, days, count) => {
  expect(await ask(days)).toEqual({ count, remembered: false });
});

test('where the horizon of the policy ends sooner, whatever end is asked for is the same page and remembered', async () => {
  expect(await ask({ to: '9000-01-01' }, 730)).toEqual({ count: 6, remembered: true });
  expect(await ask({ to: '9000-01-01' }, 365)).toEqual({ count: 2, remembered: true });
});

test('whoever asks for a day has the next ones read with it, and a day that has changed since is read anew', async () => {
  const memory = createMemory({ limit: 100, isFresh: () => true });
  const days: string[][] = [];
  const watched = {
    ...db,
    $client: {
      query: (query: { name: string; values: unknown[] }) => {
        if (query.name.startsWith('timeslots.free')) days.push(query.values.slice(1, 3) as string[]);
        return db.$client.query(query as never);
      },
    },
  } as unknown as Db;
  const free = createFree({
    db: watched,
    clock: testClock(),
    memory,
    settings: { policy: policy(null) },
    reach: { of: async () => null },
    doctors: { get: async () => {} },
  });
  const list = async (date: string) => {
    const found = await free.list(
      doctor,
      { date, page: 1, page_size: 2 },
      { id: 1, role: 'patient', session: 1 },
    );
    const { read_at, ...page } = found as typeof found & { read_at: Date };
    return page;
  };
  for (const day of ['2026-07-02', '2026-07-03', '2026-07-05']) await insertSlots(db, doctor, 4, day);
  const [, held] = (
    await db.$client.query("select id from timeslots where date = '2026-07-03' order by start_time")
  ).rows;
  await db.$client.query(
    "update timeslots set is_waitlisted = true where id = $1 or (date = '2026-07-05' and start_time > '00:00')",
    [held.id],
  );
  const [patient] = await insertPeople(db, 'patient', 1);
  await db.$client.query(
    `update timeslots set held_by = $1, held_until = '2026-07-01T00:00:00Z'
     where date = '2026-07-02' and start_time = '08:20'`,
    [patient],
  );
  const one = await list('2026-07-01');
  expect(one).toMatchObject({ count: 0, rows: [] });
  expect(days).toEqual([['2026-07-01', '2026-07-07']]);
  const second = await list('2026-07-02');
  const third = await list('2026-07-03');
  expect(days).toHaveLength(1);
  expect(second).toMatchObject({ count: 3, more: true, held_until: '2026-07-01T00:00:00.000Z' });
  expect(third).toMatchObject({ count: 3, more: true, held_until: null });
  expect(third.rows.map(({ id }) => id)).not.toContain(held.id);
  memory.forget(`slots ${doctor} 2026-07-03`);
  // Up to the next of which something is remembered: alone it is read as ever, and says the same.
  expect(await list('2026-07-03')).toEqual(third);
  expect(days.slice(1)).toEqual([['2026-07-03', '2026-07-03']]);
  memory.clear();
  expect(await list('2026-07-03')).toEqual(third);
  expect(await list('2026-07-02')).toEqual(second);
});
