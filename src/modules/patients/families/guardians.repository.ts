import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { dependantsOf } from './guardians.sql.ts';

/**
 * Whether somebody may act for a patient now.
 * @param adult the latest day of birth of adults
 */
export async function isGuardian(
  executor: Executor,
  guardian: number,
  patient: number,
  adult: string,
): Promise<boolean> {
  const { rows } = await clientOf(executor).query<{ is: boolean }>({
    name: 'families.is-guardian',
    text: `select $2 in (${dependantsOf('$1', '$3')}) as is`,
    values: [guardian, patient, adult],
  });
  return rows[0]?.is ?? false;
}

/** Locks people until the transaction ends, in the order of their ids: nobody is tied, untied, booked for or erased meanwhile. */
export async function lockPeople(tx: Tx, people: readonly number[]): Promise<void> {
  await clientOf(tx).query({
    name: 'families.lock-people',
    text: 'select from users where id = any ($1::integer[]) order by id for no key update',
    values: [people],
  });
}
