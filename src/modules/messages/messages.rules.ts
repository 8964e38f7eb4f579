import { type Clock, hasBegun, hasEnded } from '../../core/clock.ts';
import {
  accountKinds,
  CODE_MINUTES,
  isVisitKind,
  type MessageKind,
  type NoticeKind,
  type When,
} from '../../core/messages.ts';
import { quietHoursOf } from '../../core/quiet.ts';
import { isStaff, type Role } from '../../core/roles.ts';
import type { AppointmentStatus, Channel } from '../../core/words.ts';

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

/**
 * Whether somebody is told this no more, by whatever channel: staff who are out hear nothing of patients. A patient who is
 * out may still hear what becomes of their own visits, and anybody what happens to their account.
 */
export const isKeptFrom = (
  kind: MessageKind,
  { role, is_active }: { role: Role; is_active: boolean },
): boolean => !is_active && isStaff(role) && isVisitKind(kind);

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

/** The appointment that a message is about, as it stands now. */
export interface VisitNow extends When {
  end_time: string;
  status: AppointmentStatus;
}

/** What is judged of a message: its `params` keep the time that it speaks of. */
export interface Said {
  kind: MessageKind;
  params: Readonly<Record<string, string>>;
  created_at: Date;
}

/** Of its reader. */
export interface Reader extends Pick<Recipient, 'quiet' | 'quiet_from' | 'quiet_until'> {
  deleted: boolean;
  role: Role;
  is_active: boolean;
  /** The other side is its patient. */
  is_doctor: boolean;
  /** Null where the message is about no appointment. */
  visit: VisitNow | null;
}

/** Why it is not to be sent, or until when it waits; neither where it may go now. */
export interface Verdict {
  drop?: string;
  wait?: Date;
}

/**
 * Whether a message is still true, and when it may go: the one judgement, when it is queued and whenever it is about to be
 * sent, over the same facts.
 */
export function judge(said: Said, reader: Reader, clock: Clock): Verdict {
  const drop = untrue(said, reader, clock);
  if (drop !== undefined) return { drop };
  const wait = quietUntil(said.kind, earliestOf(said.params, reader.visit), reader, clock);
  return wait ? { wait } : {};
}

/** What is told of a visit that is no more, and the status that this is true of. */
const FALLEN_OUT: Partial<Record<MessageKind, VisitNow['status']>> = {
  cancelled: 'cancelled',
  declined: 'cancelled',
  absence: 'cancelled',
  closed: 'cancelled',
  expired: 'expired',
};

/** What asks its reader to come. */
export const isInvitation = (kind: MessageKind): boolean =>
  kind === 'booked' || kind === 'confirmed' || kind === 'reminder';

/** What asks its doctor for an answer, and tells its patient that there is none yet. */
const UNDECIDED: readonly MessageKind[] = ['booked', 'unanswered'];

/** Somebody whose request ended longer ago has seen that themselves. */
const LONG_AGO = 86_400_000;

/** Why what a message says is true no longer, undefined where it is. */
function untrue(said: Said, reader: Reader, clock: Clock): string | undefined {
  const { kind, params, created_at } = said;
  const { visit, is_doctor } = reader;
  const now = clock.now().getTime();
  if (reader.deleted) return 'person_deleted';
  if (isKeptFrom(kind, reader)) return 'person_inactive';
  if (kind === 'code') return now - created_at.getTime() > CODE_MINUTES * 60_000 ? 'expired' : undefined;
  if (params.expires_at !== undefined && Date.parse(params.expires_at) <= now) return 'expired';
  const when = timeOf(params, visit);
  if (visit && kind === 'expired')
    return now - clock.at(visit.date, visit.end_time).getTime() > LONG_AGO ? 'expired' : undefined;
  const fell = visit && fellOut(kind, visit);
  if (fell) return fell;
  if (when && isOver(when, visit, is_doctor, clock)) return 'visit_begun';
  return when && visit && !FALLEN_OUT[kind] ? changedSince(kind, when, visit) : undefined;
}

/** A visit that is off, and not what is told of it. */
function fellOut(kind: MessageKind, { status }: VisitNow): string | undefined {
  const isOff = status === 'cancelled' || status === 'expired';
  return isOff && FALLEN_OUT[kind] !== status ? `visit_${status}` : undefined;
}

