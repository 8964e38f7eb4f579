import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DatabaseClient } from './connection.ts';
import { drizzle, migrate } from './drizzle.ts';
import { LIMITS } from './limits.ts';
import { lockKeys } from './lock-keys.ts';

const folder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/**
 * Runs what must be done once on a new database (tables, the first admin) while no other process does any of it: one
 * does it, the others wait and find it done. It takes as long as it takes: this connection has no limits.
 */
export async function oneAtATime<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client: pg.Client = new DatabaseClient({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lockKeys.migration]);
    return await work(client);
  } finally {
    // The lock ends with its session.
    await client.end();
  }
}

/**
 * Brings the database up to date. Safe to run from several processes at once.
 * @param clinic_name what the first branch is called, if this makes it
 */
export async function migrateDatabase(url: string, clinic_name = ''): Promise<void> {
  // Loaded when it is needed: the server has no use for it in production until it listens.
  const { Logger, runMigrations } = await import('graphile-worker');
  await oneAtATime(url, async (client) => {
    // The job queue's own schema first: our triggers put jobs into it.
    const queue = new pg.Pool({
      connectionString: url,
      Client: DatabaseClient,
      max: 1,
      connectionTimeoutMillis: LIMITS.connect,
    });
    queue.on('error', () => {});
    queue.on('connect', (connected) => connected.on('error', () => {}));
    await runMigrations({ pgPool: queue, logger: new Logger(() => () => {}) }).finally(() => queue.end());
    await client.query("select set_config('clinic.name', $1, false)", [clinic_name]);
    await migrate(drizzle(client), { migrationsFolder: folder });
  });
}
