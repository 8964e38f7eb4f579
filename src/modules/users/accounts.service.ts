import { AppError } from '../../core/errors.ts';
import type { Db, Executor, Tx } from '../../db/client.ts';
import * as accounts from './accounts.repository.ts';
import * as repository from './users.repository.ts';
import type { User, UserChanges } from './users.schemas.ts';

/** What signing in, passwords and contacts need of users. */
export function createAccounts({ db }: { db: Db }) {
  /** Of whoever asks themself: erased in this very moment, their session is over. */
  async function mustFind(tx: Tx, user: number): Promise<User> {
    const found = await repository.findUser(tx, user);
    if (!found) throw new AppError('session_ended');
    return found;
  }

  return {
    findAccount: (name: { text: string; phone: string | undefined }) => accounts.findAccount(db, name),
    lockAccount: accounts.lockAccount,
    passwordHash: (user: number) => repository.findPasswordHash(db, user),
    replacePassword: (executor: Executor, user: number, from: string, to: string) =>
      accounts.replacePassword(executor, user, from, to),
    setPassword: (tx: Tx, user: number, password_hash: string) =>
      repository.updateUser(tx, user, { password_hash }),

    async changeOwn(
      tx: Tx,
      user: number,
      changes: Pick<UserChanges, 'first_name' | 'last_name' | 'email' | 'phone' | 'locale'>,
    ): Promise<User> {
      await repository.updateUser(tx, user, changes);
      return mustFind(tx, user);
    },

    /** @throws AppError phone_taken, email_taken: another account has confirmed it */
    async confirmContact(
      tx: Tx,
      user: number,
      contact: 'phone' | 'email',
      value: string,
      at: Date,
      resets_from: Date | null,
    ): Promise<User> {
      await accounts.confirmContact(tx, user, contact, value, at, resets_from);
      return mustFind(tx, user);
    },

    restoreContact: (
      tx: Tx,
      user: number,
      contact: 'phone' | 'email',
      value: string | null,
      verified_at: string | null,
    ): Promise<void> => accounts.confirmContact(tx, user, contact, value, verified_at, null),

    doubtContact: accounts.doubtContact,
  };
}
