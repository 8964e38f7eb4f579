import { expect } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import type { Person } from './app.ts';

export interface StoredEntry {
  actor_id: number | null;
  actor_role: string | null;
  action: string;
  subject_id: number | null;
  details: Record<string, unknown>;
  request_id: string | null;
  at: string;
}

/** What stands in the audit after the entry with this id, oldest first. */
export async function entriesAfter(db: Db, last: number): Promise<StoredEntry[]> {
  const { rows } = await db.$client.query<StoredEntry>(
    `select actor_id, actor_role, action, subject_id, details, request_id, at from audit_entries
     where id > $1 order by id`,
    [last],
  );
  return rows;
}

export async function lastEntry(db: Db): Promise<number> {
  const { rows } = await db.$client.query<{ id: number }>(
    'select coalesce(max(id), 0) as id from audit_entries',
  );
  return rows[0]?.id ?? 0;
}

/** What `work` leaves in the audit, as `action` by whom about whom. */
export async function notedBy(db: Db, work: () => PromiseLike<unknown>): Promise<StoredEntry[]> {
  const before = await lastEntry(db);
  await work();
  return entriesAfter(db, before);
}

/** An entry as it must stand there, by the test's clock and with the name of its request. */
export const entry = (actor: Person, action: string, subject: number | null, details: object = {}) => ({
  actor_id: actor.id,
  actor_role: actor.role,
  action,
  subject_id: subject,
  details,
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  at: '2026-03-02T04:00:00.000Z',
});
