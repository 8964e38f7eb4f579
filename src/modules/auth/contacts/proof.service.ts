import type { Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Channel, CodePurpose } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { LockedAccount } from '../../users/index.ts';
import type { Codes } from '../codes/codes.service.ts';
import type { Password } from '../password/password.service.ts';
import { CHANNEL, type Contact } from './contact-changes.service.ts';

/** What shows that whoever is signed in is the account's owner, beside the access token, which may be stolen. */
export interface Proof {
  password?: string | undefined;
  /** A code that was sent to a contact that is confirmed so far. */
  proof_code?: string | undefined;
}

interface ProofDependencies {
  db: Db;
  codes: Codes;
  password: Pick<Password, 'confirm' | 'mustHaveEntered'>;
  messages: { offered: ReadonlySet<Channel> };
  users: {
    lockAccount: (tx: Tx, user: number) => Promise<LockedAccount | undefined>;
    mustLockOwn: (tx: Tx, user: number) => Promise<LockedAccount>;
  };
}

export type Proofs = ReturnType<typeof createProofs>;

const PURPOSE: Record<Contact, CodePurpose> = { phone: 'prove_phone', email: 'prove_email' };

/** Asks once more whether it is the owner, before an account could change hands. */
export function createProofs({ db, codes, password: passwords, messages, users }: ProofDependencies) {
  /**
   * Whether the password was given, which takes its time: before any transaction.
   * @throws AppError invalid_input (wrong_password), too_many_requests, sign_in_again
   */
  async function password(caller: Caller, { password: given }: Proof): Promise<boolean> {
    if (given === undefined) return false;
    await passwords.confirm(caller, given);
    return true;
  }

  return {
    /**
     * Sends a code to the caller's confirmed phone or email.
     * @throws AppError channel_not_offered, not_verified, too_many_requests
     */
    async request(caller: Caller, contact: Contact, { address }: Origin): Promise<void> {
      const channel = CHANNEL[contact];
      if (!messages.offered.has(channel)) throw new AppError('channel_not_offered');
      const wait = await transaction(db, async (tx) => {
        const account = await users.mustLockOwn(tx, caller.id);
        const destination = account[`${contact}_verified_at`] ? account[contact] : null;
        if (destination === null) throw new AppError('not_verified');
        return codes.send(tx, { user: caller.id, purpose: PURPOSE[contact], channel, destination, address });
      });
      if (wait > 0) throw new AppError('too_many_requests', { retryAfter: wait });
    },

    password,

    /**
     * Tries the code against each of these contacts. The transaction must commit whatever comes of it.
     * @returns the contacts, whose owner has agreed; undefined where the code is wrong
     * @throws AppError invalid_input (proof_required), where no code was given and one is needed; sign_in_again, where there is no
     * password to be asked for
     */
    async codes(
      tx: Tx,
      caller: Caller,
      { proof_code }: Proof,
      needed: readonly Contact[],
    ): Promise<readonly Contact[] | undefined> {
      const [contact, ...others] = needed;
      if (contact === undefined) return [];
      // One code is of one contact: whoever gives up both at once knows the password, or does it one after the other.
      if (proof_code === undefined || others.length > 0) {
        await passwords.mustHaveEntered(tx, caller);
        return [];
      }
      return (await codes.attempt(tx, caller.id, PURPOSE[contact], proof_code)) === undefined
        ? undefined
        : needed;
    },

    /**
     * Asks for either, where no contact is given up but something else that reaches the owner.
     * @throws AppError invalid_input (proof_required, wrong_password), invalid_code, too_many_requests, sign_in_again
     */
    async must(caller: Caller, proof: Proof): Promise<void> {
      if (await password(caller, proof)) return;
      const { proof_code } = proof;
      if (proof_code === undefined) return passwords.mustHaveEntered(db, caller);
      const fits = await transaction(db, async (tx) => {
        await users.lockAccount(tx, caller.id);
        for (const purpose of Object.values(PURPOSE))
          if ((await codes.attempt(tx, caller.id, purpose, proof_code)) !== undefined) return true;
        return false;
      });
      if (!fits) throw new AppError('invalid_code');
    },

    /** Lets a code that was right serve once more, as what it was for did not come about. */
    async giveBack(tx: Tx, { id }: Caller, contacts: readonly Contact[]): Promise<void> {
      for (const contact of contacts) await codes.giveBack(tx, id, PURPOSE[contact]);
    },
  };
}
