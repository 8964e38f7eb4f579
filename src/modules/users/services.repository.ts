import { randomUUID } from 'node:crypto';
import type { Role } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import { replaceBranches } from './branches.repository.ts';
import { insertUser } from './users.repository.ts';
import { KEY_USERNAME } from './users.rules.ts';

/**
 * Makes who stands behind an API key: a user that is no account. Nobody signs in to it, sees it among the accounts, changes
 * or erases it.
 * @throws the refusal by the foreign key of a branch
 */
export async function insertService(
  tx: Tx,
  name: string,
  role: Role,
  branches: readonly number[],
): Promise<number> {
  const username = `${KEY_USERNAME}${randomUUID()}`;
  const id = await insertUser(tx, { username, role, first_name: name, is_active: false });
  await replaceBranches(tx, id, branches);
  return id;
}
