import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { TestContext } from 'vitest';
import { freePort } from '../../src/db/embedded/embedded.ts';
import { serverUser } from '../../src/db/embedded/files.ts';

/** Debian's PostgreSQL 15, the oldest that is promised, as a server of a test's own. */

const BIN = '/usr/lib/postgresql/15/bin';
const PASSWORD = 'of-this-test';

/** Whether it is here; where it isn't, the test is skipped, and says so. */
export function needsDebian(context: TestContext, what: string): void {
  if (existsSync(join(BIN, 'initdb'))) return;
  process.stderr.write(
    `\n*** NOT RUN: ${what}: not here: postgresql-15 (apt-get install postgresql-15). ***\n\n`,
  );
  context.skip('no PostgreSQL 15');
}

export interface DebianServer {
  url: string;
  /** Its own folder. */
  data: string;
  stop(): Promise<void>;
}

interface DebianOptions {
  /** A folder that its user may enter; data of before is gone on with. */
  dir: string;
  settings?: readonly string[];
  env?: Record<string, string>;
}

export async function startDebian({ dir, settings = [], env = {} }: DebianOptions): Promise<DebianServer> {
  const { ids } = serverUser();
  const data = join(dir, 'postgres');
  const run = {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC', ...env },
    ...ids,
  };
  if (!existsSync(join(data, 'PG_VERSION'))) {
    mkdirSync(dir, { recursive: true });
    const secret = join(dir, 'password');
    writeFileSync(secret, PASSWORD);
    if (ids) for (const path of [dir, secret]) chownSync(path, ids.uid, ids.gid);
    const made = [
      '-D',
      data,
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--locale=C',
      '--lc-ctype=C.UTF-8',
      '-A',
      'scram-sha-256',
    ];
    execFileSync(join(BIN, 'initdb'), [...made, `--pwfile=${secret}`, '-N'], { ...run, stdio: 'ignore' });
  }
  const port = await freePort();
  const given = ['listen_addresses=127.0.0.1', `unix_socket_directories=${dir}`, ...settings];
  const child = spawn(
    join(BIN, 'postgres'),
    ['-D', data, '-p', String(port), ...given.flatMap((line) => ['-c', line])],
    {
      ...run,
      stdio: 'ignore',
    },
  );
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  await opened(url, child);
  return {
    url,
    data,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      await once(child, 'exit');
    },
  };
}

async function opened(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      return;
    } catch {
      await pause(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
  throw new Error('PostgreSQL 15 has ended instead of starting');
}
