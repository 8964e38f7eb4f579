import type { Role } from '../../core/roles.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';

/** Who has a name, and what signing in needs of them. */
export interface Account {
  id: number;
  role: Role;
  is_active: boolean;
  username: string;
  password_hash: string | null;
}

/**
 * Who has this user name, this confirmed email (both in any case) or this confirmed phone. User names begin with a
 * letter and hold no @: at most one account fits.
 * @param text folded (core/ascii)
 * @param phone in E.164
 */
export async function findAccount(
  db: Db,
  { text, phone }: { text: string; phone: string | undefined },
): Promise<Account | undefined> {
  const { rows } = await db.$client.query<Account>({
    name: 'users.account',
    text: `
      select id, role, is_active, username, password_hash from users where id = (
        select id from users where lower(username) = $1
        union all
        select id from users where lower(email) = $1 and email_verified_at is not null
        union all
        select id from users where phone = $2 and phone_verified_at is not null
        limit 1)`,
    values: [text, phone ?? null],
  });
  return rows[0];
}

export interface LockedAccount {
  role: Role;
  is_active: boolean;
  username: string;
  phone: string | null;
  phone_verified_at: string | null;
  email: string | null;
  email_verified_at: string | null;
  /** From when on each sets a new password; null is since it is confirmed. */
  phone_resets_from: string | null;
  email_resets_from: string | null;
}

/** What stands of a person, locked against every other change; undefined when there is none, or an erased one. */
export async function lockAccount(tx: Tx, user: number): Promise<LockedAccount | undefined> {
  const { rows } = await clientOf(tx).query<LockedAccount>({
    name: 'users.lock-account',
    text: `
      select role, is_active, username, phone, phone_verified_at, phone_resets_from, email, email_verified_at,
        email_resets_from
      from users where id = $1 and deleted_at is null for no key update`,
    values: [user],
  });
  return rows[0];
}

/** Sets a password, if the one that was checked still holds, or there still is none. @returns whether it did */
export async function replacePassword(
  executor: Executor,
  user: number,
  from: string | null,
  to: string,
): Promise<boolean> {
  const { rowCount } = await clientOf(executor).query({
    name: 'users.replace-password',
    text: 'update users set password_hash = $3 where id = $1 and password_hash is not distinct from $2',
    values: [user, from, to],
  });
  return rowCount === 1;
}

const CONFIRM = {
  phone: [
    'update users set phone = $2 where id = $1 and phone is distinct from $2',
    'update users set phone_verified_at = $2, phone_resets_from = $3 where id = $1',
  ],
  email: [
    'update users set email = $2 where id = $1 and email is distinct from $2',
    'update users set email_verified_at = $2, email_resets_from = $3 where id = $1',
  ],
} as const;

/**
 * Makes it a person's contact and notes since when it is proved: in two steps, as a change takes the proof away.
 * @param resets_from from when on it sets a new password; null is at once
 */
export async function confirmContact(
  tx: Tx,
  user: number,
  contact: 'phone' | 'email',
  value: string | null,
  at: Date | string | null,
  resets_from: Date | null,
): Promise<void> {
  const [set, confirm] = CONFIRM[contact];
  await clientOf(tx).query(set, [user, value]);
  await clientOf(tx).query(confirm, [user, at, resets_from]);
}

/** Leaves a contact as it stands, and no longer proved to be theirs. */
export async function doubtContact(tx: Tx, user: number, contact: 'phone' | 'email'): Promise<void> {
  const [, confirm] = CONFIRM[contact];
  await clientOf(tx).query(confirm, [user, null, null]);
}

/** From when on each confirmed contact sets a new password; null is since it is confirmed. */
export type ResetsFrom = Pick<LockedAccount, 'phone_resets_from' | 'email_resets_from'>;

export async function findResetsFrom(executor: Executor, user: number): Promise<ResetsFrom> {
  const { rows } = await clientOf(executor).query<ResetsFrom>({
    name: 'users.resets-from',
    text: 'select phone_resets_from, email_resets_from from users where id = $1',
    values: [user],
  });
  return rows[0] ?? { phone_resets_from: null, email_resets_from: null };
}

export async function activeAdmins(tx: Tx): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'users.active-admins',
    text: "select id from users where role = 'admin' and is_active order by id",
  });
  return rows.map(({ id }) => id);
}

/** People made in this span who can sign in, have confirmed no contact and have not been reminded of it: some of them, the earliest first. */
export async function findUnconfirmed(db: Db, since: Date, until: Date, limit: number): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'users.unconfirmed',
    text: `
      select id from users
      where is_active and username not like '~%' and phone_verified_at is null and email_verified_at is null
        and created_at between $1 and $2
        and not exists (select from notifications where key = 'user:' || users.id || ':nothing_confirmed:' || users.id)
      order by created_at, id limit $3`,
    values: [since, until, limit],
  });
  return rows.map(({ id }) => id);
}
