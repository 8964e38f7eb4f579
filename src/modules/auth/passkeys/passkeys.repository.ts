import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';

interface NewChallenge {
  challenge_hash: Buffer;
  /** Whoever adds a passkey, and how their devices know them; null for a sign-in. */
  user_id: number | null;
  user_handle: Buffer | null;
  expires_at: Date;
}

export async function insertChallenge(db: Db, challenge: NewChallenge): Promise<void> {
  const { challenge_hash, user_id, user_handle, expires_at } = challenge;
  await clientOf(db).query({
    name: 'passkeys.challenge',
    text: 'insert into passkey_challenges (challenge_hash, user_id, user_handle, expires_at) values ($1, $2, $3, $4)',
    values: [challenge_hash, user_id, user_handle, expires_at],
  });
}

/** Spends a challenge, be it late. @returns undefined where nobody was given it, or it is spent */
export async function takeChallenge(
  db: Db,
  challenge_hash: Buffer,
): Promise<{ user_id: number | null; user_handle: Buffer | null; expires_at: string } | undefined> {
  const { rows } = await clientOf(db).query<{
    user_id: number | null;
    user_handle: Buffer | null;
    expires_at: string;
  }>({
    name: 'passkeys.take-challenge',
    text: 'delete from passkey_challenges where challenge_hash = $1 returning user_id, user_handle, expires_at',
    values: [challenge_hash],
  });
  return rows[0];
}

/** What is kept of a passkey that was made. */
export interface MadePasskey {
  credential_id: Buffer;
  public_key: Buffer;
  counter: number;
  is_backed_up: boolean;
}

interface NewPasskey extends MadePasskey {
  user_id: number;
  user_handle: Buffer;
  name: string;
}

export interface PasskeyRow {
  id: number;
  name: string;
  is_backed_up: boolean;
  created_at: string;
  last_used_at: string | null;
}

const ROW = 'id, name, is_backed_up, created_at, last_used_at';

/** Call with the person's row locked. @returns undefined where it is somebody's already */
export async function insertPasskey(tx: Tx, passkey: NewPasskey, now: Date): Promise<PasskeyRow | undefined> {
  const { user_id, credential_id, public_key, user_handle, counter, name, is_backed_up } = passkey;
  const { rows } = await clientOf(tx).query<PasskeyRow>({
    name: 'passkeys.insert',
    text: `
      insert into passkeys (user_id, credential_id, public_key, user_handle, counter, name, is_backed_up, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning ${ROW}`,
    values: [user_id, credential_id, public_key, user_handle, counter, name, is_backed_up, now],
  });
  return rows[0];
}

/** Somebody's, oldest first. */
export async function listPasskeys(db: Db, user: number): Promise<PasskeyRow[]> {
  const { rows } = await clientOf(db).query<PasskeyRow>({
    name: 'passkeys.list',
    text: `select ${ROW} from passkeys where user_id = $1 order by id`,
    values: [user],
  });
  return rows;
}

/** What the devices of somebody have of them. */
export async function listCredentials(
  db: Db,
  user: number,
): Promise<{ credential_id: Buffer; user_handle: Buffer }[]> {
  const { rows } = await clientOf(db).query<{ credential_id: Buffer; user_handle: Buffer }>({
    name: 'passkeys.credentials',
    text: 'select credential_id, user_handle from passkeys where user_id = $1 order by id',
    values: [user],
  });
  return rows;
}

export async function countPasskeys(executor: Executor, user: number): Promise<number> {
  const { rows } = await clientOf(executor).query<{ count: number }>({
    name: 'passkeys.count',
    text: 'select count(*)::int as count from passkeys where user_id = $1',
    values: [user],
  });
  return rows[0]?.count ?? 0;
}

export interface KnownPasskey {
  id: number;
  user_id: number;
  user_handle: Buffer;
  public_key: Buffer;
}

export async function findPasskey(db: Db, credential_id: Buffer): Promise<KnownPasskey | undefined> {
  const { rows } = await clientOf(db).query<KnownPasskey>({
    name: 'passkeys.find',
    text: 'select id, user_id, user_handle, public_key from passkeys where credential_id = $1',
    values: [credential_id],
  });
  return rows[0];
}

/**
 * Notes that somebody signed in with it. A device counts how often it has signed, or stays at nothing. Where it has not counted
 * on, there are two of it.
 * @returns false for such a one, and for one that was removed meanwhile
 */
export async function noteUse(
  tx: Tx,
  { id, user_id }: Pick<KnownPasskey, 'id' | 'user_id'>,
  { counter, is_backed_up }: { counter: number; is_backed_up: boolean },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'passkeys.use',
    text: `
      update passkeys set counter = $3, is_backed_up = $4, last_used_at = $5
      where id = $1 and user_id = $2 and (counter < $3 or (counter = 0 and $3 = 0))`,
    values: [id, user_id, counter, is_backed_up, now],
  });
  return rowCount === 1;
}

/** @returns whether somebody had it */
export async function deletePasskey(tx: Tx, user: number, id: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'passkeys.delete',
    text: 'delete from passkeys where id = $1 and user_id = $2',
    values: [id, user],
  });
  return rowCount === 1;
}

/** Removes all of somebody's, and those that they are about to add. @returns which they were */
export async function deletePasskeys(tx: Tx, user: number): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'passkeys.delete-all',
    text: `
      with challenges as (delete from passkey_challenges where user_id = $1)
      delete from passkeys where user_id = $1 returning id`,
    values: [user],
  });
  return rows.map(({ id }) => id);
}
