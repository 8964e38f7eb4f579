import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Message } from '../../core/messages.ts';
import type { RecordFields } from '../../core/records.ts';
import { type Db, type Executor, type Tx, transaction } from '../../db/client.ts';
import * as accounts from './accounts.repository.ts';
import type { User } from './user.schemas.ts';
import * as repository from './users.repository.ts';
import type { UserChanges } from './users.schemas.ts';

/** What signing in, passwords and contacts need of users. */
interface AccountsDependencies {
  db: Db;
  clock: Clock;
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

const HOUR = 3_600_000;
/**
 * People first have a day to confirm something by themselves; a job that was away catches up for one more. Messages are kept for
 * that long at least, so that nobody is reminded whose reminder has gone.
 */
const REMIND_AFTER = 24 * HOUR;
const REMIND_UNTIL = 48 * HOUR;
const BATCH = 500;

/**
 * Changes names and phone of somebody who edits their own profile, and holds their row until the transaction ends.
 * @throws AppError session_ended when they are erased in this very moment
 */
export async function setContact(
  tx: Tx,
  user: number,
  contact: Pick<UserChanges, 'first_name' | 'last_name' | 'phone'>,
  check?: () => Promise<void>,
): Promise<void> {
  const person = await repository.lockUser(tx, user);
  if (!person || person.deleted_at) throw new AppError('session_ended');
  await check?.();
  await repository.updateUser(tx, user, contact);
}

export function createAccounts({ db, clock, messages }: AccountsDependencies) {
  /** Finds somebody who asks for themself. If they are erased in this very moment, their session is over. */
  async function mustFind(tx: Tx, user: number): Promise<User> {
    const found = await repository.findUser(tx, user);
    if (!found) throw new AppError('session_ended');
    return found;
  }

  return {
    /** Undefined for an erased one too. */
    find: (user: number, executor: Executor = db): Promise<User | undefined> =>
      repository.findUser(executor, user),

    /** @throws AppError user_not_found, also for an erased one */
    async get(user: number): Promise<User> {
      const person = await repository.findUser(db, user);
      if (!person) throw new AppError('user_not_found');
      return person;
    },

    findAccount: (name: { text: string; phone: string | undefined }) => accounts.findAccount(db, name),
    lockAccount: accounts.lockAccount,
    /**
     * Locks the account of whoever asks for themself.
     * @throws AppError session_ended, if they are erased in this very moment
     */
    async mustLockOwn(tx: Tx, user: number): Promise<accounts.LockedAccount> {
      const account = await accounts.lockAccount(tx, user);
      if (!account) throw new AppError('session_ended');
      return account;
    },
    passwordHash: (user: number) => repository.findPasswordHash(db, user),
    hasPassword: async (executor: Executor, user: number): Promise<boolean> =>
      (await repository.findPasswordHash(executor, user)) !== null,

    /** Makes a patient who comes from a provider: without a password, and with a user name that is made for them. */
    make: (
      tx: Tx,
      { first_name, last_name, locale }: Pick<RecordFields, 'first_name' | 'last_name' | 'locale'>,
    ): Promise<number> =>
      repository.insertUser(tx, {
        username: `patient-${randomBytes(6).toString('hex')}`,
        role: 'patient',
        first_name,
        last_name,
        locale,
      }),

    replacePassword: (executor: Executor, user: number, from: string | null, to: string) =>
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

    /** Reminds whoever has confirmed no contact a day after they came, once, in their inbox: nothing else reaches them. */
    async remindUnconfirmed(): Promise<void> {
      const ago = (time: number) => new Date(clock.now().getTime() - time);
      for (;;) {
        const people = await accounts.findUnconfirmed(db, ago(REMIND_UNTIL), ago(REMIND_AFTER), BATCH);
        for (const user_id of people)
          await transaction(db, (tx) =>
            messages.enqueue(tx, {
              user_id,
              kind: 'nothing_confirmed',
              key: `user:${user_id}:nothing_confirmed`,
            }),
          );
        if (people.length < BATCH) return;
      }
    },

    activeAdmins: accounts.activeAdmins,
    resetsFrom: (user: number, executor: Executor = db) => accounts.findResetsFrom(executor, user),
  };
}
