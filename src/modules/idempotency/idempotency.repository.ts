import type { Keyed } from '../../core/idempotency.ts';
import { clientOf, type Tx } from '../../db/client.ts';

/** A request with a key, of whom. */
type Owned = Pick<Keyed, 'key' | 'route'> & { user: number };

/**
 * Keeps the same request of the same person out until the transaction ends, in every process on this database.
 * @returns whether nobody was carrying it out already
 */
export async function tryLock(tx: Tx, { user, route, key }: Owned): Promise<boolean> {
  const { rows } = await clientOf(tx).query<{ locked: boolean }>({
    name: 'idempotency.lock',
    // Two requests may have the same number by chance: one of them is told to ask again, and no more comes of it.
    text: "select pg_try_advisory_xact_lock(hashtextextended($2 || ' ' || $3, $1)) as locked",
    values: [user, route, key],
  });
  return rows[0]?.locked === true;
}

interface Kept {
  fingerprint: Buffer;
  answer: Record<string, unknown>;
}

/** What was answered since then. It must be a statement of its own, after the lock: an earlier snapshot would miss it. */
export async function find(tx: Tx, { user, route, key }: Owned, since: Date): Promise<Kept | undefined> {
  const { rows } = await clientOf(tx).query<Kept>({
    name: 'idempotency.find',
    text: `
      select fingerprint, answer from idempotency_keys
      where user_id = $1 and route = $2 and key = $3 and created_at > $4`,
    values: [user, route, key, since],
  });
  return rows[0];
}

/** Keeps an answer. It replaces an older one with this key, whose time has run out. */
export async function keep(
  tx: Tx,
  { user, route, key }: Owned,
  { fingerprint, answer }: Kept,
  subject: number,
  now: Date,
): Promise<void> {
  await clientOf(tx).query({
    name: 'idempotency.keep',
    text: `
      insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id, created_at)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (user_id, route, key) do update set fingerprint = excluded.fingerprint, answer = excluded.answer,
        subject_id = excluded.subject_id, created_at = excluded.created_at`,
    values: [user, route, key, fingerprint, JSON.stringify(answer), subject, now],
  });
}
