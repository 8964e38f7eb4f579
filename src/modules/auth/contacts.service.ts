import type { Clock } from '../../core/clock.ts';
import type { Origin } from '../../core/device.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Channel } from '../../core/messages.ts';
import { isPhone } from '../../core/phone.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import type { LockedAccount, User } from '../users/index.ts';
import type { MyChanges } from './account.schemas.ts';
import type { Codes } from './codes.service.ts';

export type Contact = 'phone' | 'email';

export interface ContactsDependencies {
  db: Db;
  clock: Clock;
  codes: Codes;
  /** The channels that are set up. */
  messages: { offered: ReadonlySet<Channel> };
  users: {
    lockAccount: (tx: Tx, user: number) => Promise<LockedAccount | undefined>;
    changeOwn: (tx: Tx, user: number, changes: MyChanges) => Promise<User>;
    /** Makes it their contact and notes that it is proved to be theirs. */
    confirmContact: (tx: Tx, user: number, contact: Contact, value: string, at: Date) => Promise<User>;
  };
  audit: Pick<Audit, 'record'>;
}

const CHANNEL = { phone: 'sms', email: 'email' } as const;
const PURPOSE = { phone: 'verify_phone', email: 'verify_email' } as const;

export function createContacts({ db, clock, codes, messages, users, audit }: ContactsDependencies) {
  const note = (tx: Tx, caller: Caller, fields: readonly string[]) =>
    audit.record(tx, { actor: caller, action: 'profile.update', subject: caller.id, details: { fields } });

  return {
    /** Changes what people say of themselves. A changed contact is no longer confirmed: the database sees to that. */
    changeMe: (caller: Caller, changes: MyChanges): Promise<User> =>
      transaction(db, async (tx) => {
        const changed = await users.changeOwn(tx, caller.id, changes);
        const given = Object.entries(changes).filter(([, value]) => value !== undefined);
        await note(
          tx,
          caller,
          given.map(([name]) => name),
        );
        return changed;
      }),

    /**
     * Sends a code to a phone or email, to be confirmed as the caller's.
     * @param named another one than the account has
     * @throws AppError channel_not_offered, invalid_input (there is none), already_verified, too_many_requests
     */
    async requestCode(
      caller: Caller,
      contact: Contact,
      named: string | undefined,
      { address }: Origin,
    ): Promise<void> {
      const channel = CHANNEL[contact];
      if (!messages.offered.has(channel)) throw new AppError('channel_not_offered');
      const wait = await transaction(db, async (tx) => {
        const account = await users.lockAccount(tx, caller.id);
        if (!account) throw new AppError('session_ended');
        const destination = named ?? account[contact];
        if (!destination) throw invalidField(contact, 'required');
        // One that was stored before is judged before an SMS to it is paid.
        if (contact === 'phone' && !isPhone(destination)) throw invalidField('phone', 'invalid_phone');
        const isTheirs = destination.toLowerCase() === account[contact]?.toLowerCase();
        if (isTheirs && account[`${contact}_verified_at`]) throw new AppError('already_verified');
        const purpose = PURPOSE[contact];
        return codes.send(tx, { user: caller.id, purpose, channel, destination, address });
      });
      if (wait > 0) throw new AppError('too_many_requests', { retryAfter: wait });
    },

    /**
     * Makes the phone or email to which the code was sent the caller's confirmed one.
     * @throws AppError invalid_code, phone_taken, email_taken (another account has confirmed it)
     */
    async confirmCode(caller: Caller, contact: Contact, code: string): Promise<User> {
      const confirmed = await transaction(db, async (tx) => {
        await users.lockAccount(tx, caller.id);
        const destination = await codes.attempt(tx, caller.id, PURPOSE[contact], code);
        if (destination === undefined) return undefined;
        await note(tx, caller, [contact, `${contact}_verified_at`]);
        return users.confirmContact(tx, caller.id, contact, destination, clock.now());
      });
      if (!confirmed) throw new AppError('invalid_code');
      return confirmed;
    },
  };
}
