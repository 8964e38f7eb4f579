import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { rowOf } from '../../../db/sql.ts';
import { guardiansOf, isReached, tiesThatHold } from './guardians.sql.ts';

/** Somebody who will soon be of age, whose guardians have not all been told so. */
export interface Ending {
  dependant: number;
  date_of_birth: string;
  /** Something tells them, too. */
  is_reached: boolean;
}

/**
 * Some of those who will be of age within some days.
 * @param adult the latest day of birth of adults now, and of those who will be adults by then
 */
export async function listEnding(
  db: Db,
  adult: { now: string; soon: string },
  limit: number,
): Promise<Ending[]> {
  const { rows } = await db.$client.query<Ending>({
    name: 'families.ending',
    // By their birthdays, which an index has: in the order of their ids everybody who has a guardian would be looked at each day.
    text: `
      select child.id as dependant, child.date_of_birth, ${isReached('u')} as is_reached
      from (
        select p.id, p.date_of_birth from patient_profiles p
        where p.date_of_birth > $1::date and p.date_of_birth <= $2::date
          and exists (select from ${tiesThatHold('$1')} where tie.dependant_id = p.id and tie.end_told_at is null)
        order by p.date_of_birth, p.id limit $3) child
      join lateral ${rowOf('users', 'child.id')} u on true
      order by child.id`,
    values: [adult.now, adult.soon, limit],
  });
  return rows;
}

/**
 * @param adult the latest day of birth of adults
 * @returns the guardians who have not been told, and now are
 */
export async function markTold(tx: Tx, dependant: number, at: Date, adult: string): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'families.mark-told',
    text: `
      update guardianships set end_told_at = $2
      where dependant_id = $1 and end_told_at is null and guardian_id in (${guardiansOf('$1', '$3')})
      returning guardian_id as id`,
    values: [dependant, at, adult],
  });
  return rows.map(({ id }) => id).sort((one, other) => one - other);
}
