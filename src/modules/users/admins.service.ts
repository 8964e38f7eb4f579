import { AppError } from '../../core/errors.ts';
import { manages } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import type { User } from './user.schemas.ts';
import * as repository from './users.repository.ts';
import type { UserChanges } from './users.schemas.ts';

/**
 * Locks a person for a change, and refuses one that would leave the clinic without an active admin. Admins are locked
 * before the person, always in the order of their ids: no deadlock between two of them.
 * @throws AppError last_admin
 */
export async function lockPerson(
  tx: Tx,
  user: number,
  { role = 'admin', is_active = true }: Pick<UserChanges, 'role' | 'is_active'>,
) {
  const keepAnAdmin = async (person: Pick<User, 'role' | 'is_active'> | undefined) => {
    if (manages(role) && is_active) return;
    if (!person || !manages(person.role) || !person.is_active) return;
    if ((await repository.lockOtherAdmins(tx, user)) === 0) throw new AppError('last_admin');
  };
  await keepAnAdmin(await repository.findUser(tx, user));
  const locked = await repository.lockUser(tx, user);
  // Again: they may have become an admin just before they were locked, and the others have left since.
  await keepAnAdmin(locked);
  return locked;
}
