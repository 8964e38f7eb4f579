import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { drizzle, migrate } from './drizzle.ts';

const folder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** Any number will do, as long as every process that migrates takes the same. */
const MIGRATION_LOCK = 7_420_133;

/** Brings the database up to date. Safe to run from several processes at once: one does it, the others wait. */
export async function migrateDatabase(url: string): Promise<void> {
  // Loaded when it is needed: the server has no use for it in production until it listens.
  const { Logger, runMigrations } = await import('graphile-worker');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // The job queue's own schema first: our triggers put jobs into it.
    const queue = new pg.Pool({ connectionString: url, max: 1 });
    queue.on('error', () => {});
    queue.on('connect', (connected) => connected.on('error', () => {}));
    await runMigrations({ pgPool: queue, logger: new Logger(() => () => {}) }).finally(() => queue.end());
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}
