import { isSameName } from '../../../core/ascii.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import type { Throttle } from '../throttle/throttle.service.ts';
import type { PasswordChange } from './password.schemas.ts';
import type { Passwords } from './passwords.ts';

export interface PasswordDependencies {
  db: Db;
  clock: Clock;
  passwords: Passwords;
  throttle: Throttle;
  sessions: Pick<Sessions, 'announce' | 'endAll' | 'isFresh'>;
  users: {
    hasPassword: (executor: Executor, user: number) => Promise<boolean>;
    /** Undefined for somebody who is erased. */
    passwordHash: (user: number) => Promise<string | null | undefined>;
    /** Their user name; their row is locked. */
    lockAccount: (tx: Tx, user: number) => Promise<{ username: string } | undefined>;
    replacePassword: (tx: Tx, user: number, from: string | null, to: string) => Promise<boolean>;
  };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
  audit: Pick<Audit, 'record' | 'watch'>;
}

/** What holds now: the hash of a password, or null of whoever has none. */
interface Standing {
  hash: string | null;
}

export type Password = ReturnType<typeof createPassword>;

export function createPassword(dependencies: PasswordDependencies) {
  const { db, clock, passwords, throttle, sessions, users, messages, audit } = dependencies;

  /**
   * Asks somebody who is signed in for their password once more. A stolen token must not serve to guess it.
   * @returns the hash that it fits
   * @throws AppError too_many_requests, session_ended (they are erased in this very moment), sign_in_again
   */
  async function confirmed(caller: Caller, password: string): Promise<Standing | undefined> {
    const { id, session } = caller;
    const turn = await throttle.admit({ at: 'confirm', user: id, from: `session:${session}` });
    const hash = await users.passwordHash(id);
    if (hash === undefined) throw new AppError('session_ended');
    if (hash === null) {
      await throttle.succeeded(db, turn);
      return entered(db, caller);
    }
    const fits = await passwords.matches(password, hash);
    if (fits) await throttle.succeeded(db, turn);
    else {
      await throttle.failed(db, turn);
      const details = { session };
      await audit.watch(
        db,
        { actor: caller, action: 'password.fail', subject: id, details },
        String(session),
      );
    }
    return fits ? { hash } : undefined;
  }

  /**
   * Asks whoever has no password whether they have just signed in, which stands for it.
   * @throws AppError sign_in_again
   */
  async function entered(executor: Executor, caller: Caller): Promise<Standing> {
    if (!(await sessions.isFresh(executor, caller))) throw new AppError('sign_in_again');
    return { hash: null };
  }

  /** What stands where no password was given; undefined for whoever has one. @throws AppError sign_in_again */
  const unasked = async (executor: Executor, caller: Caller): Promise<Standing | undefined> =>
    (await users.hasPassword(executor, caller.id)) ? undefined : entered(executor, caller);

  return {
    /**
     * Asks for the caller's password, or that they have just signed in where they have none.
     * @throws AppError invalid_input (required, wrong_password), too_many_requests, session_ended, sign_in_again
     */
    async confirm(caller: Caller, password: string | undefined): Promise<void> {
      if (password === undefined) {
        if (!(await unasked(db, caller))) throw invalidField('password', 'required');
      } else if (!(await confirmed(caller, password))) throw invalidField('password', 'wrong_password');
    },

    /**
     * Lets on whoever has no password and has just signed in. Whoever has one is told what they have to show.
     * @throws AppError invalid_input (proof_required), sign_in_again
     */
    async mustHaveEntered(executor: Executor, caller: Caller): Promise<void> {
      if (!(await unasked(executor, caller))) throw invalidField('password', 'proof_required');
    },

    /**
     * Sets a new password, or the first. This session goes on, all others end.
     * @throws AppError invalid_input (required, wrong_password, password_is_username), too_many_requests, sign_in_again
     */
    async change(caller: Caller, { old_password, password }: PasswordChange): Promise<void> {
      const standing =
        old_password === undefined ? await unasked(db, caller) : await confirmed(caller, old_password);
      if (!standing)
        throw invalidField('old_password', old_password === undefined ? 'required' : 'wrong_password');
      const after = await passwords.hash(password);
      let ended = await replace(caller, password, standing.hash, after);
      if (!ended && old_password !== undefined) {
        // Another hash stands there by now: of another password, or of the same one at another cost, which signing in on
        // another device has just brought up to date. It is looked at once more.
        const now = (await users.passwordHash(caller.id)) ?? null;
        const fits = await passwords.matches(old_password, now);
        ended = fits && now !== null ? await replace(caller, password, now, after) : undefined;
      }
      if (!ended) throw invalidField('old_password', 'wrong_password');
      sessions.announce(ended);
    },
  };

  /** @returns the sessions that ended with it; undefined when `before` is not what stands there any more */
  function replace(
    caller: Caller,
    password: string,
    before: string | null,
    after: string,
  ): Promise<number[] | undefined> {
    return transaction(db, async (tx) => {
      const account = await users.lockAccount(tx, caller.id);
      if (!account) return undefined;
      if (isSameName(password, account.username)) throw invalidField('password', 'password_is_username');
      if (!(await users.replacePassword(tx, caller.id, before, after))) return undefined;
      await audit.record(tx, { actor: caller, action: 'password.change', subject: caller.id });
      await messages.enqueue(tx, {
        user_id: caller.id,
        kind: 'password_changed',
        key: `user:${caller.id}:password:${clock.now().toISOString()}`,
      });
      return sessions.endAll(tx, caller.id, { except: caller.session });
    });
  }
}
