import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { archiving } from '../../src/db/backup/archiver.ts';
import { openDatabase } from '../../src/db/client.ts';
import { type Embedded, openEmbedded } from '../../src/db/embedded/embedded.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { createBackups } from '../../src/modules/system/index.ts';
import { PASSWORD } from '../helpers/app.ts';
import { testClock } from '../helpers/clock.ts';
import { startProcess, temporaryFolder } from '../helpers/process.ts';
import { request } from '../helpers/races.ts';
import { archived, KEY, openBooks, run, smallDisk } from './site.ts';

const { dir, remove } = temporaryFolder();
const data = join(dir, 'data');
const backups = join(dir, 'backups');
const env = () => ({ DATABASE_URL: server.url, DATA_DIR: data, BACKUP_DIR: backups });

let server: Embedded;
let books: Awaited<ReturnType<typeof openBooks>>;
/** Between two bookings; a patient was erased after it. */
let moment: Date;
let erased: number;

beforeAll(async () => {
  chmodSync(dir, 0o755);
  mkdirSync(data);
  writeFileSync(join(data, 'jwt-secret'), 'a secret of this folder');
  server = await openEmbedded({ dir: data, prepare: () => archiving(data, backups, KEY) });
  await migrateDatabase(server.url);
  books = await openBooks(server.url, { BACKUP_DIR: backups, BACKUP_KEY: KEY });
});
afterAll(async () => {
  await books?.close();
  await server?.stop();
  remove();
});

test('a backup is made while people book, and says that the log is archived', async () => {
  await books.until(() => books.booked.length >= 5);
  const { code, output } = await run('backup', [], env());
  expect(output).toContain('Encrypted with BACKUP_KEY');
  expect(output).toContain('The log is archived continuously.');
  expect(output).toMatch(/Any moment since \S+ can be restored\.\n$/);
  expect(code).toBe(0);
});

/** A database that was restored, as the next process of the same settings finds it. */
async function open(restored: string) {
  const opened = await openEmbedded({ dir: restored, prepare: () => archiving(restored, backups, KEY) });
  const client = new pg.Client({ connectionString: opened.url });
  await client.connect();
  return {
    client,
    url: opened.url,
    async close() {
      await client.end();
      await opened.stop();
    },
  };
}

test('what is restored to a moment has every booking answered before it and none that was asked for after', async () => {
  const before = books.booked.length;
  await books.until(() => books.booked.length >= before + 20);
  moment = new Date();
  const since = () => books.booked.filter(({ asked }) => asked > moment.getTime()).length;
  await books.until(() => since() >= 20);
  const [person] = books.people;
  erased = person?.id ?? 0;
  const answer = await request(books.server.base, 'DELETE', '/auth/me/', {
    token: person?.token,
    body: { password: PASSWORD },
  });
  expect(answer.status).toBe(204);
  await books.stop();
  await archived(server.url);

  const to = join(dir, 'restored');
  const { code, output } = await run(
    'restore',
    ['--from', backups, '--to', to, '--at', moment.toISOString()],
    env(),
  );
  expect(output).toContain('1 people who were erased later were erased again.');
  expect(code, output).toBe(0);
  const { client, url, close } = await open(to);
  onTestFinished(close);
  const { rows } = await client.query<{ id: number }>('select id from appointments');
  const there = new Set(rows.map(({ id }) => Number(id)));
  const answeredBefore = books.booked.filter(({ answered }) => answered < moment.getTime());
  const askedAfter = books.booked.filter(({ asked }) => asked > moment.getTime());
  expect(answeredBefore.length).toBeGreaterThan(20);
  expect(answeredBefore.filter(({ id }) => !there.has(id))).toEqual([]);
  expect(askedAfter.filter(({ id }) => there.has(id))).toEqual([]);

  // Nobody who was erased comes back, and the keys are there to go on with.
  const { rows: people } = await client.query(
    'select username, first_name, deleted_at from users where id = $1',
    [erased],
  );
  expect(people).toEqual([{ username: `erased#${erased}`, first_name: null, deleted_at: expect.anything() }]);
  expect(readFileSync(join(to, 'jwt-secret'), 'utf8')).toBe('a secret of this folder');
  expect(readFileSync(join(to, 'keys.env'), 'utf8')).toMatch(/^JWT_SECRET=/);
  // It archives nowhere, least of all where the server archives that it came from.
  const { rows: archive } = await client.query('show archive_mode');
  expect(archive).toEqual([{ archive_mode: 'off' }]);
  // A backup of what archives nowhere promises no moment but its own.
  const another = await run('backup', ['--to', join(dir, 'of-restored')], {
    ...env(),
    DATABASE_URL: url,
    DATA_DIR: to,
  });
  expect(another.output).toContain('NOT ARCHIVED: only the moment of this backup can be restored.');
  expect(another.output).not.toContain('Any moment since');
  expect(another.code, another.output).toBe(0);
  expect(await judgedByJobs(url, to, join(dir, 'of-restored'))).toEqual({
    backUp: {
      says: expect.stringMatching(
        /^NOT ARCHIVED: the server archives its log nowhere\. Only backups can be restored/,
      ),
      told: [{ rehearsal: 'false', unarchived: 'true' }],
    },
    rehearse: {
      says: 'NOT ARCHIVED: the log since it is not here. Only its own moment can be restored.',
      told: [{ rehearsal: 'false', unarchived: 'true' }],
    },
  });
});

