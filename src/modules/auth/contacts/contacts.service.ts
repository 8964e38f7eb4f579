import { isSameName } from '../../../core/ascii.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { isPhone } from '../../../core/phone.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Channel, CodePurpose } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { LockedAccount, User } from '../../users/index.ts';
import type { Codes } from '../codes/codes.service.ts';
import { CHANNEL, type Contact, type ContactChanges, replacedBy } from './contact-changes.service.ts';
import type { CodeConfirmation } from './contacts.schemas.ts';
import type { Proof, Proofs } from './proof.service.ts';

export interface ContactsDependencies {
  db: Db;
  clock: Clock;
  codes: Codes;
  proofs: Proofs;
  contactChanges: ContactChanges;
  /** The channels that are set up. */
  messages: { offered: ReadonlySet<Channel> };
  users: {
    mustLockOwn: (tx: Tx, user: number) => Promise<LockedAccount>;
    /** Makes it their contact and notes that it is proved to be theirs, and from when on it sets a new password. */
    confirmContact: (
      tx: Tx,
      user: number,
      contact: Contact,
      value: string,
      at: Date,
      resets_from: Date | null,
    ) => Promise<User>;
  };
  audit: Pick<Audit, 'record'>;
}

export type Contacts = ReturnType<typeof createContacts>;

const PURPOSE: Record<Contact, CodePurpose> = { phone: 'verify_phone', email: 'verify_email' };

export function createContacts(dependencies: ContactsDependencies) {
  const { db, clock, codes, proofs, contactChanges, messages, users, audit } = dependencies;

  /**
   * Does `work`, which changes the caller's own contacts to `wanted`. A confirmed one is given up only by who knows the
   * password or has that contact, which is told.
   * @throws AppError invalid_input (proof_required, wrong_password), invalid_code, too_many_requests, sign_in_again
   */
  async function change<Result>(
    caller: Caller,
    wanted: { phone?: string | null | undefined; email?: string | null | undefined },
    proof: Proof,
    work: (tx: Tx) => Promise<Result>,
  ): Promise<Result> {
    const isAbout = wanted.phone !== undefined || wanted.email !== undefined;
    const knowsPassword = isAbout && (await proofs.password(caller, proof));
    const outcome = await transaction(db, async (tx) => {
      const account = await users.mustLockOwn(tx, caller.id);
      const replaced = replacedBy(account, wanted);
      const agreed = knowsPassword ? [] : await proofs.codes(tx, caller, proof, replaced);
      // In a transaction that commits: a wrong try that rolls back was never counted.
      if (!agreed) return undefined;
      const result = await work(tx);
      await contactChanges.replaced(tx, caller.id, account, wanted, agreed);
      return { result };
    });
    if (!outcome) throw new AppError('invalid_code');
    return outcome.result;
  }

  return {
    change,

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
        const account = await users.mustLockOwn(tx, caller.id);
        const destination = named ?? account[contact];
        if (!destination) throw invalidField(contact, 'required');
        // One that was stored before is judged before an SMS to it is paid.
        if (contact === 'phone' && !isPhone(destination)) throw invalidField('phone', 'invalid_phone');
        const isTheirs = isSameName(destination, account[contact] ?? '');
        if (isTheirs && account[`${contact}_verified_at`]) throw new AppError('already_verified');
        const purpose = PURPOSE[contact];
        return codes.send(tx, { user: caller.id, purpose, channel, destination, address });
      });
      if (wait > 0) throw new AppError('too_many_requests', { retryAfter: wait });
    },

    /**
     * Makes the phone or email to which the code was sent the caller's confirmed one. Where it takes the place of a
     * confirmed one, that takes the password, or a code that was sent to it.
     * @throws AppError invalid_code, phone_taken, email_taken (another account has confirmed it), invalid_input
     *   (proof_required, wrong_password), too_many_requests, sign_in_again
     */
    async confirmCode(caller: Caller, contact: Contact, { code, ...proof }: CodeConfirmation): Promise<User> {
      const knowsPassword = await proofs.password(caller, proof);
      const purpose = PURPOSE[contact];
      const confirmed = await transaction(db, async (tx) => {
        const account = await users.mustLockOwn(tx, caller.id);
        const value = await codes.destination(tx, caller.id, purpose);
        if (value === undefined) return undefined;
        const wanted = { [contact]: value };
        const replaced = replacedBy(account, wanted);
        const agreed = knowsPassword ? [] : await proofs.codes(tx, caller, proof, replaced);
        if (!agreed) return undefined;
        if ((await codes.attempt(tx, caller.id, purpose, code)) === undefined) {
          // The proof was right: it serves for the next try.
          await proofs.giveBack(tx, caller, agreed);
          return undefined;
        }
        const details = { fields: [contact, `${contact}_verified_at`] };
        await audit.record(tx, { actor: caller, action: 'profile.update', subject: caller.id, details });
        if (account[`${contact}_verified_at`] === null)
          await contactChanges.added(tx, caller.id, account, contact);
        await contactChanges.replaced(tx, caller.id, account, wanted, agreed);
        const resets_from = await contactChanges.resetsFrom(tx, caller.id, contact, value);
        return users.confirmContact(tx, caller.id, contact, value, clock.now(), resets_from);
      });
      if (!confirmed) throw new AppError('invalid_code');
      return confirmed;
    },
  };
}
