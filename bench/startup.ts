import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../src/db/embedded/embedded.ts';
import { asStarted, memory, plain, startServer } from './processes.ts';
import { figure, median, say, table } from './report.ts';
import type { Site } from './site.ts';

/** How long it takes from the command to the first answer, and what the server weighs when nobody asks for anything. */

const TIMES = 7;
const IDLE = 5_000;
const LIMIT = 60_000;

/** @returns start-up times and idle memory, as Markdown */
export async function startUp({ database_url, secret, log }: Site): Promise<string> {
  say('  start');
  const production = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    RATE_LIMIT: 'off',
    DATABASE_URL: database_url,
    JWT_SECRET: secret,
  };
  // npm's own settings and the Node it was started with are the caller's: it is to start as it does for them.
  const local = { HOME: process.env.HOME ?? '/', DATA_DIR: join(dirname(log), 'start') };
  const npm = ['npm', 'start'] as const;
  const node = [process.execPath, ...asStarted.flags, 'src/main/server.ts'] as const;
  // The first of all compiles every file and keeps what comes of it; all others find that.
  await firstAnswer(npm, local);
  const times: Record<'npm' | 'node' | 'local', number[]> = { npm: [], node: [], local: [] };
  for (let time = 0; time < TIMES; time += 1) {
    times.npm.push(await firstAnswer(npm, { ...production, HOME: local.HOME }));
    times.node.push(await firstAnswer(node, { ...production, ...asStarted.env }));
    times.local.push(await firstAnswer(npm, local));
  }
  const row = (title: string, values: number[]) => [
    title,
    figure(median(values)),
    figure(Math.max(...values)),
  ];
  const rows = [
    row('`npm start` in production', times.npm),
    row(
      'of that npm itself: the same without its `node src/main/server.ts`',
      times.npm.map((ms, at) => ms - (times.node[at] ?? 0)),
    ),
    row('`npm start` as cloned: its own PostgreSQL started too', times.local),
  ];
  const server = await startServer({ env: production, log });
  await sleep(IDLE);
  const idle = memory(server.pid);
  const own = memory(server.pid, 'RssAnon');
  const files = memory(server.pid, 'RssFile');
  await server.stop();
  return [
    table(['from the command to the first answer, migrated database', 'median ms', 'slowest ms'], rows),
    `Memory of the server, idle ${IDLE / 1_000} s after its start with its background jobs: ${figure(idle)} MB. ` +
      `Its own are ${figure(own)} MB; ${figure(files)} MB are pages of files, nearly all of node's own program.`,
  ].join('\n\n');
}

/** Milliseconds until `/health/ready` answers 200, asked every few milliseconds as a monitor would. */
async function firstAnswer(
  [command, ...args]: readonly [string, ...string[]],
  env: Record<string, string>,
): Promise<number> {
  const port = await freePort();
  const before = performance.now();
  // In a group of its own: npm, its shell and the server end together.
  const child = spawn(command, args, {
    env: plain({ ...env, PORT: String(port) }),
    stdio: 'ignore',
    detached: true,
  });
  const gone = once(child, 'exit');
  while (!(await isReady(port))) {
    if (child.exitCode !== null || performance.now() - before > LIMIT)
      throw new Error(`${command} does not start`);
    await sleep(5);
  }
  const took = performance.now() - before;
  process.kill(-(child.pid ?? 0), 'SIGTERM');
  await gone;
  return took;
}

const isReady = (port: number) =>
  new Promise<boolean>((done) => {
    const request = get({ host: '127.0.0.1', port, path: '/health/ready', agent: false }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    request.on('error', () => done(false));
  });