/** What the jobs log of the backups as not well, and tell admins. */
async function judgedByJobs(url: string, data_dir: string, backup_dir: string) {
  const settings = { DATABASE_URL: url, DATA_DIR: data_dir, BACKUP_DIR: backup_dir, BACKUP_KEY: KEY };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const db = openDatabase({ url, pool_max: 1 });
  onTestFinished(() => db.$client.end());
  const [log, told] = [{ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }, vi.fn()];
  const jobs = createBackups({
    db,
    clock: testClock(),
    log,
    backup_dir,
    backup_jobs: true,
    users: { activeAdmins: async () => [1] },
    messages: { enqueue: async (_, { params }) => told(params) },
  });
  const judged: Record<string, object> = {};
  for (const name of ['backUp', 'rehearse'] as const) {
    await jobs[name]();
    judged[name] = { says: log.error.mock.lastCall?.[0].says, told: told.mock.calls.flat() };
    log.error.mockClear();
    told.mockClear();
  }
  expect(log.info).not.toHaveBeenCalled();
  return judged;
}

test('the ledger of erasures holds ids and times alone', () => {
  const folder = join(backups, 'erasures');
  const entries = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\d[ T]/);
  expect(entries).toEqual([{ people: [{ id: erased, created_at: time }], at: time }]);
});

test('a rehearsal restores the newest backup beside, judges all of it, and says how much and how long', async () => {
  const { code, output } = await run('backup-rehearse', ['--in', dir], env());
  expect(output).toMatch(/RPO: its last transaction is [\d.]+ s old/);
  expect(output).toMatch(/RTO: [\d.]+ s until it was open/);
  expect(output).toMatch(/\d+ indexes and \d+ constraints were judged/);
  expect(output).toContain('Whole: it can be restored.');
  expect(code).toBe(0);
  expect(readdirSync(dir).filter((name) => name.startsWith('clinic-rehearsal-'))).toEqual([]);
  expect(JSON.parse(readFileSync(join(backups, 'rehearsals', newest('rehearsals')), 'utf8'))).toMatchObject({
    ok: true,
    problems: [],
  });
});

test('a rehearsal that is asked to end leaves no copy behind', async () => {
  const started = startProcess(['src/cli/backup-rehearse.ts', '--in', dir], {
    ...env(),
    BACKUP_KEY: KEY,
  });
  await started.printed(/RPO: /);
  started.child.kill('SIGTERM');
  expect(await started.exited).toBe(143);
  expect(readdirSync(dir).filter((name) => name.startsWith('clinic-rehearsal-'))).toEqual([]);
});

const newest = (folder: string) => readdirSync(join(backups, folder)).sort().at(-1) ?? '';

test.each([
  ['with another key', { BACKUP_KEY: `${KEY}!` }, /BACKUP_KEY is not the key of the backups/],
  ['without the key', { BACKUP_KEY: '' }, /are encrypted: set BACKUP_KEY/],
])('nothing is restored %s, and it says so in one line', async (_, other, says) => {
  const { code, output } = await run('restore', ['--from', backups, '--to', join(dir, 'no')], {
    ...env(),
    ...other,
  });
  expect(output.trim()).toMatch(says);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
  expect(existsSync(join(dir, 'no'))).toBe(false);
});

test('a folder that holds anything is left alone, and no moment before the first backup is promised', async () => {
  const full = await run('restore', ['--from', backups, '--to', data], env());
  expect(full).toEqual({
    code: 1,
    output: `${data} holds something: name a folder that is empty or not there.\n`,
  });
  const early = await run(
    'restore',
    ['--from', backups, '--to', join(dir, 'no'), '--at', '2020-01-01T00:00:00Z'],
    env(),
  );
  expect(early.output).toMatch(/^Nothing reaches back so far: the oldest backup ended /);
  expect(early.code).toBe(1);
});

