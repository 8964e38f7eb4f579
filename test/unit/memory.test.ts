import { beforeEach, describe, expect, test } from 'vitest';
import { ANSWER_BYTES, createMemory, type Memory } from '../../src/memory/memory.ts';

let fresh: boolean;
let memory: Memory;
let loads: number;
beforeEach(() => {
  fresh = true;
  loads = 0;
  memory = createMemory({ limit: 3, isFresh: () => fresh });
});

const always = () => true;
const load = async () => {
  loads += 1;
  return loads;
};
const recall = (topic: string, key = 'all', holds: (value: number) => boolean = always) =>
  memory.recall(topic, key, holds, load);

test('loads once, and again for another key or topic', async () => {
  expect([await recall('a'), await recall('a'), await recall('a', 'other'), await recall('b')]).toEqual([
    1, 1, 2, 3,
  ]);
});

test('those who ask while it loads share it', async () => {
  expect(await Promise.all([recall('a'), recall('a'), recall('a')])).toEqual([1, 1, 1]);
});

test('forgets a topic with all its keys, and nothing else', async () => {
  await Promise.all([recall('a'), recall('a', 'other'), recall('b')]);
  memory.forget('a');
  expect([await recall('b'), await recall('a'), await recall('a', 'other')]).toEqual([3, 4, 5]);
});

test('keeps nothing that began to load before its topic changed', async () => {
  const early = recall('a');
  memory.forget('a');
  const late = recall('a');
  expect([await early, await late, await recall('a')]).toEqual([1, 2, 2]);
  const before = recall('b');
  memory.clear();
  expect([await before, await recall('b')]).toEqual([3, 4]);
});

test('loads anew what does not hold any more, once for all who ask', async () => {
  await recall('a');
  const isLater = (value: number) => value > 1;
  expect(await Promise.all([recall('a', 'all', isLater), recall('a', 'all', isLater)])).toEqual([2, 2]);
  expect(await recall('a')).toBe(2);
});

test('neither answers nor keeps anything while changes may not be told', async () => {
  await recall('a');
  fresh = false;
  expect([await recall('a'), await recall('a')]).toEqual([2, 3]);
  fresh = true;
  expect(await recall('a')).toBe(1);
});

test('keeps no failure', async () => {
  const fails = async (): Promise<number> => {
    throw new Error('the database is away');
  };
  await expect(memory.recall('a', 'all', always, fails)).rejects.toThrow('away');
  expect(await recall('a')).toBe(1);
});

describe('the limit', () => {
  test('drops the topic that was first asked for', async () => {
    for (const topic of ['a', 'b', 'c', 'd']) await recall(topic);
    expect([await recall('b'), await recall('c'), await recall('d'), await recall('a')]).toEqual([
      2, 3, 4, 5,
    ]);
  });

  test('counts what is kept, not what was forgotten', async () => {
    for (const topic of ['a', 'b', 'c']) await recall(topic);
    memory.forget('a');
    memory.forget('a');
    await recall('d');
    expect([await recall('b'), await recall('c'), await recall('d')]).toEqual([2, 3, 4]);
  });

  test('bounds the bytes of all answers together, however few they are', async () => {
    const large = (name: string) => async () => {
      loads += 1;
      return name.repeat(ANSWER_BYTES / 3);
    };
    for (const topic of ['a', 'b']) await memory.recall(topic, 'all', always, large(topic));
    // Two of them take a little more than two thirds of what three answers may take.
    await memory.recall('b', 'all', always, large('b'));
    expect(loads).toBe(2);
    await memory.recall('c', 'all', always, large('c'));
    await memory.recall('c', 'all', always, large('c'));
    await memory.recall('b', 'all', always, large('b'));
    expect(loads).toBe(3);
    await memory.recall('a', 'all', always, large('a'));
    expect(loads).toBe(4);
  });

  test('gives back the bytes of what was forgotten or has failed', async () => {
    const large = async () => {
      loads += 1;
      return 'x'.repeat(ANSWER_BYTES / 2);
    };
    for (let round = 0; round < 10; round += 1) {
      await memory.recall('a', 'all', always, large);
      memory.forget('a');
    }
    const fails = () => Promise.reject(new Error('away'));
    await expect(memory.recall('b', 'all', always, fails)).rejects.toThrow('away');
    await memory.recall('c', 'all', always, large);
    await memory.recall('c', 'all', always, large);
    expect(loads).toBe(11);
  });

  test('of nothing keeps nothing', async () => {
    memory = createMemory({ limit: 0, isFresh: () => true });
    expect([await recall('a'), await recall('a')]).toEqual([1, 2]);
  });
});

describe('of several that are read together', () => {
  const days = (...topics: string[]) => topics.map((topic) => [topic, 'all'] as const);
  let asked: number[];
  beforeEach(() => {
    asked = [];
    memory = createMemory({ limit: 10, isFresh: () => fresh });
  });
  const first = (topics: string[], holds: (value: number) => boolean = always) =>
    memory.recallFirst(days(...topics), holds, async (count) => {
      asked.push(count);
      return Array.from({ length: count }, () => (loads += 1));
    });

  test('each is remembered by itself, up to the next that is known', async () => {
    await recall('c');
    expect(await first(['a', 'b', 'c', 'd'])).toBe(2);
    expect(asked).toEqual([2]);
    expect([await recall('a'), await recall('b'), await recall('c'), await recall('d')]).toEqual([
      2, 3, 1, 4,
    ]);
    expect(await first(['b', 'd'])).toBe(3);
    expect(asked).toEqual([2]);
  });

  test('one that changes while they are read is not kept, and the others are', async () => {
    const reading = first(['a', 'b', 'c']);
    memory.forget('b');
    expect([await reading, await recall('a'), await recall('c'), await recall('b')]).toEqual([1, 1, 3, 4]);
  });

  test('one alone is read anew where it does not hold, and where nothing may be kept', async () => {
    await first(['a', 'b']);
    expect(await first(['a', 'b'], (value) => value > 1)).toBe(3);
    fresh = false;
    expect(await first(['x', 'y'])).toBe(4);
    expect(asked).toEqual([2, 1, 1]);
  });

  test('where reading fails nothing is kept', async () => {
    const failing = memory.recallFirst(days('a', 'b'), always, () => Promise.reject(new Error('away')));
    await expect(failing).rejects.toThrow('away');
    expect([await recall('a'), await recall('b')]).toEqual([1, 2]);
  });
});
