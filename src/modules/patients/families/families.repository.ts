import type { relationships } from '../../../core/words.ts';
import { clientOf, type Tx } from '../../../db/client.ts';

type Relationship = (typeof relationships)[number];

interface Tie {
  guardian: number;
  dependant: number;
}

/**
 * Lets somebody act for a patient. The caller has locked both.
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
