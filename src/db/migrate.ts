import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { AppError } from '../core/errors.ts';
import { type Db, databaseError } from './client.ts';
import { DatabaseClient } from './connection.ts';
import { type MigrationMeta, readMigrationFiles } from './drizzle.ts';
import { LIMITS } from './limits.ts';
import { lockKeys } from './lock-keys.ts';

const OWN = fileURLToPath(new URL('../../drizzle', import.meta.url));

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
 * Brings the database up to date. Safe to run from several processes at once. What fails leaves the migrations before it.
 * @param clinic_name what the first branch is called, if this makes it
 * @param folder of the migrations, with drizzle-kit's journal
 */
export async function migrateDatabase(url: string, clinic_name = '', folder = OWN): Promise<void> {
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
    await applyPending(client, folder);
  });
}

/**
 * Each migration in a transaction of its own, noted where drizzle-kit notes them. drizzle's own migrator has one for all:
 * an upgrade over several versions failed in it, because a value that one migration adds to a type cannot be used in the
 * same transaction ("unsafe use of new value"), and it would keep every lock until the last one is done.
 */
async function applyPending(client: pg.Client, folder: string): Promise<void> {
  await client.query('create schema if not exists drizzle');
  await client.query(
    'create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
  );
  const { rows } = await client.query<{ last: string | null }>(
    'select max(created_at) as last from drizzle.__drizzle_migrations',
  );
  const last = Number(rows[0]?.last ?? 0);
  for (const migration of readMigrationFiles({ migrationsFolder: folder }))
    if (migration.folderMillis > last) await apply(client, migration);
}

/** So often a migration is tried, half a minute in all at most, until a moment comes in which nobody has what it needs. */
const TRIES = 60;
/** How long it waits for its tables at first, in milliseconds. Whoever comes meanwhile waits behind it. */
const PATIENCE = 100;
/**
 * Each fifth try waits for longer than `deadlock_timeout` (1 s): an autovacuum gives way to whoever has waited so long, and to
 * nobody before. People, who give up after 2 s, wait behind it.
 */
const patienceOf = (tries: number) => (tries % 5 === 0 ? 1_500 : PATIENCE);

/**
 * A migration takes its locks one by one while people book, and what it needs last may be stronger than what it has: those who
 * read a table before they write it wait for the migration then, which waits for them. The database ends the migration. It is
 * tried again, and has the strongest locks first: all of them soon, or none.
 */
async function apply(client: pg.Client, { sql, hash, folderMillis }: MigrationMeta): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await client.query('begin');
    try {
      if (tries > 1) await lockTables(client, sql, patienceOf(tries));
      for (const statement of sql) await client.query(statement);
      await client.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
        hash,
        folderMillis,
      ]);
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback');
      if (tries === TRIES || !TRIED_AGAIN.has(databaseError(error)?.code ?? '')) throw error;
      await sleep(PATIENCE * (0.5 + Math.random()));
    }
  }
}

/** A deadlock, and a lock that was not had in time. */
const TRIED_AGAIN = new Set(['40P01', '55P03']);

/** What nobody may even read meanwhile. Of what a migration makes itself nobody knows yet. */
const ALTERED = /\b(?:alter table|drop table|drop trigger \w+ on)\s+(?:if exists\s+)?"?(\w+)"?/gi;

async function lockTables(client: pg.Client, statements: readonly string[], patience: number): Promise<void> {
  const altered = statements.flatMap((text) => [...text.matchAll(ALTERED)].map(([, name]) => name));
  const { rows } = await client.query<{ name: string }>(
    `select format('%I', t.name) as name from unnest($1::text[]) with ordinality t (name, nth)
     join pg_tables p on p.schemaname = 'public' and p.tablename = t.name
     group by t.name order by min(t.nth)`,
    [altered],
  );
  if (rows.length === 0) return;
  await client.query(`set local lock_timeout = ${patience}`);
  await client.query(`lock table ${rows.map(({ name }) => name)} in access exclusive mode`);
  await client.query('set local lock_timeout = default');
}

/**
 * Rejects with database_unavailable until every migration of this version is applied. Each is committed by itself, so whoever
 * starts meanwhile would find some of what it works with and not the rest.
 */
export async function checkMigrated(db: Db): Promise<void> {
  const journal = JSON.parse(await readFile(join(OWN, 'meta/_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  const { rowCount } = await db.$client.query(
    'select from drizzle.__drizzle_migrations where created_at >= $1 limit 1',
    [Math.max(...journal.entries.map(({ when }) => when))],
  );
  if (rowCount === 0) throw new AppError('database_unavailable', { retryAfter: 2 });
}
