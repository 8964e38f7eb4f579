import { clientOf, type Db, type Executor } from '../../db/client.ts';
import { isDoctorReached } from './reach.sql.ts';

export type { Branches } from './reach.sql.ts';

/** The branches that a receptionist has been given. */
export async function findBranches(db: Db, receptionist: number): Promise<number[]> {
  const { rows } = await db.$client.query<{ branch: number }>({
    name: 'reach.branches',
    text: 'select branch_id as branch from receptionist_branches where user_id = $1 order by branch_id',
    values: [receptionist],
  });
  return rows.map(({ branch }) => branch);
}

/** What lies in a branch and is asked for by its id. */
export type Placed = 'timeslots' | 'appointments';

/** Whether there is such a row, and in none of these branches. */
export async function isElsewhere(
  db: Db,
  table: Placed,
  id: number,
  branches: readonly number[],
): Promise<boolean> {
  const { rowCount } = await db.$client.query({
    name: `reach.elsewhere:${table}`,
    text: `select from ${table} where id = $1 and branch_id <> all ($2::integer[])`,
    values: [id, branches],
  });
  return rowCount === 1;
}

/** Whether a doctor belongs to branches, and to none of these. */
export async function isDoctorElsewhere(
  executor: Executor,
  doctor: number,
  branches: readonly number[],
  today: string,
): Promise<boolean> {
  const { rows } = await clientOf(executor).query<{ elsewhere: boolean }>({
    name: 'reach.doctor-elsewhere',
    text: `select not ${isDoctorReached('$1::integer', '$2', '$3')} as elsewhere`,
    values: [doctor, branches, today],
  });
  return rows[0]?.elsewhere === true;
}
