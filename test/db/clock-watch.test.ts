import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { createClockWatch } from '../../src/db/clock-watch.ts';
import { testDatabase } from '../helpers/database.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await testDatabase(2));
});
afterAll(() => close());

test('clocks that disagree are said once for each change of it, and far ones make a process unfit until they agree', async () => {
  let offset = 0;
  const said: string[] = [];
  const line = (level: string) => (_fields: object, message: string) => void said.push(`${level} ${message}`);
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const watch = createClockWatch({ db, clock: { now: () => new Date(Date.now() + offset) }, every: 20 });
  const becomes = async (next: number, count: number) => {
    offset = next;
    await vi.waitFor(() => expect(said).toHaveLength(count), { timeout: 120_000 });
  };
  await watch.start(log);
  expect(said).toEqual([]);
  await becomes(-10_000, 1);
  expect(watch.isFarOff()).toBe(false);
  await becomes(-3_600_000, 2);
  expect(watch.isFarOff()).toBe(true);
  await becomes(0, 3);
  expect(watch.isFarOff()).toBe(false);
  await becomes(3_600_000, 4);
  expect(watch.isFarOff()).toBe(true);
  watch.stop();
  expect(said.map((text) => text.split(' ')[0])).toEqual(['warn', 'warn', 'info', 'warn']);
});

test('the time that an answer was under way is no difference of clocks', async () => {
  const warn = vi.fn();
  const log = { debug: warn, info: warn, warn, error: warn };
  // The answer takes ten seconds by the watch of who asks, and the clocks agree.
  const real = performance.now.bind(performance);
  let calls = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => real() + 10_000 * calls++);
  const watch = createClockWatch({ db, clock: { now: () => new Date() } });
  await watch.start(log);
  watch.stop();
  spy.mockRestore();
  expect(warn).not.toHaveBeenCalled();
  expect(watch.isFarOff()).toBe(false);
});

test('a database that is away is asked again, and is nothing to say of clocks', async () => {
  const warn = vi.fn();
  const query = vi.spyOn(db.$client, 'connect').mockRejectedValueOnce(new Error('away') as never);
  const watch = createClockWatch({ db, clock: { now: () => new Date(0) }, every: 20 });
  await watch.start({ debug: warn, info: warn, warn, error: warn });
  expect(warn).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(watch.isFarOff()).toBe(true), { timeout: 120_000 });
  watch.stop();
  query.mockRestore();
});
