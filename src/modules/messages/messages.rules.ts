import { addDays, type Clock, hasBegun } from '../../core/clock.ts';
import {
  accountKinds,
  type Channel,
  CODE_MINUTES,
  type MessageKind,
  type NoticeKind,
} from '../../core/messages.ts';

/** What is known of somebody who is to be told something. */
export interface Recipient {
  email_verified: boolean;
  phone_verified: boolean;
  telegram_linked: boolean;
  /** What they chose, by kind; a kind that is missing takes the default. */
  channels: Partial<Record<string, readonly string[]>>;
  quiet: boolean;
  quiet_from: string;
  quiet_until: string;
}

/**
 * By default one channel, the first of these that reaches the person. A visit is better told at once, where an SMS is
 * read and an email may lie; what concerns the account need not cost an SMS where an email will do.
 */
const VISITS_BY: readonly Channel[] = ['telegram', 'sms', 'email'];
const ACCOUNT_BY: readonly Channel[] = ['telegram', 'email', 'sms'];

/** The channels that reach somebody: set up here, and proved to be theirs. */
export function reaching(
  person: Pick<Recipient, 'email_verified' | 'phone_verified' | 'telegram_linked'>,
  offered: ReadonlySet<Channel>,
): Channel[] {
  const theirs: Record<Channel, boolean> = {
    email: person.email_verified,
    sms: person.phone_verified,
    telegram: person.telegram_linked,
  };
  return [...offered].filter((channel) => theirs[channel]);
}

/** By which channels somebody hears of a kind, beside the inbox; none is fine where they chose so. */
export function channelsFor(kind: NoticeKind, person: Recipient, offered: ReadonlySet<Channel>): Channel[] {
  const possible = reaching(person, offered);
  const chosen = person.channels[kind];
  if (chosen) return possible.filter((channel) => chosen.includes(channel));
  const order = Object.hasOwn(accountKinds, kind) ? ACCOUNT_BY : VISITS_BY;
  return order.filter((channel) => possible.includes(channel)).slice(0, 1);
}

/** A cancellation that would come less than this before the visit does not wait for the morning. */
const TOO_LATE = 2 * 3_600_000;

export interface Visit {
  date: string;
  start_time: string;
}

/** What is told at whatever hour: it was asked for just now, or somebody may be taking the account. */
const PASSES: readonly MessageKind[] = ['code', 'waitlist_offer', 'contact_changed', 'telegram_linked'];

/** What somebody has to know before they set out, or before they do not. */
const PRESSING: readonly MessageKind[] = ['cancelled', 'declined', 'absence', 'moved'];

/**
 * When a message may go out: now, or at the end of the person's quiet hours. Codes pass, and so does a visit that falls
 * out or is moved on its day, or what would be told less than two hours before it. An offer of the waiting list passes
 * too: its reader has asked for it, and in the morning it would be over.
 * @param visit when it is, or was, whichever is earlier
 * @returns undefined when there is nothing to wait for
 */
export function quietUntil(
  kind: MessageKind,
  visit: Visit | null,
  person: Pick<Recipient, 'quiet' | 'quiet_from' | 'quiet_until'>,
  clock: Clock,
): Date | undefined {
  if (PASSES.includes(kind) || !person.quiet) return undefined;
  const wall = clock.wall();
  const day = endOfQuiet(wall.date, wall.time.slice(0, 5), person.quiet_from, person.quiet_until);
  if (day === undefined) return undefined;
  const end = clock.at(day, person.quiet_until);
  if (PRESSING.includes(kind) && visit) {
    const start = clock.at(visit.date, visit.start_time).getTime();
    if (visit.date === wall.date || start - end.getTime() < TOO_LATE) return undefined;
  }
  return end;
}

/** The day on which the quiet hours end that this moment lies in; undefined outside them. */
function endOfQuiet(date: string, time: string, from: string, until: string): string | undefined {
  if (from === until) return undefined;
  if (from < until) return time >= from && time < until ? date : undefined;
  if (time < until) return date;
  return time >= from ? addDays(date, 1) : undefined;
}

/** What is told of a visit that is no more. */
const FALLEN_OUT: readonly MessageKind[] = ['cancelled', 'declined', 'absence'];

/**
 * Why a queued message is no longer worth sending, undefined when it is: a code or an offer that has expired, a visit that
 * has begun, good news of one that was cancelled meanwhile, a time that is no longer that of the visit.
 * @param visit what the message is about; its `status` is null where it is a slot and no appointment
 */
export function outdated(
  message: { kind: MessageKind; created_at: string; params?: Readonly<Record<string, string>> },
  visit: (Visit & { status: string | null; isMoved?: boolean }) | null,
  clock: Clock,
): string | undefined {
  if (message.kind === 'code') {
    const age = clock.now().getTime() - Date.parse(message.created_at);
    return age > CODE_MINUTES * 60_000 ? 'expired' : undefined;
  }
  const { expires_at } = message.params ?? {};
  if (expires_at !== undefined && Date.parse(expires_at) <= clock.now().getTime()) return 'expired';
  if (!visit) return undefined;
  if (hasBegun(visit, clock.wall())) return 'visit_begun';
  if (visit.status === 'cancelled' && !FALLEN_OUT.includes(message.kind)) return 'visit_cancelled';
  return visit.isMoved ? 'visit_moved' : undefined;
}

/** Above this, attempts grow no further apart: e^10 seconds are six hours. */
const SLOWEST = 10;

/** Seconds until the next attempt, as graphile-worker counts them: e, e², e³ … */
export const delayAfter = (attempts: number, retryAfter = 0): number =>
  Math.max(Math.exp(Math.min(attempts, SLOWEST)), retryAfter);

/** One job a message: adding it again replaces the one that waits. */
export const jobKey = (message: number): string => `message:${message}`;

/** Somebody waits for a code: it goes before whatever else is queued. */
export const priorityOf = (kind: MessageKind): number => (kind === 'code' ? -10 : 0);
