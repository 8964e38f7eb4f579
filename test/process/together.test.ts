import { expect, onTestFinished, test, vi } from 'vitest';
import { lockKeys } from '../../src/db/lock-keys.ts';
import { untilBlocked } from '../helpers/blocked.ts';
import { testDatabase } from '../helpers/database.ts';
import { type Started, startProcess, startServer } from '../helpers/process.ts';

const env = { WORKER: 'off', JWT_SECRET: 'k7Qm2xV9pLr4TzWc8NfYb3HsJd6GaEuC' };

function endAtLast(...started: Started[]): void {
  onTestFinished(async () => {
    for (const { child } of started) child.kill('SIGTERM');
    await Promise.all(started.map(({ exited }) => exited));
  });
}

test.each([
  [
    'the first admin',
    { ADMIN_USERNAME: 'boss', ADMIN_PASSWORD: 'a-long-quiet-river', BCRYPT_COST: '13' },
    'boss',
  ],
  ['demo data', { DEMO_DATA: 'true', BCRYPT_COST: '13' }, 'demo.admin'],
])('processes that start together on a new database with %s all start', async (_, more, username) => {
  const { db, url, close } = await testDatabase(2);
  onTestFinished(close);
  // Each waits where it would migrate, so that they go on from there together.
  const gate = await db.$client.connect();
  await gate.query('select pg_advisory_lock($1)', [lockKeys.migration]);
  const starting = [1, 2, 3].map(() => startServer({ DATABASE_URL: url, ...env, ...more }));
  for (const server of starting) server.catch(() => {});
  await untilBlocked(gate, 3);
  await gate.query('select pg_advisory_unlock($1)', [lockKeys.migration]);
  gate.release();
  const servers = await Promise.all(starting);
  endAtLast(...servers);
  const { rows } = await db.$client.query("select username from users where role = 'admin'");
  expect(rows).toEqual([{ username }]);
  for (const { base } of servers) expect((await fetch(`${base}/health/live`)).status).toBe(200);
});

test('a process whose clock is an hour off says so once, is not ready, and goes on answering', async () => {
  const { url, close } = await testDatabase(2);
  onTestFinished(close);
  const late = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...given) { if (given.length > 0) super(...given); else super(Real.now() - 3600000); }
    static now() { return Real.now() - 3600000; } };`;
  const run = (file: string) =>
    startProcess(['--import', `data:text/javascript,${encodeURIComponent(late)}`, file], {
      NODE_ENV: 'test',
      PORT: '0',
      DATABASE_URL: url,
      ...env,
    });
  const [server, worker] = [run('src/main/server.ts'), run('src/main/worker.ts')];
  endAtLast(server, worker);
  const [, base = ''] = await server.printed(/Listening on (http:\/\/\S+)/);
  await vi.waitFor(async () => expect((await fetch(`${base}/health/ready`)).status).toBe(503), {
    timeout: 120_000,
  });
  expect((await fetch(`${base}/health/live`)).status).toBe(200);
  expect((await fetch(`${base}/api/auth/me/`)).status).toBe(401);
  for (const { printed } of [server, worker])
    expect(
      Number((await printed(/"seconds":([\d.]+),"msg":"the database’s clock is ahead/))[1]),
    ).toBeGreaterThan(3_590);
  expect(server.output().match(/clock is ahead/g)).toHaveLength(1);
});
