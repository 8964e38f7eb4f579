import { clientOf, type Executor, type Tx } from '../../../db/client.ts';

interface NewIdentity {
  user_id: number;
  provider: string;
  issuer: string;
  subject: string;
  /** The account is made with it. */
  is_first: boolean;
}

/** Links an identity, unless it is linked already, or the person has another of that provider. @returns whether it did */
export async function insertIdentity(tx: Tx, identity: NewIdentity, now: Date): Promise<boolean> {
  const { user_id, provider, issuer, subject, is_first } = identity;
  const { rowCount } = await clientOf(tx).query({
    name: 'identities.insert',
    text: `
      insert into identities (user_id, provider, issuer, subject, is_first, linked_at, last_used_at)
      values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing`,
    values: [user_id, provider, issuer, subject, is_first, now],
  });
  return rowCount === 1;
}

interface Who {
  issuer: string;
  subject: string;
}

/** Whose an identity is. */
export async function findHolder(executor: Executor, { issuer, subject }: Who): Promise<number | undefined> {
  const { rows } = await clientOf(executor).query<{ user_id: number }>({
    name: 'identities.holder',
    text: 'select user_id from identities where issuer = $1 and subject = $2',
    values: [issuer, subject],
  });
  return rows[0]?.user_id;
}

/** Notes that somebody signed in with it. @returns false where it is theirs no longer */
export async function noteUse(tx: Tx, user: number, { issuer, subject }: Who, now: Date): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'identities.use',
    text: 'update identities set last_used_at = $4 where issuer = $1 and subject = $2 and user_id = $3',
    values: [issuer, subject, user, now],
  });
  return rowCount === 1;
}

interface IdentityRow {
  id: number;
  provider: string;
  linked_at: string;
  last_used_at: string;
}

/** What somebody has linked: one of each provider at most. */
export async function listIdentities(executor: Executor, user: number): Promise<IdentityRow[]> {
  const { rows } = await clientOf(executor).query<IdentityRow>({
    name: 'identities.list',
    text: 'select id, provider, linked_at, last_used_at from identities where user_id = $1 order by id',
    values: [user],
  });
  return rows;
}

/** @returns the provider of what was unlinked; undefined where somebody has no such identity */
export async function deleteIdentity(tx: Tx, user: number, id: number): Promise<string | undefined> {
  const { rows } = await clientOf(tx).query<{ provider: string }>({
    name: 'identities.delete',
    text: 'delete from identities where id = $1 and user_id = $2 returning provider',
    values: [id, user],
  });
  return rows[0]?.provider;
}

/**
 * Unlinks what was linked to an account after it was made, or all of it: somebody else may have been in it.
 * @returns the providers
 */
export async function deleteIdentities(tx: Tx, user: number, all: boolean): Promise<string[]> {
  const { rows } = await clientOf(tx).query<{ provider: string }>({
    name: 'identities.delete-all',
    text: 'delete from identities where user_id = $1 and ($2 or not is_first) returning provider',
    values: [user, all],
  });
  return rows.map(({ provider }) => provider);
}

/** Whether a session is this person's, and goes on. */
export async function isOpen(tx: Tx, user: number, session: number): Promise<boolean> {
  const { rows } = await clientOf(tx).query({
    name: 'identities.session',
    text: 'select from sessions where id = $1 and user_id = $2 and ended_at is null for share',
    values: [session, user],
  });
  return rows.length > 0;
}
