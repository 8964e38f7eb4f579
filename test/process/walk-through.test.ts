import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bash, blocksOf, runBlocks, statusesIn } from '../docs/pages.ts';
import { createDatabase } from '../helpers/database.ts';
import { type RunningServer, startServer, temporaryFolder } from '../helpers/process.ts';

/** The walk through the API of docs/tutorial.md, run in bash as a reader pastes it. */

const blocks = blocksOf('docs/tutorial.md');

const folder = temporaryFolder();
let server: RunningServer;
let database_url: string;
beforeAll(async () => {
  database_url = await createDatabase();
  server = await startServer({
    DATABASE_URL: database_url,
    DATA_DIR: folder.dir,
    DEMO_DATA: 'true',
    LOG_LEVEL: 'silent',
    // As many sign-ins within a minute as no reader makes.
    RATE_LIMIT_AUTH: '1000',
  });
  await server.printed(/patient\s+demo\.patient/);
});
afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.exited;
  folder.remove();
});

/** Answers once the codes are as old as if a minute had gone by: the reader waits that long. */
async function clockThatPasses(): Promise<string> {
  const client = new pg.Client({ connectionString: database_url });
  await client.connect();
  const clock = createServer((_request, response) => {
    client.query("update codes set created_at = created_at - interval '1 minute'").then(
      () => response.end(),
      (error) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(clock, 'listening');
  onTestFinished(async () => {
    clock.close();
    await client.end();
  });
  return `http://127.0.0.1:${(clock.address() as AddressInfo).port}/`;
}

test('every step of the tutorial answers as the page says', async () => {
  const asleep = `sleep() { if [ "$1" = 60 ]; then curl -sSf ${await clockThatPasses()}; else command sleep "$1"; fi; }`;
  const { port } = new URL(server.base);
  const { steps, said } = await runBlocks(folder.dir, {
    blocks,
    before: asleep,
    env: { PORT: port, DATA_DIR: folder.dir },
  });
  for (const { block, statuses } of steps) expect(statuses, `${block}\n${said}`).toEqual(statusesIn(block));
  expect(steps.map(({ stdout }) => stdout).join('')).not.toMatch(/undefined|"code":/);
  expect(statusesIn(blocks.join('\n')).length).toBeGreaterThan(45);
  // The files it writes stay out of the repository.
  for (const name of ['my-data.json', 'appointments.csv'])
    expect(readFileSync(join(folder.dir, name), 'utf8').length).toBeGreaterThan(100);
});

test('where a field is not in the answer, the tutorial says why and gives none', async () => {
  const { port } = new URL(server.base);
  const { stdout, stderr } = await bash(
    folder.dir,
    `${blocks[0]}\nas nobody.here wrong-password\necho "token=$TOKEN"\nsend $API/auth/me/ | value .id`,
    { PORT: port, DATA_DIR: folder.dir },
  );
  expect(stderr).toContain('The user name or the password is wrong.');
  expect(stderr).toContain('Send an access token');
  expect(stdout.trim()).toBe('token=');
});

test('every request of the tutorial has its status, and nothing is written beside the data', () => {
  expect(blocks.length).toBe(17);
  for (const line of blocks
    .slice(1)
    .join('')
    .replaceAll(/([,[])\n\s+/g, '$1 ')
    .split('\n'))
    if (/\bsend\b/.test(line) && !line.startsWith('until')) expect(line).toMatch(/# \d{3}$/);
  for (const [, target] of blocks.join('').matchAll(/ (?:-o|>) (\S+)/g)) expect(target).toMatch(/^"\$DATA\//);
});
