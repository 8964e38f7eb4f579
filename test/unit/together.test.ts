import { expect, test } from 'vitest';
import { together } from '../../src/db/together.ts';

/** Asks for letters; those that are locked are answered by nobody, and fail the group that they are in. */
function letters(lanes: number) {
  const groups: string[] = [];
  const locked = new Set<string>();
  const never = new Promise<string>(() => {});
  const ask = together<string, string>({
    lanes,
    alone: async (letter) => (locked.has(letter) ? never : letter.toUpperCase()),
    async together(wanted) {
      groups.push(wanted.join(''));
      await new Promise(setImmediate);
      if (wanted.some((letter) => locked.has(letter))) throw new Error('lock timeout');
      return wanted.map((letter) => letter.toUpperCase());
    },
  });
  return { ask, groups, locked };
}

test('what comes while another is under way goes together after it', async () => {
  const { ask, groups } = letters(1);
  expect(await Promise.all(['a', 'b', 'c'].map(ask))).toEqual(['A', 'B', 'C']);
  expect(groups).toEqual(['bc']);
});

test.each([1, 2])('who waits for ever holds up nobody else, with %d lanes', async (lanes) => {
  const { ask, locked } = letters(lanes);
  locked.add('x').add('y').add('z');
  for (const letter of ['x', 'y', 'z']) void ask(letter);
  expect(await Promise.all(['a', 'b'].map(ask))).toEqual(['A', 'B']);
  expect(await Promise.all(['c', 'd', 'e'].map(ask))).toEqual(['C', 'D', 'E']);
});
