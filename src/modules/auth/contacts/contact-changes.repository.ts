import type { Locale } from '../../../core/words.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';

export type Contact = 'phone' | 'email';

interface NewChange {
  user_id: number;
  contact: Contact;
  /** What stood there, confirmed; null where there was none. */
  old_value: string | null;
  old_verified_at: string | null;
  agreed: boolean;
  token_hash: Buffer;
  changed_at: Date;
  expires_at: Date;
}

/** @returns its id */
export async function insertChange(tx: Tx, change: NewChange): Promise<number> {
  const { user_id, contact, old_value, old_verified_at, agreed, token_hash, changed_at, expires_at } = change;
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'contact-changes.insert',
    text: `
      insert into contact_changes
        (user_id, contact, old_value, old_verified_at, agreed, token_hash, changed_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    values: [user_id, contact, old_value, old_verified_at, agreed, token_hash, changed_at, expires_at],
  });
  if (!rows[0]) throw new Error('insert returned no row');
  return rows[0].id;
}

export interface Change {
  id: number;
  user_id: number;
  contact: Contact;
  old_value: string | null;
  old_verified_at: string | null;
  agreed: boolean;
  expires_at: string;
  ended_at: string | null;
  locale: Locale | null;
}

const CHANGE = `
  c.id, c.user_id, c.contact, c.old_value, c.old_verified_at, c.agreed, c.expires_at, c.ended_at, u.locale
  from contact_changes c join users u on u.id = c.user_id and u.deleted_at is null`;

/** The change behind a link, whatever has become of it. */
export async function findChange(executor: Db | Tx, token_hash: Buffer): Promise<Change | undefined> {
  const { rows } = await clientOf(executor).query<Change>({
    name: 'contact-changes.find',
    text: `select ${CHANGE} where c.token_hash = $1`,
    values: [token_hash],
  });
  return rows[0];
}

/** The last change of a contact that can still be taken back. */
export async function lastOpen(
  tx: Tx,
  user: number,
  contact: Contact,
  now: Date,
): Promise<Change | undefined> {
  const { rows } = await clientOf(tx).query<Change>({
    name: 'contact-changes.last-open',
    text: `select ${CHANGE}
      where c.user_id = $1 and c.contact = $2 and c.ended_at is null and c.expires_at > $3 order by c.id desc limit 1`,
    values: [user, contact, now],
  });
  return rows[0];
}

/** None of a person's changes can be taken back any more. */
export async function endChanges(tx: Tx, user: number, now: Date): Promise<void> {
  await clientOf(tx).query({
    name: 'contact-changes.end',
    text: 'update contact_changes set ended_at = $2 where user_id = $1 and ended_at is null',
    values: [user, now],
  });
}
