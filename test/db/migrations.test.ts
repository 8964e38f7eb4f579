import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { migrateDatabase } from '../../src/db/migrate.ts';
import * as schema from '../../src/db/schema/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { needsDebian, startDebian } from '../helpers/debian.ts';
import { temporaryFolder } from '../helpers/process.ts';

const root = join(import.meta.dirname, '../..');
const drizzle = (file: string) => readFileSync(join(root, 'drizzle', file), 'utf8');
const journal: { tag: string }[] = JSON.parse(drizzle('meta/_journal.json')).entries;

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const applied = async (url: string) =>
  (await query<{ count: number }>(url, 'select count(*)::int from drizzle.__drizzle_migrations'))[0]?.count;

test('several processes and connections migrate one empty database at once, and it is migrated once', async () => {
  const url = await createDatabase({ empty: true });
  const byCommand = () =>
    promisify(execFile)(process.execPath, ['src/cli/migrate.ts'], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: url },
    });
  const [, , , , command] = await Promise.all([
    migrateDatabase(url),
    migrateDatabase(url),
    migrateDatabase(url),
    byCommand(),
    byCommand(),
  ]);
  expect(command.stdout).toBe('The database is up to date.\n');
  expect(await applied(url)).toBe(journal.length);
  // And again, on a database that has it all.
  await migrateDatabase(url);
  expect(await applied(url)).toBe(journal.length);
  expect(await query(url, 'select * from users')).toEqual([]);
});

test('a migration that fails leaves nothing behind, and succeeds once its obstacle is gone', async () => {
  const url = await createDatabase({ empty: true });
  await query(url, 'create table timeslots (mine integer)');
  await expect(migrateDatabase(url)).rejects.toThrow();
  const tables = () => query(url, "select tablename from pg_tables where schemaname = 'public'");
  expect(await tables()).toEqual([{ tablename: 'timeslots' }]);
  await query(url, 'drop table timeslots');
  await migrateDatabase(url);
  expect(await applied(url)).toBe(journal.length);
});

test('the journal names exactly the files that are there', () => {
  const files = readdirSync(join(root, 'drizzle')).filter((file) => file.endsWith('.sql'));
  expect(files.sort()).toEqual(journal.map(({ tag }) => `${tag}.sql`).sort());
});

test('drizzle-kit generate would find nothing to do', async () => {
  const latest = journal.at(-1)?.tag.split('_', 1)[0];
  const snapshot = JSON.parse(drizzle(`meta/${latest}_snapshot.json`));
  const now = generateDrizzleJson(schema);
  expect(await generateMigration(snapshot, now)).toEqual([]);
  // It does see what there is: from an empty database it would make every table.
  const created = await generateMigration(generateDrizzleJson({}), now);
  expect(created.filter((statement) => statement.startsWith('CREATE TABLE'))).toHaveLength(57);
});

test('spellings of one specialization become one, as most doctors spell it', async () => {
  const url = await createDatabase({ empty: true });
  const at = journal.findIndex(({ tag }) => tag.endsWith('_specializations'));
  const sqlOf = (entries: typeof journal) =>
    entries.flatMap(({ tag }) => drizzle(`${tag}.sql`).split('--> statement-breakpoint'));
  await query(url, sqlOf(journal.slice(0, at)).join(';\n'));
  const doctors = ['Kardiolog', 'кардиолог', 'Kardiolog', 'KARDIOLOG', 'Lor', 'LOR', null];
  const values = doctors.map((_, index) => `('doctor${index}', 'x', 'doctor')`);
  await query(url, `insert into users (username, password_hash, role) values ${values}`);
  const said = doctors.map((text) => (text === null ? 'null' : `'${text}'`)).join(', ');
  await query(
    url,
    `insert into doctor_profiles (id, specialization)
     select u.id, (array[${said}])[row_number() over (order by u.id)] from users u`,
  );
  await query(
    url,
    `insert into services (name, duration_minutes, specialization) values
       ('{"uz":"a","ru":"a","en":"a"}', 30, 'кардиолог'), ('{"uz":"b","ru":"b","en":"b"}', 30, 'Pediatr')`,
  );
  await query(url, sqlOf(journal.slice(at, at + 1)).join(';\n'));
  const shown = await query<{ specialization: string | null; name: string | null }>(
    url,
    `select d.specialization, s.name from doctor_profiles d left join specializations s on s.id = d.specialization_id
     order by d.id`,
  );
  const joined = ['Kardiolog', 'Kardiolog', 'Kardiolog', 'Kardiolog', 'LOR', 'LOR', null];
  expect(shown).toEqual(joined.map((name) => ({ specialization: name, name })));
  expect(await query(url, 'select specialization from services order by id')).toEqual([
    { specialization: 'Kardiolog' },
    { specialization: 'Pediatr' },
  ]);
});

test('the oldest PostgreSQL that is promised takes all migrations at once', async (context) => {
  needsDebian(context, 'migrations on PostgreSQL 15');
  const { dir, remove } = temporaryFolder();
  onTestFinished(remove);
  chmodSync(dir, 0o755);
  const server = await startDebian({ dir: join(dir, 'server') });
  onTestFinished(() => server.stop());
  await migrateDatabase(server.url);
  expect(await applied(server.url)).toBe(journal.length);
  // What was not checked when it was made is called here.
  expect(await query(server.url, 'select h.* from events e, event_history(e) h')).toEqual([]);
});
