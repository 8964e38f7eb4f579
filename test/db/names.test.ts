import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../helpers/database.ts';

test('names of statements that differ only beyond what the server keeps stand for two statements', async () => {
  const { db, close } = await testDatabase(1);
  onTestFinished(close);
  const long = 'x'.repeat(70);
  const ask = async (name: string, text: string) => (await db.$client.query({ name, text })).rows[0];
  for (let times = 0; times < 2; times += 1) {
    expect(await ask(`${long}.one`, 'select 1 as one')).toEqual({ one: 1 });
    expect(await ask(`${long}.two`, 'select 2 as two')).toEqual({ two: 2 });
  }
});
