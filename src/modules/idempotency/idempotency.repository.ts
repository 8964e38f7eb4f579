import type { Keyed } from '../../core/idempotency.ts';
import { clientOf, type Tx } from '../../db/client.ts';

/** A request with a key, of whom. */
export type Owned = Pick<Keyed, 'key' | 'route'> & { user: number };

/** The owners, routes and keys, as the first three parameters of these statements. */
const columns = (owned: readonly Owned[]) => [
  owned.map(({ user }) => user),
  owned.map(({ route }) => route),
  owned.map(({ key }) => key),
];

/**
 * Keeps the same requests of the same people out until the transaction ends, in every process on this database.
 * @param owned no two alike: one session may lock the same twice
 * @returns for each whether nobody was carrying it out already
 */
export async function tryLock(tx: Tx, owned: readonly Owned[]): Promise<boolean[]> {
  const { rows } = await clientOf(tx).query<{ locked: boolean }>({
    name: 'idempotency.lock',
    // Two requests may have the same number by chance: one of them is told to ask again, and no more comes of it.
    text: `
      select pg_try_advisory_xact_lock(hashtextextended(w.route || ' ' || w.key, w.user_id)) as locked
      from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality w (user_id, route, key, nth) order by w.nth`,
    values: columns(owned),
  });
  return rows.map(({ locked }) => locked);
}

interface Kept {
  fingerprint: Buffer;
  answer: Record<string, unknown>;
}

/** What was answered since then. It must be a statement of its own, after the lock: an earlier snapshot would miss it. */
export async function find(tx: Tx, owned: readonly Owned[], since: Date): Promise<(Kept | undefined)[]> {
  const { rows } = await clientOf(tx).query<Kept & { nth: number }>({
    name: 'idempotency.find',
    text: `
      select w.nth::integer, k.fingerprint, k.answer
      from unnest($1::integer[], $2::text[], $3::text[]) with ordinality w (user_id, route, key, nth)
      join idempotency_keys k on k.user_id = w.user_id and k.route = w.route and k.key = w.key and k.created_at > $4`,
    values: [...columns(owned), since],
  });
  const found = new Map(rows.map(({ nth, ...kept }) => [nth, kept]));
  return owned.map((_, index) => found.get(index + 1));
}

/** Keeps answers. They replace older ones with these keys, whose time has run out. */
export async function keep(
  tx: Tx,
  answered: readonly (Owned & Kept & { subject: number })[],
  now: Date,
): Promise<void> {
  await clientOf(tx).query({
    name: 'idempotency.keep',
    text: `
      insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id, created_at)
      select w.*, $7 from unnest($1::integer[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[], $6::integer[]) w
      on conflict (user_id, route, key) do update set fingerprint = excluded.fingerprint, answer = excluded.answer,
        subject_id = excluded.subject_id, created_at = excluded.created_at`,
    values: [
      ...columns(answered),
      answered.map(({ fingerprint }) => fingerprint),
      answered.map(({ answer }) => JSON.stringify(answer)),
      answered.map(({ subject }) => subject),
      now,
    ],
  });
}