test('an archived file is never overwritten, and what is no whole file of this server is no success', async () => {
  const wal = join(backups, 'wal');
  const [stored = ''] = readdirSync(wal).filter((name) => /^[0-9A-F]{24}\.gz\.enc$/.test(name));
  const name = stored.slice(0, 24);
  const bytes = readFileSync(join(wal, stored));
  const other = join(dir, 'other');
  writeFileSync(other, Buffer.alloc(16 * 1024 * 1024, 7));
  const archive = (path: string, as: string) => run('archive-wal', ['--to', backups, path, as]);
  expect(await archive(other, name)).toMatchObject({
    code: 1,
    output: expect.stringContaining('from another server'),
  });
  expect(await archive(other, '../../escape')).toMatchObject({ code: 1 });

  // A true segment under a name that is taken: the same content is a success, another is none.
  const current = join(data, 'postgres/pg_wal');
  const real =
    readdirSync(current)
      .filter((file) => readdirSync(wal).includes(`${file}.gz.enc`))
      .sort()
      .at(-1) ?? '';
  expect(await archive(join(current, real), real)).toMatchObject({ code: 0 });
  const changed = readFileSync(join(current, real));
  changed[1_000_000] = (changed[1_000_000] ?? 0) ^ 1;
  writeFileSync(other, changed);
  expect(await archive(other, real)).toMatchObject({
    code: 1,
    output: expect.stringContaining('with other content'),
  });
  writeFileSync(other, changed.subarray(0, 100_000));
  expect(await archive(other, real)).toMatchObject({
    code: 1,
    output: expect.stringContaining('no whole segment'),
  });
  expect(readFileSync(join(wal, stored)).equals(bytes)).toBe(true);
  expect(await run('archive-wal', ['--to', join(dir, 'unmounted'), other, real])).toMatchObject({ code: 1 });
});

test('a full disk leaves no half backup and no half file of the log, and says so', async (context) => {
  const small = join(dir, 'small');
  mkdirSync(small);
  const disk = smallDisk(small, 3);
  if (!disk) {
    process.stderr.write('\n*** NOT RUN: no small disk can be mounted here (root is needed). ***\n\n');
    return context.skip('no small disk');
  }
  onTestFinished(disk.remove);
  const { code, output } = await run('backup', ['--to', small], env());
  expect(output).toBe('The disk is full (ENOSPC): nothing was kept of it.\n');
  expect(code).toBe(1);
  expect(readdirSync(join(small, 'base'))).toEqual([]);
  const segment =
    readdirSync(join(data, 'postgres/pg_wal'))
      .filter((file) => /^[0-9A-F]{24}$/.test(file))
      .sort()[0] ?? '';
  // To its last block.
  expect(() => writeFileSync(join(small, 'filler'), Buffer.alloc(4_000_000))).toThrow('ENOSPC');
  const archive = await run('archive-wal', ['--to', small, join(data, 'postgres/pg_wal', segment), segment]);
  expect(archive).toMatchObject({ code: 1, output: expect.stringContaining('ENOSPC') });
  expect(readdirSync(join(small, 'wal'))).toEqual([]);
});

test('a broken or missing file of the log is told loudly, and what comes before it is restored', async () => {
  const wal = join(backups, 'wal');
  const manifest = JSON.parse(readFileSync(join(backups, 'base', newest('base'), 'manifest.json'), 'utf8'));
  const after =
    readdirSync(wal)
      .filter((name) => /^[0-9A-F]{24}\.gz\.enc$/.test(name) && name.slice(0, 24) > manifest.last_wal)
      .sort()[0] ?? '';
  const path = join(wal, after);
  const whole = readFileSync(path);
  const broken = Buffer.from(whole);
  const middle = Math.floor(statSync(path).size / 2);
  broken[middle] = (broken[middle] ?? 0) ^ 1;
  writeFileSync(path, broken);
  const says = `NOT COMPLETE: the archive lacks ${after.slice(0, 24)}, or it is broken.`;
  const first = await run('restore', ['--from', backups, '--to', join(dir, 'broken')], env());
  expect(first).toMatchObject({ code: 1, output: expect.stringContaining(says) });
  expect((await run('backup-rehearse', ['--in', dir], env())).output).toContain('NOT WHOLE: ');
  rmSync(path);
  const second = await run('restore', ['--from', backups, '--to', join(dir, 'missing')], env());
  const isLast = !readdirSync(wal).some((name) => /^[0-9A-F]{24}\.gz\.enc$/.test(name) && name > after);
  if (!isLast) expect(second).toMatchObject({ code: 1, output: expect.stringContaining(says) });
  writeFileSync(path, whole);
});

test('an erasure that cannot be noted beside the backups does not happen', async () => {
  rmSync(join(backups, 'erasures'), { recursive: true });
  const person = books.people[1];
  const answer = await request(books.server.base, 'DELETE', '/auth/me/', {
    token: person?.token,
    body: { password: PASSWORD },
  });
  expect(answer).toMatchObject({ status: 503, body: { code: 'provider_unavailable' } });
  const { rows } = await books.clinic.db.$client.query('select deleted_at from users where id = $1', [
    person?.id,
  ]);
  expect(rows).toEqual([{ deleted_at: null }]);
});
