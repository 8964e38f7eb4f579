import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { drizzle, migrate } from './drizzle.ts';

const folder = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Any number will do, as long as every process that migrates takes the same. */
const MIGRATION_LOCK = 7_420_133;

/** Brings the database up to date. Safe to run from several processes at once: one does it, the others wait. */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}
