import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTurns, type Turns } from '../../src/http/hooks/turns.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Sends `count` people, and tells of each what became of them. */
function arrive(turns: Turns, count: number, told: string[] = []) {
  return Array.from({ length: count }, (_, nth) => {
    const waiter = { begin: () => void told.push(`${nth} began`), refuse: () => void told.push(`${nth} no`) };
    turns.take(waiter);
    return waiter;
  });
}

test('so many begin at once, the others in the order of coming', () => {
  const turns = createTurns({ at_a_time: 2, patience: 1_000 });
  const told: string[] = [];
  arrive(turns, 4, told);
  expect(told).toEqual(['0 began', '1 began']);
  turns.leave();
  expect(told).toEqual(['0 began', '1 began', '2 began']);
  turns.leave();
  turns.leave();
  turns.leave();
  expect(told).toEqual(['0 began', '1 began', '2 began', '3 began']);
});

test('whoever has waited too long is told so though nobody leaves', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  const told: string[] = [];
  arrive(turns, 3, told);
  vi.advanceTimersByTime(900);
  expect(told).toEqual(['0 began']);
  vi.advanceTimersByTime(200);
  expect(told).toEqual(['0 began', '1 no', '2 no']);
});

test('a burst is worked off while the patience lasts', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  const told: string[] = [];
  arrive(turns, 100, told);
  for (let done = 0; done < 100; done += 1) {
    vi.advanceTimersByTime(9);
    turns.leave();
  }
  expect(told).toEqual(Array.from({ length: 100 }, (_, nth) => `${nth} began`));
});

test('where more keeps coming than can be done, the line becomes short and stays so, and no place idles', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  let working = false;
  let begun = 0;
  let turned_away = 0;
  const waits: number[] = [];
  const refuse = () => {
    turned_away += 1;
  };
  // One is done in each 10 ms, four come.
  for (let step = 0; step < 1_000; step += 1) {
    for (let nth = 0; nth < 4; nth += 1) {
      if (turns.turnsAway()) {
        refuse();
        continue;
      }
      const came = performance.now();
      const begin = () => {
        working = true;
        begun += 1;
        if (step > 500) waits.push(performance.now() - came);
      };
      turns.take({ begin, refuse });
    }
    vi.advanceTimersByTime(10);
    expect(working).toBe(true);
    working = false;
    turns.leave();
  }
  expect(begun).toBe(1_001);
  expect(turned_away).toBeGreaterThan(2_900);
  expect(Math.max(...waits)).toBeLessThanOrEqual(200);
  // What still waits is done soon, and then it is as before.
  for (let left = 0; left < 50; left += 1) {
    vi.advanceTimersByTime(10);
    turns.leave();
  }
  expect(turns.turnsAway()).toBe(false);
});

test('newcomers are turned away as soon as who is next has waited for half as long as they would', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  arrive(turns, 2);
  vi.advanceTimersByTime(490);
  expect(turns.turnsAway()).toBe(false);
  vi.advanceTimersByTime(20);
  expect(turns.turnsAway()).toBe(true);
  turns.leave();
  expect(turns.turnsAway()).toBe(false);
});

test('some time after a standstill everything is as it was', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  arrive(turns, 5);
  vi.advanceTimersByTime(60_000);
  turns.leave();
  const told: string[] = [];
  arrive(turns, 2, told);
  expect(told).toEqual(['0 began']);
  // Again as long a patience as for anybody.
  vi.advanceTimersByTime(900);
  turns.leave();
  expect(told).toEqual(['0 began', '1 began']);
});

test('who gives up is skipped, and takes no place', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  const told: string[] = [];
  const [, second] = arrive(turns, 3, told);
  if (second) turns.giveUp(second);
  turns.leave();
  expect(told).toEqual(['0 began', '2 began']);
});

test('a long line of people who are done at once is no deep recursion', () => {
  const turns = createTurns({ at_a_time: 1, patience: 1_000 });
  arrive(turns, 1);
  let done = 0;
  const begin = () => {
    done += 1;
    turns.leave();
  };
  for (let nth = 0; nth < 50_000; nth += 1) turns.take({ begin, refuse: () => {} });
  turns.leave();
  expect(done).toBe(50_000);
});
