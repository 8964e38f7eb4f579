import type { LockedRecord } from '../../core/records.ts';
import { clientOf, type Tx } from '../../db/client.ts';

/** The patients among these who are not erased, locked in the order of their ids against every other change. */
export async function lockRecords(tx: Tx, patients: readonly number[]): Promise<LockedRecord[]> {
  const { rows } = await clientOf(tx).query<LockedRecord>({
    name: 'users.lock-records',
    text: `
      select id, role, is_active, username, password_hash, first_name, last_name, locale, phone, phone_verified_at,
        phone_reached_at, phone_resets_from, email, email_verified_at, email_resets_from
      from users where id = any ($1) and role = 'patient' and deleted_at is null order by id for no key update`,
    values: [patients],
  });
  return rows;
}

/** A record that its owner may claim, and when they were born, if that is known. */
interface Claimable {
  id: number;
  date_of_birth: string | null;
}

/** So many people share a phone at most who claim their records by it. */
const SHARED = 100;

/**
 * The records without a sign-in that have this phone, of people who are of age or whose age nobody knows, locked in the
 * order of their ids.
 * @param born the last birthday of those who are of age
 */
export async function lockClaimable(tx: Tx, phone: string, born: string): Promise<Claimable[]> {
  const { rows } = await clientOf(tx).query<Claimable>({
    name: 'users.lock-claimable',
    text: `
      select u.id, p.date_of_birth from users u join patient_profiles p on p.id = u.id
      where u.phone = $1 and u.role = 'patient' and u.is_active and u.username like '~%'
        and (p.date_of_birth is null or p.date_of_birth <= $2)
      order by u.id limit ${SHARED} for no key update of u`,
    values: [phone, born],
  });
  return rows;
}

/** Gives a locked record its sign-in, by its phone too, unless somebody else signs in by that. */
export async function giveSignIn(
  tx: Tx,
  patient: number,
  { username, password_hash }: { username: string; password_hash: string },
  at: Date,
): Promise<void> {
  await clientOf(tx).query({
    name: 'users.give-sign-in',
    text: `
      update users u set username = $2, password_hash = $3, phone_reached_at = $4,
        phone_verified_at = case when not exists (
          select from users o where o.phone = u.phone and o.phone_verified_at is not null) then $4::timestamptz end
      where id = $1`,
    values: [patient, username, password_hash, at],
  });
}

/** Notes into which record an erased one was merged, and those that had been merged into it before. */
export async function noteMerged(tx: Tx, from: number, into: number): Promise<void> {
  await clientOf(tx).query({
    name: 'users.note-merged',
    text: 'update users set merged_into = $2 where id = $1 or merged_into = $1',
    values: [from, into],
  });
}
