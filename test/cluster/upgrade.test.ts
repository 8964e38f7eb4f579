import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { freePort } from '../../src/db/embedded/embedded.ts';
import { PASSWORD, testConfig } from '../helpers/app.ts';
import { createDatabase, PATIENT_LIMITS } from '../helpers/database.ts';
import { temporaryFolder } from '../helpers/process.ts';
import { provesRules, request } from '../helpers/races.ts';

/**
 * A new version is rolled out over two processes of the one before while people book: first its migrations, then one
 * process after the other. UPGRADE_FROM names the commit of the version before; by default the last one of 0.4.0's clinic.
 */

const root = resolve(import.meta.dirname, '../..');
const BEFORE = process.env.UPGRADE_FROM ?? 'a51267b';
const CLIENTS = 8;

const isKnown = (() => {
  try {
    execFileSync('git', ['cat-file', '-e', `${BEFORE}^{commit}`], { cwd: root, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The files of a commit, with the packages of this one. */
function checkOut(folder: string): string {
  const place = join(folder, 'before');
  mkdirSync(place);
  const files = execFileSync('git', ['archive', BEFORE], { cwd: root, maxBuffer: 200_000_000 });
  execFileSync('tar', ['-x', '-C', place], { input: files });
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  return place;
}

test('a new version and its migrations are rolled out while people book, and nobody is refused for good', async (context) => {
  // npm run test:long sets it.
  if (process.env.LOSSES === undefined && process.env.UPGRADE_FROM === undefined) {
    process.stderr.write('\n*** NOT RUN: the rolling upgrade (npm run test:long, or UPGRADE_FROM). ***\n\n');
    return context.skip('LOSSES and UPGRADE_FROM are not set');
  }
  if (!isKnown) {
    process.stderr.write(`\n*** NOT RUN: the version before (${BEFORE}) is not in this history. ***\n\n`);
    return context.skip('no version before');
  }
  const { dir, remove } = temporaryFolder();
  onTestFinished(remove);
  const before = checkOut(dir);
  const url = await createDatabase({ empty: true });
  const env = {
    PATH: process.env.PATH ?? '',
    DOTENV_CONFIG_PATH: '/nonexistent',
    NODE_ENV: 'test',
    DATABASE_URL: url,
    DATA_DIR: join(dir, 'data'),
    JWT_SECRET: testConfig.jwt_secret,
    MIGRATE_ON_START: 'false',
    DEMO_DATA: 'false',
    BCRYPT_COST: '4',
    RATE_LIMIT: 'off',
    MAX_WAIT_SECONDS: '60',
    LOG_LEVEL: 'warn',
  };
  const run = (version: string, file: string, more = {}) =>
    spawn(process.execPath, [file], {
      cwd: version,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const migrate = async (version: string) => {
    const child = run(version, 'src/cli/migrate.ts');
    expect(await once(child, 'exit')).toEqual([0, null]);
  };
  const serve = async (version: string, port: number) => {
    const child = run(version, 'src/main/server.ts', { PORT: String(port) });
    let text = '';
    child.stdout.setEncoding('utf8');
    for await (const part of child.stdout) {
      text += part;
      if (text.includes('Listening on')) break;
    }
    return child;
  };
  await migrate(before);
  const ports = [await freePort(), await freePort()];
  const servers: Awaited<ReturnType<typeof serve>>[] = [];
  for (const port of ports) servers.push(await serve(before, port));
  onTestFinished(() => {
    for (const server of servers) server.kill('SIGKILL');
  });

  const db = openDatabase({ url, pool_max: 2, limits: PATIENT_LIMITS });
  const at = (index: number) => `http://127.0.0.1:${ports[index % 2]}`;
  const register = async (role: string, index: number) => {
    const account = { username: `${role}${index}`, password: PASSWORD };
    const { body } = await request(at(index), 'POST', '/auth/register/', { body: { ...account, role } });
    const { body: signed } = await request(at(index), 'POST', '/auth/login/', { body: account });
    if (signed.access === undefined) throw new Error(`${account.username} cannot sign in: ${signed.code}`);
    return { id: body.id ?? 0, token: signed.access };
  };
  const doctors = await Promise.all([0, 1].map((index) => register('doctor', index)));
  const people = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => register('patient', index)));
  const { rows: slots } = await db.$client.query<{ id: number }>(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select d.id, current_date + 2 + n / 84, time '08:00' + n % 84 * interval '10 minutes',
       time '08:10' + n % 84 * interval '10 minutes'
     from doctor_profiles d, generate_series(0, 84 * 300 - 1) n where d.id = any($1) returning id`,
    [doctors.map(({ id }) => id)],
  );

  const promised: number[] = [];
  const refused: Record<string, number> = {};
  let requests = 0;
  let stopped = false;
  const count = (reason: string) => {
    refused[reason] = (refused[reason] ?? 0) + 1;
  };
  /** As a proxy does: a process that is going away is left, and the other one asked, with the same key. */
  const bookOnce = async (origin: string, token: string, timeslot: number, key: string): Promise<boolean> => {
    requests += 1;
    const answer = await request(origin, 'POST', '/appointments/', { token, body: { timeslot }, key }).catch(
      () => undefined,
    );
    if (answer?.status === 201) promised.push(answer.body.id ?? 0);
    else count(answer ? `${answer.status} ${answer.body.code}` : 'no answer');
    return answer !== undefined && answer.status < 500 && answer.body.code !== 'request_in_progress';
  };
  const lives = people.map(async ({ token }, who) => {
    for (let next = who; !stopped && next < slots.length; next += CLIENTS) {
      const key = randomUUID();
      let attempt = who;
      while (!(await bookOnce(at(attempt), token, slots[next]?.id ?? 0, key))) {
        attempt += 1;
        await pause(100);
      }
      await pause(30);
    }
  });
  const more = async (count: number) => {
    const enough = promised.length + count;
    while (promised.length < enough) await pause(20);
  };
  await more(50);
  const steps: [string, number][] = [];
  const step = async (name: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    steps.push([name, (performance.now() - began) / 1_000]);
    await more(50);
  };
  await step('migrations, while the version before serves', () => migrate(root));
  for (const index of [0, 1])
    await step(`process ${index + 1} is replaced`, async () => {
      const old = servers[index];
      const ended = old && once(old, 'exit');
      old?.kill('SIGTERM');
      await ended;
      servers[index] = await serve(root, ports[index] ?? 0);
    });
  stopped = true;
  await Promise.all(lives);

  const { rows } = await db.$client.query<{ id: number }>(
    `select id from appointments where status in ('pending', 'confirmed') and id = any($1) order by id`,
    [promised],
  );
  expect(rows.map(({ id }) => Number(id))).toEqual([...promised].sort((a, b) => a - b));
  await provesRules(db);
  await db.$client.end();
  const journal = (folder: string) =>
    JSON.parse(readFileSync(join(folder, 'drizzle/meta/_journal.json'), 'utf8')).entries.length;
  process.stdout.write(
    `${journal(root) - journal(before)} migrations, ${requests} requests, ${promised.length} booked\n`,
  );
  for (const [name, seconds] of steps) process.stdout.write(`  ${name.padEnd(46)} ${seconds.toFixed(1)} s\n`);
  process.stdout.write(`  refused, and asked again: ${JSON.stringify(refused)}\n`);
  // What may be refused is what a client asks again for with its key: a process that goes away, or a lock of a migration.
  const honest = [
    'no answer',
    '409 request_in_progress',
    '503 record_busy',
    '503 database_unavailable',
    '503 overloaded',
  ];
  expect(Object.keys(refused).filter((reason) => !honest.includes(reason))).toEqual([]);
  for (const server of servers) server.kill('SIGTERM');
  await Promise.all(servers.map((server) => once(server, 'exit')));
});
