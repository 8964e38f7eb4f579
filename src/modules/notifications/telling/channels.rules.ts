import { accountKinds, isVisitKind, type MessageKind, type NoticeKind } from '../../../core/messages.ts';
import { type Role, worksHere } from '../../../core/roles.ts';
import type { Channel } from '../../../core/words.ts';

/** Which of a person's addresses reach them: they have proved it themselves, or the desk has made sure of the phone. */
export interface Addresses {
  email_verified: boolean;
  phone_reaches: boolean;
  telegram_linked: boolean;
}

export const isProved = (person: Addresses): Record<Channel, boolean> => ({
  email: person.email_verified,
  sms: person.phone_reaches,
  telegram: person.telegram_linked,
});

/** A person's addresses, and the channels they chose by kind. A kind that is missing takes the default. */
export interface Reachable extends Addresses {
  channels: Partial<Record<string, readonly string[]>>;
}

/**
 * The default is one channel: the first of these that reaches the person. A visit is better told at once, so SMS goes
 * before email, which may lie unread. What concerns the account need not cost an SMS where an email will do.
 */
const VISITS_BY: readonly Channel[] = ['telegram', 'sms', 'email'];
const ACCOUNT_BY: readonly Channel[] = ['telegram', 'email', 'sms'];

/** By which channels a person hears of a kind, beside the inbox. None is fine where they chose so. */
export function channelsFor(kind: NoticeKind, person: Reachable, offered: ReadonlySet<Channel>): Channel[] {
  const proved = isProved(person);
  const possible = [...offered].filter((channel) => proved[channel]);
  const chosen = person.channels[kind];
  if (chosen) return possible.filter((channel) => chosen.includes(channel));
  const order = Object.hasOwn(accountKinds, kind) ? ACCOUNT_BY : VISITS_BY;
  return order.filter((channel) => possible.includes(channel)).slice(0, 1);
}

/**
 * Whether a person is no longer told this by any channel: staff who are out hear nothing of patients. A patient who is out
 * may still hear what becomes of their own visits, and anybody may hear what happens to their account.
 */
export const isKeptFrom = (
  kind: MessageKind,
  { role, is_active }: { role: Role; is_active: boolean },
): boolean => !is_active && worksHere(role) && isVisitKind(kind);
