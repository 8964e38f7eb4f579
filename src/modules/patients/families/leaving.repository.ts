import { clientOf, type Tx } from '../../../db/client.ts';
import { lockPeople } from './guardians.repository.ts';
import { childrenOf } from './guardians.sql.ts';

/**
 * Nobody would miss the record `p` of `patient_profiles`: it was made by a guardian, has no sign-in and had no visit, and
 * nobody but `guardian` looks after them.
 */
const goesWith = (guardian: string) => `
  not p.is_from_desk and u.username like '~%' and u.deleted_at is null
  and not exists (select from appointments a where a.patient_id = p.id)
  and not exists (select from guardianships other where other.dependant_id = p.id and other.guardian_id <> ${guardian})`;

/** Whether a patient, who is locked, is erased together with this last tie of theirs. */
export async function isErasedWith(
  tx: Tx,
  { guardian, dependant }: { guardian: number; dependant: number },
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'families.is-erased-with',
    text: `select from patient_profiles p join users u on u.id = p.id where p.id = $2 and ${goesWith('$1')}`,
    values: [guardian, dependant],
  });
  return rowCount === 1;
}

/**
 * Locks somebody and all whom they look after, in the order of their ids, before whoever erases them locks anything else. Most
 * people look after nobody, and are locked by whoever erases them.
 */
export async function lockFamily(tx: Tx, guardian: number): Promise<void> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'families.tied',
    text: 'select dependant_id as id from guardianships where guardian_id = $1',
    values: [guardian],
  });
  if (rows.length > 0) await lockPeople(tx, [guardian, ...rows.map(({ id }) => id)]);
}

/**
 * Who is erased with somebody who is locked: both guardians of a child may be erased at once, and the second of them takes the
 * child along.
 * @param adult the latest day of birth of adults: these stay, they look after themselves
 */
export async function listErasedWith(tx: Tx, guardian: number, adult: string): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'families.erased-with',
    text: `
      select p.id from (${childrenOf('$1', '$2')}) mine
      join patient_profiles p on p.id = mine.id join users u on u.id = p.id
      where ${goesWith('$1')} order by p.id for no key update of u`,
    values: [guardian, adult],
  });
  return rows.map(({ id }) => id);
}
