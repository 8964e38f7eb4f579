import type { relationships } from '../../../core/words.ts';
import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { childrenOf, dependantsOf } from './guardians.sql.ts';

type Relationship = (typeof relationships)[number];

interface Tie {
  guardian: number;
  dependant: number;
}

/**
 * Lets somebody act for a patient. The caller has locked both, and has asked how many there are already.
 * @param tie.by who says so
 * @returns false where the tie was there before
 */
export async function tie(
  tx: Tx,
  { guardian, dependant, relationship, by }: Tie & { relationship: Relationship; by: number },
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'families.tie',
    text: `
      insert into guardianships (guardian_id, dependant_id, relationship, created_by) values ($1, $2, $3, $4)
      on conflict do nothing`,
    values: [guardian, dependant, relationship, by],
  });
  return rowCount === 1;
}

/** @returns false where there was no tie */
export async function untie(tx: Tx, { guardian, dependant }: Tie): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'families.untie',
    text: 'delete from guardianships where guardian_id = $1 and dependant_id = $2',
    values: [guardian, dependant],
  });
  return rowCount === 1;
}

export interface DependantRow {
  id: number;
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  date_of_birth: string;
  gender: 'female' | 'male' | 'other' | null;
  relationship: Relationship;
  tied_at: string;
}

/**
 * Those whom somebody looks after now, in the order of their ids.
 * @param dependant only this one
 */
export async function listDependants(
  executor: Executor,
  guardian: number,
  adult: string,
  dependant: number | null = null,
): Promise<DependantRow[]> {
  const { rows } = await clientOf(executor).query<DependantRow>({
    name: 'families.dependants',
    text: `
      select u.id, u.first_name, u.last_name, u.phone, p.date_of_birth, p.gender, g.relationship,
        g.created_at as tied_at
      from (${dependantsOf('$1', '$2')}) mine
      join guardianships g on g.guardian_id = $1 and g.dependant_id = mine.id
      join patient_profiles p on p.id = mine.id
      join users u on u.id = mine.id
      where $3::integer is null or mine.id = $3
      order by mine.id`,
    values: [guardian, adult, dependant],
  });
  return rows;
}

interface Ties {
  dependants: number;
  guardians: number;
  is_tied: boolean;
  /** They are tied, and it is not over. */
  is_child: boolean;
}

/** How many somebody looks after, and how many look after a patient. Ties that rest count: whoever is put out may come back. */
export async function countTies(tx: Tx, { guardian, dependant }: Tie, adult: string): Promise<Ties> {
  const { rows } = await clientOf(tx).query<Ties>({
    name: 'families.count-ties',
    text: `
      select (select count(*)::int from (${childrenOf('$1', '$3')}) mine) as dependants, count(*)::int as guardians,
        coalesce(bool_or(guardian_id = $1), false) as is_tied, $2 in (${childrenOf('$1', '$3')}) as is_child
      from guardianships where dependant_id = $2`,
    values: [guardian, dependant, adult],
  });
  return rows[0] ?? { dependants: 0, guardians: 0, is_tied: false, is_child: false };
}

export async function setRelationship(
  tx: Tx,
  { guardian, dependant }: Tie,
  relationship: Relationship,
): Promise<void> {
  await clientOf(tx).query({
    name: 'families.set-relationship',
    text: 'update guardianships set relationship = $3 where guardian_id = $1 and dependant_id = $2',
    values: [guardian, dependant, relationship],
  });
}

/** Notes who registered a patient, where it was a guardian. */
export async function setRegisteredBy(tx: Tx, dependant: number, by: number): Promise<void> {
  await clientOf(tx).query({
    name: 'families.registered-by',
    text: 'update patient_profiles set registered_by = $2 where id = $1',
    values: [dependant, by],
  });
}
