import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { missingPrograms } from '../../deploy/local.ts';
import { createDatabase } from '../helpers/database.ts';
import { type RunningServer, startServer, temporaryFolder } from '../helpers/process.ts';
import { blocksOf, helpers, printsIn, readPage, root, runBlocks, statusesIn } from './pages.ts';

/** The commands of the pages in docs/; those of the tutorial are run by test/process/walk-through.test.ts. */

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Programs that are not here, and backups, which hold every database of the server: test/backup makes them. */
const ELSEWHERE = /^(docker|export BACKUP_KEY|npm run (?:restore|backup:rehearse))\b/;
const isHere = (block: string) => !ELSEWHERE.test(block);

const requests = ['docs/security.md', 'docs/integration.md'];

test.each(requests)('every request of %s is answered as the page says, in a demo clinic', async (page) => {
  const server = await startServer({
    DATABASE_URL: await createDatabase(),
    DATA_DIR: folder.dir,
    DEMO_DATA: 'true',
    LOG_LEVEL: 'silent',
  });
  onTestFinished(async () => {
    server.child.kill('SIGTERM');
    await server.exited;
  });
  await server.printed(/patient\s+demo\.patient/);
  const blocks = blocksOf(page);
  const { steps, said } = await runBlocks(folder.dir, {
    blocks,
    // It would be downloaded.
    before: `npx() { [ "$1" = openapi-typescript ]; }\n${helpers()}`,
    env: { PORT: new URL(server.base).port, DATA_DIR: folder.dir },
  });
  expect(blocks.length).toBeGreaterThan(4);
  for (const { block, statuses, stdout } of steps) {
    expect(statuses, `${block}\n${said}`).toEqual(statusesIn(block));
    for (const words of printsIn(block)) expect(stdout, block).toContain(words);
  }
});

test.each(requests)('every request of %s says what its answer is', (page) => {
  for (const line of blocksOf(page).join('').split('\n'))
    if (/\b(send|curl)\b/.test(line) && !/^[A-Z]+=\$\(/.test(line))
      expect(line).toMatch(/# (\d{3}|prints: .+)$/);
});

let database_url: string;
let server: RunningServer;
beforeAll(async () => {
  database_url = await createDatabase({ empty: true });
  server = await startServer({ DATABASE_URL: await createDatabase(), DATA_DIR: folder.dir });
});
afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.exited;
});

/** What the commands find around them: a database, which the page itself migrates, and any free port. */
const surroundings = (block: string): Record<string, string> => ({
  PATH: [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
  HOME: process.env.HOME ?? '/',
  DOTENV_CONFIG_PATH: '/nonexistent',
  DATABASE_URL: database_url,
  DATA_DIR: folder.dir,
  DEMO_DATA: 'false',
  JWT_SECRET: 'Jq1sN0w2hVbC8zXe5rTy7uIoP3aSdF6gH9jKlZ4x',
  PORT: block.includes('/health/') ? new URL(server.base).port : '0',
});

/** Runs a block until it has printed what the page says, then ends what still runs, as Ctrl-C does. */
async function runUntilPrinted(block: string): Promise<string> {
  const child = spawn('bash', ['-e', '-c', block], {
    cwd: block.startsWith('cp ') ? folder.dir : root,
    env: surroundings(block),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const words = printsIn(block);
  const staysUp = /npm (start|run (worker|replicas))/.test(block);
  let output = '';
  let isEnding = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
      if (isEnding || !staysUp || !words.every((word) => output.includes(word))) return;
      isEnding = true;
      process.kill(-(child.pid ?? 0), 'SIGINT');
    });
  const [code] = await once(child, 'close');
  if (!isEnding) expect(code, `${block}\n${output}`).toBe(0);
  return output;
}

test('the commands of operations.md print what the page says, one after another', async () => {
  copyFileSync(join(root, '.env.example'), join(folder.dir, '.env.example'));
  const blocks = blocksOf('docs/operations.md').filter(isHere);
  expect(blocks.length).toBeGreaterThan(7);
  for (const block of blocks) {
    // test/replicas says that it did not run, too.
    if (block.includes('npm run replicas') && missingPrograms().length > 0) continue;
    const output = await runUntilPrinted(block);
    for (const words of printsIn(block)) expect(output, block).toContain(words);
  }
  expect(readFileSync(join(folder.dir, '.env'), 'utf8')).toBe(readPage('.env.example'));
});
