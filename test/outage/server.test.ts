import { randomUUID } from 'node:crypto';
import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { filled, missingPrograms, startProgram } from '../../deploy/local.ts';
import { type Embedded, freePort, openEmbedded } from '../../src/db/embedded/embedded.ts';
import { serverUser } from '../../src/db/embedded/files.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { writeFor } from '../helpers/files.ts';
import { endure, isLong, seconds } from '../helpers/outage.ts';
import { temporaryFolder } from '../helpers/process.ts';

/** A PostgreSQL of its own: that of the test run must not be stopped. */
let folder: ReturnType<typeof temporaryFolder>;
let database: Embedded;
beforeAll(() => {
  folder = temporaryFolder();
  const { ids } = serverUser();
  if (ids) chownSync(folder.dir, ids.uid, ids.gid);
});
beforeEach(async () => {
  const dir = join(folder.dir, randomUUID());
  database = await openEmbedded({
    dir,
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  });
  onTestFinished(async () => {
    signal('SIGCONT');
    await database.stop();
  });
  current = dir;
  await migrateDatabase(database.url);
});
afterAll(() => folder.remove());

let current = '';

/** The postmaster and all that it has begun. */
function processes(): number[] {
  const [line = ''] = readFileSync(join(current, 'postgres/postmaster.pid'), 'utf8').split('\n');
  const children = readFileSync(`/proc/${line}/task/${line}/children`, 'utf8').split(' ').filter(Boolean);
  return [line, ...children].map(Number);
}

function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of processes())
    try {
      process.kill(pid, name);
    } catch {
      // It has just ended.
    }
}

const stands = (name: string, length: number) => ({
  name,
  seconds: length,
  begin: () => signal('SIGSTOP'),
  end: () => signal('SIGCONT'),
});

describe.skipIf(process.platform !== 'linux')('after PostgreSQL has stood still', () => {
  test('everything is well by itself', async () => {
    const output = await endure(stands('PostgreSQL stands still', seconds(6)), {
      direct: database.url,
      url: database.url,
    });
    expect(output).not.toMatch(/MaxListenersExceeded/);
  });

  test.skipIf(missingPrograms().includes('pgbouncer')).each(isLong ? [3, 10] : [3])(
    'everything is well by itself behind a PgBouncer that lets clients wait for %i s',
    async (wait) => {
      const user = serverUser();
      const { username, password, port } = new URL(database.url);
      const pooler = await freePort();
      const userlist = writeFor(
        user,
        join(folder.dir, `userlist-${wait}.txt`),
        `"${username}" "${password}"\n`,
      );
      const ini = filled('pgbouncer.ini', {
        'host=database port=5432': `host=127.0.0.1 port=${port}`,
        'host=replica port=5432': `host=127.0.0.1 port=${port}`,
        'listen_addr = 0.0.0.0': 'listen_addr = 127.0.0.1',
        'listen_port = 6432': `listen_port = ${pooler}`,
        '/tmp/userlist.txt': userlist,
        // Fewer than the server asks for at once, so that some must wait.
        'default_pool_size = 20': 'default_pool_size = 4',
        'query_wait_timeout = 3': `query_wait_timeout = ${wait}`,
        // Debian's is too old for it.
        'max_prepared_statements = 200\n': '',
      });
      const file = writeFor(user, join(folder.dir, `pgbouncer-${wait}.ini`), ini);
      const bouncer = await startProgram({ command: ['pgbouncer', file], port: pooler, ids: user.ids });
      onTestFinished(() => bouncer.stop());
      await endure(stands(`PgBouncer, query_wait_timeout ${wait}`, seconds(wait === 3 ? 8 : 12)), {
        direct: database.url,
        url: `postgres://${username}:${password}@127.0.0.1:${pooler}/clinic`,
        env: { DATABASE_DIRECT_URL: database.url, DATABASE_PREPARED: 'false' },
        places: 4,
      });
      expect(bouncer.output()).toMatch(/query_wait_timeout|server_connect|client_login_timeout|disconnect/i);
    },
  );
});
