import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Db, openDatabase } from '../../src/db/client.ts';
import type { Limits } from '../../src/db/limits.ts';

/** Runs one statement on the maintenance database. */
async function onServer(text: string): Promise<void> {
  const url = new URL(inject('template_url'));
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

let made: string[] = [];

/** Takes away the databases of a file, once all of it has run. */
export async function dropDatabases(): Promise<void> {
  const names = made;
  made = [];
  for (const name of names) await onServer(`drop database ${name} with (force)`);
}

/** @returns the URL of a fresh database: a clone of the migrated template, or wholly empty */
export async function createDatabase({ empty = false } = {}): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name} ${empty ? '' : 'template template_clinic strategy file_copy'}`);
  made.push(name);
  const url = new URL(inject('template_url'));
  url.pathname = `/${name}`;
  return url.href;
}

/** So long that nothing is given up for that, however busy the machine is; a test of the limits opens its own pool. */
export const PATIENT_LIMITS: Limits = {
  connect: 60_000,
  lock: 60_000,
  statement: 120_000,
  answer: 121_000,
  idle_in_transaction: 120_000,
};

/**
 * Lets a pool that has not connected yet wait for its server without end. For tests that load or count more than any
 * request does: how long that takes is up to the machine.
 */
export function unhurried(db: Db): Db {
  Object.assign(db.$client.options, {
    statement_timeout: 0,
    query_timeout: 0,
    lock_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  return db;
}

/** A pool on a fresh clone of the template. */
export async function testDatabase(
  pool_max = 10,
  named?: string,
): Promise<{ db: Db; url: string; close: () => Promise<void> }> {
  const url = named ?? (await createDatabase());
  const db = openDatabase({ url, pool_max, limits: PATIENT_LIMITS });
  return { db, url, close: () => db.$client.end() };
}

/** Those that refer to these tables, and these last: in this order their rows can go. */
async function withThoseBelow(db: Db, tables: readonly string[]): Promise<string[]> {
  const { rows } = await db.$client.query<{ name: string }>(
    `with recursive below (id, depth) as (
       select unnest($1::regclass[])::oid, 0
       union
       select f.conrelid, depth + 1 from below join pg_constraint f on f.confrelid = id and f.contype = 'f' and f.conrelid <> id
     )
     select id::regclass::text as name from below group by id order by max(depth) desc`,
    [tables],
  );
  return rows.map(({ name }) => name);
}

/**
 * Takes all rows out of these tables and of those that refer to them, as TRUNCATE … CASCADE does: that makes each file of theirs
 * and of their indexes anew, which takes twenty times as long as the few rows of a test.
 */
export async function empty(db: Db, ...tables: readonly string[]): Promise<void> {
  const all = await withThoseBelow(db, tables);
  // No trigger fires; the event is the one by which TRUNCATE has everybody forget what is remembered. One text is one transaction.
  await db.$client.query(`
    set local session_replication_role = replica;
    ${all.map((table) => `delete from ${table};`).join('\n')}
    insert into events (type, is_quiet) values ('doctor.changed', event_is_quiet())`);
}
