import type { Db } from '../../../db/client.ts';
import type { BranchBrief } from './about.schemas.ts';

/** The branches that are open, by name. */
export async function listOpenBranches(db: Db, limit: number): Promise<BranchBrief[]> {
  const { rows } = await db.$client.query<BranchBrief>({
    name: 'clinic.open-branches',
    text: 'select id, name, address, phone from branches where is_active order by lower(name), id limit $1',
    values: [limit],
  });
  return rows;
}