/** A visit that is on, but neither where it was nor as it was. */
function changedSince(kind: MessageKind, when: When, visit: VisitNow): string | undefined {
  if (isElsewhere(when, visit)) return 'visit_moved';
  if (UNDECIDED.includes(kind) && visit.status !== 'pending') return 'visit_decided';
  // It was confirmed, was moved away and back, and is to be confirmed anew.
  return kind === 'confirmed' && visit.status !== 'confirmed' ? 'visit_moved' : undefined;
}

/** The time that a message speaks of; what was written before messages kept it speaks of where the visit is. */
export function timeOf(params: Said['params'], visit: When | null): When | null {
  const { date, start_time } = params;
  return date !== undefined && start_time !== undefined ? { date, start_time } : visit;
}

const isElsewhere = (when: When, visit: When) =>
  when.date !== visit.date || when.start_time !== visit.start_time;

/** To its patient a visit is no news once it has begun, and to its doctor once it is over. */
function isOver(when: When, visit: VisitNow | null, is_doctor: boolean, clock: Clock): boolean {
  const wall = clock.wall();
  const lasts = is_doctor && visit && !isElsewhere(when, visit);
  return lasts ? hasEnded(visit, wall) : hasBegun(when, wall);
}

/** When the visit is, or was before it was moved, whichever is earlier. */
function earliestOf(params: Said['params'], visit: When | null): When | null {
  const when = timeOf(params, visit);
  const { from_date: date, from_time: start_time } = params;
  if (date === undefined || start_time === undefined) return when;
  const isEarlier = !when || `${date} ${start_time}` < `${when.date} ${when.start_time}`;
  return isEarlier ? { date, start_time } : when;
}

/** What would be told less than this before the visit does not wait for the morning. */
const TOO_LATE = 2 * 3_600_000;

/** Few are asleep as soon as their quiet hours begin. */
const JUST_BEGUN = 15 * 60_000;

/** What is told at whatever hour: it was asked for just now, or somebody may be taking the account. */
const PASSES: readonly MessageKind[] = ['code', 'waitlist_offer', 'contact_changed', 'telegram_linked'];

/** What somebody has to know before they set out, or before they do not. */
const PRESSING: readonly MessageKind[] = ['cancelled', 'declined', 'absence', 'closed', 'moved'];

/**
 * When a message may go out: now, or at the end of the person's quiet hours. Codes pass, and so does a visit that falls
 * out or is moved on its day, or what would be told less than two hours before it. An offer of the waiting list passes
 * too: its reader has asked for it, and in the morning it would be over.
 * @param visit when it is, or was, whichever is earlier
 * @returns undefined when there is nothing to wait for
 */
export function quietUntil(
  kind: MessageKind,
  visit: When | null,
  person: Pick<Recipient, 'quiet' | 'quiet_from' | 'quiet_until'>,
  clock: Clock,
): Date | undefined {
  if (PASSES.includes(kind) || !person.quiet) return undefined;
  const wall = clock.wall();
  const quiet = quietHoursOf(wall, person);
  if (quiet === undefined) return undefined;
  const end = clock.at(quiet.ends, person.quiet_until);
  if (!visit) return end;
  const isLate = clock.at(visit.date, visit.start_time).getTime() - end.getTime() < TOO_LATE;
  if (PRESSING.includes(kind) && (isLate || visit.date === wall.date)) return undefined;
  if (kind === 'reminder' && isLate) {
    // It was to come before they began, and its job is late.
    const began = clock.at(quiet.begins, person.quiet_from).getTime();
    if (clock.now().getTime() - began < JUST_BEGUN) return undefined;
  }
  return end;
}

/** Somebody reads what comes just before they go to rest. */
const BEFORE_REST = 5 * 60_000;

/**
 * When somebody is to be reminded: so many minutes before a visit, or in the morning where that falls into their quiet
 * hours; or before these begin, where they end so late that the morning would be too late.
 */
export function remindAt(
  visit: When,
  minutes: number,
  person: Pick<Recipient, 'quiet' | 'quiet_from' | 'quiet_until'> | undefined,
  clock: Clock,
): Date {
  const start = clock.at(visit.date, visit.start_time).getTime();
  const due = new Date(start - minutes * 60_000);
  const quiet = person?.quiet ? quietHoursOf(clock.wallOf(due), person) : undefined;
  if (!person || !quiet) return due;
  const isInTime = start - clock.at(quiet.ends, person.quiet_until).getTime() >= TOO_LATE;
  return isInTime ? due : new Date(clock.at(quiet.begins, person.quiet_from).getTime() - BEFORE_REST);
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
