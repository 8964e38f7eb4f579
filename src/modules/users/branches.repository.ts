import { clientOf, type Tx } from '../../db/client.ts';

/** Says in which branches a receptionist works from now on; none is all of them. @throws the refusal by the foreign key */
export async function replaceBranches(tx: Tx, user: number, branches: readonly number[]): Promise<void> {
  await clientOf(tx).query({
    name: 'users.leave-branches',
    text: 'delete from receptionist_branches where user_id = $1 and branch_id <> all ($2::integer[])',
    values: [user, branches],
  });
  if (branches.length === 0) return;
  await clientOf(tx).query({
    name: 'users.join-branches',
    text: `
      insert into receptionist_branches (user_id, branch_id) select $1, unnest($2::integer[])
      on conflict do nothing`,
    values: [user, branches],
  });
}
