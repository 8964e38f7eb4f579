import { networkOf } from '../../../core/address.ts';
import { isSameName } from '../../../core/ascii.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import type { CountryCode } from '../../../core/phone.ts';
import type { Channel } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Account, LockedAccount } from '../../users/index.ts';
import type { Codes } from '../codes/codes.service.ts';
import type { ContactChanges } from '../contacts/contact-changes.service.ts';
import type { Unlinking } from '../providers/unlinking.service.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import { type LoginName, loginName } from '../sign-in/names.rules.ts';
import type { Throttle } from '../throttle/throttle.service.ts';
import type { Afterwards } from './afterwards.service.ts';
import type { ResetConfirmation } from './password.schemas.ts';
import type { Passwords } from './passwords.ts';

export interface ResetDependencies {
  db: Db;
  clock: Clock;
  phone_country: CountryCode;
  passwords: Passwords;
  throttle: Throttle;
  codes: Codes;
  contactChanges: Pick<ContactChanges, 'resets'>;
  afterwards: Pick<Afterwards, 'run'>;
  sessions: Pick<Sessions, 'announce' | 'endAll'>;
  users: {
    findAccount: (name: LoginName) => Promise<Account | undefined>;
    lockAccount: (tx: Tx, user: number) => Promise<LockedAccount | undefined>;
    setPassword: (tx: Tx, user: number, hash: string) => Promise<void>;
  };
  messages: {
    enqueue: (tx: Tx, message: Message) => Promise<void>;
    offered: ReadonlySet<Channel>;
    unlinkTelegram: (tx: Tx, user: number) => Promise<void>;
  };
  unlinking: Pick<Unlinking, 'later'>;
  audit: Pick<Audit, 'record' | 'watch'>;
}

/** The id of no user: for a name that nobody has the same statements run. */
const NOBODY = 0;

type Contacts = Parameters<ContactChanges['resets']>[0];

export type Reset = ReturnType<typeof createReset>;

export function createReset(dependencies: ResetDependencies) {
  const { db, clock, phone_country, passwords, throttle, codes, sessions, users, messages, audit } =
    dependencies;
  const { contactChanges } = dependencies;

  /**
   * Where a code goes: to the phone or email they named, otherwise to their phone. Only where it is set up and confirmed,
   * and does not stand in another's place without its word.
   */
  function wayTo(account: Contacts, name: Pick<LoginName, 'text'>) {
    const sms = { channel: 'sms', contact: 'phone' } as const;
    const mail = { channel: 'email', contact: 'email' } as const;
    const ways = name.text.includes('@') ? [mail, sms] : [sms, mail];
    for (const { channel, contact } of ways) {
      const destination = account[contact];
      if (destination && messages.offered.has(channel) && contactChanges.resets(account, contact))
        return { channel, destination };
    }
    return undefined;
  }

  /** Sends a code, if somebody has that name and has confirmed where to reach them. */
  async function sendCode(name: LoginName, address: string | undefined): Promise<void> {
    const account = await users.findAccount(name);
    if (!account) return;
    await transaction(db, async (tx) => {
      const holder = await users.lockAccount(tx, account.id);
      const way = holder?.is_active ? wayTo(holder, name) : undefined;
      // A limit that is reached is not said either: it would tell that there is an account.
      if (way) await codes.send(tx, { user: account.id, purpose: 'reset_password', address, ...way });
    });
  }

  return {
    /** Where a code goes that is asked for by user name; undefined where none does. */
    wayOf: (account: Contacts) => wayTo(account, { text: '' }),

    /** Answers at once, whoever is asked about, and does nothing before it has. */
    requestReset(typed: string, { address }: Origin): void {
      const name = loginName(typed, phone_country);
      dependencies.afterwards.run(() => sendCode(name, address));
    },

    /**
     * Sets a new password for who holds the code, and ends all sessions.
     * @throws AppError invalid_code, whether it is wrong or nobody has that name; invalid_input; too_many_requests
     */
    async confirmReset(
      { username, code, password }: ResetConfirmation,
      { address, held }: Origin,
    ): Promise<void> {
      const name = loginName(username, phone_country);
      const account = await users.findAccount(name);
      const from = address ?? 'nowhere';
      const turn = await throttle.admit({ at: 'reset', name: name.key, from, user: account?.id, held });
      // It is computed before the code is tried, right or wrong: time tells nothing, and the transaction waits for nothing.
      const hash = await passwords.hash(password);
      const user = account?.id ?? NOBODY;
      const reset = async (tx: Tx) => {
        const holder = await users.lockAccount(tx, user);
        const sent_to = await codes.attempt(tx, user, 'reset_password', code);
        if (!holder?.is_active || sent_to === undefined) {
          // In the same transaction: one commit that writes, whether or not there was a code to be tried.
          await throttle.failed(tx, turn);
          const subject = account && { subject: account.id };
          const network = networkOf(address);
          await audit.watch(tx, { action: 'password.reset_fail', ...subject, network }, name.key);
          return undefined;
        }
        if (isSameName(password, holder.username)) throw invalidField('password', 'password_is_username');
        await users.setPassword(tx, user, hash);
        // Whoever was slowed down for guessing at what they forgot can sign in now.
        await throttle.succeeded(tx, turn, [{ at: 'sign_in', user, from }]);
        // Whoever was in the account may have linked it.
        await messages.unlinkTelegram(tx, user);
        await dependencies.unlinking.later(tx, user);
        await audit.record(tx, {
          actor: { id: user, role: holder.role },
          action: 'password.reset',
          subject: user,
        });
        await messages.enqueue(tx, {
          user_id: user,
          kind: 'password_changed',
          key: `user:${user}:password:${clock.now().toISOString()}`,
        });
        return sessions.endAll(tx, user);
      };
      const ended = await throttle.during(turn, () => transaction(db, reset));
      if (ended === undefined) throw new AppError('invalid_code');
      sessions.announce(ended);
    },
  };
}
