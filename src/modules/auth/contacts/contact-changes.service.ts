import { randomBytes } from 'node:crypto';
import { isSameName } from '../../../core/ascii.ts';
import type { Clock } from '../../../core/clock.ts';
import { type Message, STOP_HOURS } from '../../../core/messages.ts';
import { hashOf } from '../../../core/secrets.ts';
import type { Tx } from '../../../db/client.ts';
import type { LockedAccount } from '../../users/index.ts';
import * as repository from './contact-changes.repository.ts';

export type Contact = repository.Contact;
export const contacts = ['phone', 'email'] as const;
export const CHANNEL = { phone: 'sms', email: 'email' } as const;

/** A change can be taken back for so long. Until then the new contact sets no password, unless the old one agreed. */
export const UNDO_HOURS = STOP_HOURS;

interface ContactChangesDependencies {
  clock: Clock;
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

export type ContactChanges = ReturnType<typeof createContactChanges>;

type Held = Pick<
  LockedAccount,
  'phone' | 'phone_verified_at' | 'phone_resets_from' | 'email' | 'email_verified_at' | 'email_resets_from'
>;
type Wanted = { [Name in Contact]?: string | null | undefined };

/** The contacts that somebody has confirmed and that would not be theirs any more. */
export const replacedBy = (before: Held, wanted: Wanted): Contact[] =>
  contacts.filter((contact) => {
    const value = wanted[contact];
    if (value === undefined || before[`${contact}_verified_at`] === null) return false;
    return !isSameName(before[contact] ?? '', value ?? '');
  });

/**
 * Whoever has the phone or the email of an account can set a new password. So whoever replaces one of them takes the
 * account. The contact that is replaced gets a message about it, with a link that takes the change back.
 */
export function createContactChanges({ clock, messages }: ContactChangesDependencies) {
  const until = () => new Date(clock.now().getTime() + UNDO_HOURS * 3_600_000);

  /** Whether a confirmed contact may set a new password: one that took another's place without its word has to wait. */
  const resets = (account: Held, contact: Contact): boolean => {
    const from = account[`${contact}_resets_from`];
    return (
      account[`${contact}_verified_at`] !== null &&
      (from === null || Date.parse(from) <= clock.now().getTime())
    );
  };

  /** @param told the contact to which it is told: the old one, or the one beside which a new one stands */
  async function tell(tx: Tx, user: number, before: Held, contact: Contact, told: Contact, agreed: boolean) {
    const destination = before[told];
    if (destination === null) return;
    const added = contact !== told;
    const token = randomBytes(16).toString('base64url');
    const change = await repository.insertChange(tx, {
      user_id: user,
      contact,
      old_value: added ? null : before[contact],
      old_verified_at: added ? null : before[`${contact}_verified_at`],
      agreed,
      token_hash: hashOf(token),
      changed_at: clock.now(),
      expires_at: until(),
    });
    await messages.enqueue(tx, {
      user_id: user,
      kind: 'contact_changed',
      key: `contact_change:${change}`,
      params: { contact, added: String(added) },
      channel: CHANNEL[told],
      destination,
      stop: `/api/contact-changes/${token}/`,
    });
  }

  return {
    resets,

    /**
     * Tells the confirmed contacts of an account that others take their place, in the transaction of the change.
     * @param before what stood in the account
     * @param agreed those whose owner has shown that they have them, by a code
     */
    async replaced(
      tx: Tx,
      user: number,
      before: Held,
      wanted: Wanted,
      agreed: readonly Contact[] = [],
    ): Promise<void> {
      for (const contact of replacedBy(before, wanted)) {
        // The word of one that is not trusted itself makes no other trusted.
        const hasAgreed = agreed.includes(contact) && resets(before, contact);
        await tell(tx, user, before, contact, contact, hasAgreed);
      }
    },

    /** Tells the other confirmed contact, if there is one, that a first phone or email is confirmed beside it. */
    async added(tx: Tx, user: number, before: Held, contact: Contact): Promise<void> {
      const other = contact === 'phone' ? 'email' : 'phone';
      if (before[`${other}_verified_at`] !== null) await tell(tx, user, before, contact, other, false);
    },

    /**
     * From when on a contact that is confirmed now may set a new password; null is at once: there was no other whose
     * owner it could be taken from, or who had that one has agreed. After `replaced` and `added`.
     */
    async resetsFrom(tx: Tx, user: number, contact: Contact, value: string): Promise<Date | null> {
      const open = await repository.lastOpen(tx, user, contact, clock.now());
      if (!open || open.agreed) return null;
      return open.old_value !== null && isSameName(open.old_value, value) ? null : until();
    },
  };
}
