import { clientOf, type Db, type Tx } from '../../../db/client.ts';
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
    text: `
      select p.id as dependant, p.date_of_birth, ${isReached('u')} as is_reached
      from (
        select distinct tie.dependant_id as id from ${tiesThatHold('$1')}
        where tie.end_told_at is null and child.date_of_birth <= $2::date
        order by 1 limit $3) ending
      join patient_profiles p on p.id = ending.id join users u on u.id = p.id
      order by p.id`,
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
