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
