import { AppError } from '../../../core/errors.ts';
import { namesOf } from '../../../core/names.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import type { Executor, Tx } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { ResetsFrom, User } from '../../users/index.ts';
import type { Reset } from '../password/reset.service.ts';
import type { Me, MyChanges } from './account.schemas.ts';
import type { Contacts } from './contacts.service.ts';
import type { Proof } from './proof.service.ts';

export interface AccountDependencies {
  contacts: Pick<Contacts, 'change'>;
  reset: Pick<Reset, 'wayOf'>;
  users: {
    find: (user: number, executor?: Executor) => Promise<User | undefined>;
    resetsFrom: (user: number, executor?: Executor) => Promise<ResetsFrom>;
    changeOwn: (tx: Tx, user: number, changes: Omit<MyChanges, keyof Proof>) => Promise<User>;
  };
  audit: Pick<Audit, 'record'>;
}

export type Account = ReturnType<typeof createAccount>;

/** What people see and change of their own account. */
export function createAccount({ contacts, reset, users, audit }: AccountDependencies) {
  /** By which way somebody who forgets their password gets a code, by user name. */
  async function recoveryOf(user: User, executor?: Executor): Promise<Me['recovery']> {
    if (!user.phone_verified_at && !user.email_verified_at) return 'none';
    const account = { ...user, ...(await users.resetsFrom(user.id, executor)) };
    return reset.wayOf(account)?.channel ?? 'none';
  }

  /** @throws AppError session_ended when they are erased in this very moment */
  async function show(caller: Caller, executor?: Executor): Promise<Me> {
    const user = await users.find(caller.id, executor);
    if (!user) throw new AppError('session_ended');
    return { ...user, recovery: await recoveryOf(user, executor) };
  }

  return {
    show,

    /**
     * Changes what people say of themselves. A changed contact is no longer confirmed: the database sees to that.
     * @throws AppError version_mismatch, and what giving up a contact throws (contacts.service)
     */
    change: (
      caller: Caller,
      { password, proof_code, ...changes }: MyChanges,
      unchanged?: Unchanged,
    ): Promise<User> =>
      contacts.change(caller, changes, { password, proof_code }, async (tx) => {
        unchanged?.(await show(caller, tx));
        const changed = await users.changeOwn(tx, caller.id, changes);
        const details = { fields: namesOf(changes) };
        await audit.record(tx, { actor: caller, action: 'profile.update', subject: caller.id, details });
        return changed;
      }),
  };
}
