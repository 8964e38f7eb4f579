import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newDataKey, readDataKeys } from '../../src/core/data-keys.ts';
import { openWith, sealWith } from '../../src/core/sealing.ts';
import type { Db } from '../../src/db/client.ts';
import { keysInUse, reseal } from '../../src/db/reseal.ts';
import { testDatabase } from '../helpers/database.ts';
import { startProcess, temporaryFolder } from '../helpers/process.ts';

const at = { table: 'secrets', column: 'secret', id: 'id' };
const ROWS = 250;
const now = new Date('2026-11-29T08:00:00Z');
const [old, fresh, lost] = [newDataKey(now), newDataKey(now), newDataKey(now)];

let db: Db;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, url, close } = await testDatabase());
  await db.$client.query('create table secrets (id integer primary key, secret text)');
});
afterAll(() => close());

const texts = async () => {
  const { rows } = await db.$client.query<{ id: number; secret: string | null }>(
    'select * from secrets order by id',
  );
  return rows;
};

test('every row is encrypted anew with the newest key, and says what it said', async () => {
  const sealed = Array.from({ length: ROWS }, (_, n) => sealWith(old, at, n, `secret ${n}`));
  await db.$client.query(
    'insert into secrets select n - 1, secret from unnest($1::text[]) with ordinality as row (secret, n)',
    [sealed],
  );
  await db.$client.query('insert into secrets values ($1, $2), (1001, null), (1002, $3)', [
    1000,
    sealWith(lost, at, 1000, 'lost'),
    // Taken from another row: nobody may read it here.
    sealed[0],
  ]);
  expect(await keysInUse(db, [at])).toEqual(new Set([old.name, lost.name]));
  expect(await reseal(db, [at], [fresh, old])).toEqual({ resealed: ROWS, unreadable: 2 });
  const rows = await texts();
  for (const { id, secret } of rows.slice(0, ROWS))
    expect(openWith(fresh, at, id, secret ?? '')).toBe(`secret ${id}`);
  expect(rows.slice(ROWS)).toEqual([
    { id: 1000, secret: expect.stringContaining(lost.name) },
    { id: 1001, secret: null },
    { id: 1002, secret: sealed[0] },
  ]);
  expect(await reseal(db, [at], [fresh, old])).toEqual({ resealed: 0, unreadable: 2 });
});

test('the command makes the file, puts a key in front and takes out what nothing needs', async () => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const file = join(folder.dir, 'keys', 'data-keys.json');
  const env = { DATA_KEYS: file, DATABASE_URL: url };
  const run = async (...flags: string[]) => {
    const started = startProcess(['src/cli/data-keys-rotate.ts', ...flags], env);
    return { code: await started.exited, said: started.output() };
  };
  expect((await run()).said).toMatch(/^DATA_KEYS cannot be read \(ENOENT\)/);
  expect(await run('--new')).toMatchObject({ code: 0 });
  const [first] = readDataKeys(file);
  expect(await run('--new')).toMatchObject({ code: 1, said: expect.stringContaining('is there already') });
  expect(readDataKeys(file)).toEqual([first]);
  expect(await run()).toMatchObject({
    code: 0,
    said: expect.stringMatching(/is the newest key\.\n0 encrypted anew\./),
  });
  const [second, ...others] = readDataKeys(file);
  expect(others).toEqual([first]);
  expect(await run('--drop')).toMatchObject({ code: 0, said: expect.stringContaining('1 dropped, 1 kept.') });
  expect(readDataKeys(file)).toEqual([second]);
  expect(await run('--new', '--drop')).toMatchObject({ code: 1, said: expect.stringContaining('Usage') });
});

test('a server with a file of keys that is missing or broken says so and does not start', async () => {
  const file = join(tmpdir(), `nobody-made-${process.pid}.json`);
  rmSync(file, { force: true });
  const started = startProcess(['src/main/server.ts'], { DATABASE_URL: url, DATA_KEYS: file, PORT: '0' });
  expect(await started.exited).toBe(1);
  expect(started.output().trim()).toMatch(/^DATA_KEYS cannot be read \(ENOENT\)[^\n]*$/);
});
