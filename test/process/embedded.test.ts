import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openEmbedded } from '../../src/db/embedded/embedded.ts';
import { type Started, startProcess, temporaryFolder } from '../helpers/process.ts';

const PATIENCE = { timeout: 240_000, interval: 100 };
const PASSWORD = 'a-long-quiet-river';

function folder(): string {
  const { dir, remove } = temporaryFolder();
  onTestFinished(remove);
  return dir;
}

/** Processes of one folder, which all end before it is removed. */
function startAll(dir: string, count: number, env: Record<string, string> = {}): Started[] {
  const started = Array.from({ length: count }, (_, index) =>
    startProcess([index === count - 1 ? 'src/main/worker.ts' : 'src/main/server.ts'], {
      NODE_ENV: 'test',
      DATA_DIR: dir,
      PORT: '0',
      BCRYPT_COST: '4',
      LOG_LEVEL: 'info',
      ADMIN_USERNAME: 'boss',
      ADMIN_PASSWORD: PASSWORD,
      ...env,
    }),
  );
  onTestFinished(async () => {
    for (const { child } of started) child.kill('SIGTERM');
    await Promise.all(started.map(({ exited }) => exited));
  });
  return started;
}

const owner = (dir: string) =>
  JSON.parse(readFileSync(join(dir, 'connection.json'), 'utf8')) as { owner: number; port: number };

async function signsIn(base: string): Promise<void> {
  await vi.waitFor(async () => {
    expect((await fetch(`${base}/health/ready`)).status).toBe(200);
    const answer = await fetch(`${base}/api/auth/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'boss', password: PASSWORD }),
    });
    expect(answer.status).toBe(200);
  }, PATIENCE);
}

test('processes that start together on an empty folder share one database, and outlive whichever has it', async () => {
  const dir = folder();
  const all = startAll(dir, 4);
  const servers = all.slice(0, 3);
  const works = (worker: Started | undefined) => worker?.printed(/background jobs run/);
  const bases = await Promise.all(
    servers.map(async (server) => (await server.printed(/Listening on (http:\/\/\S+)/))[1] ?? ''),
  );
  await works(all[3]);
  for (const base of bases) await signsIn(base);
  const { port } = owner(dir);

  // By kill -9, then by a clean end; the worker may be next in line as well as a server.
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const gone = all.findIndex(({ child }) => child.pid === owner(dir).owner);
    expect(gone).not.toBe(-1);
    const [process] = all.splice(gone, 1);
    process?.child.kill(signal);
    await process?.exited;
    if (gone < bases.length) bases.splice(gone, 1);
    for (const base of bases) await signsIn(base);
    expect(owner(dir)).toMatchObject({ port });
  }
});

test('processes that start together on a folder that was stopped share its database', async () => {
  const dir = folder();
  const first = await openEmbedded({ dir });
  await first.stop();
  const all = startAll(dir, 3, { ADMIN_USERNAME: '', ADMIN_PASSWORD: '' });
  for (const server of all.slice(0, 2)) await server.printed(/Listening on/);
  await all[2]?.printed(/background jobs run/);
});

test('it starts although the number of the server before has become somebody else’s', async () => {
  const dir = folder();
  const first = await openEmbedded({ dir });
  await first.stop();
  const other = spawn('sleep', ['600']);
  onTestFinished(() => void other.kill('SIGKILL'));
  await once(other, 'spawn');
  writeFileSync(
    join(dir, 'postgres/postmaster.pid'),
    `${other.pid}\n${dir}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n`,
  );
  const again = await openEmbedded({ dir });
  const client = new pg.Client({ connectionString: again.url });
  await client.connect();
  await client.end();
  expect(other.exitCode).toBeNull();
  await again.stop();
});

test('what cannot become a database is left as it is', async () => {
  const dir = folder();
  mkdirSync(join(dir, 'postgres'));
  writeFileSync(join(dir, 'postgres/precious'), 'data');
  await expect(openEmbedded({ dir })).rejects.toThrow('could not be made');
  expect(readFileSync(join(dir, 'postgres/precious'), 'utf8')).toBe('data');
  expect(existsSync(join(dir, 'postgres.new'))).toBe(false);
});
