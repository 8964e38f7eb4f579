import type { Role } from './roles.ts';
import type { Channel } from './words.ts';

/**
 * What is told about a visit, and to which side of it. To add a kind, add it here: the texts in i18n/messages then fail
 * type checking until each language has it, for each side.
 */
export const visitKinds = {
  booked: ['patient', 'doctor'],
  /** The doctor hears of it where a booking is confirmed at once. */
  confirmed: ['patient', 'doctor'],
  /** The request is still to be answered, and its visit is near. */
  unanswered: ['doctor'],
  declined: ['patient'],
  /** Nobody has answered the request, and its time is over. */
  expired: ['patient', 'doctor'],
  cancelled: ['patient', 'doctor'],
  moved: ['patient', 'doctor'],
  /** Cancelled because the doctor is away. */
  absence: ['patient'],
  /** Cancelled because the clinic is closed on that day. */
  closed: ['patient'],
  /** Of the waiting list: about a slot, which is no visit yet. */
  waitlist_offer: ['patient'],
  waitlist_lapsed: ['patient'],
  reminder: ['patient'],
  confirmed_coming: ['doctor'],
} as const;
export type VisitKind = keyof typeof visitKinds;

/** What is told about an account, to whom it belongs. */
export const accountKinds = {
  new_sign_in: ['patient', 'doctor', 'admin'],
  password_changed: ['patient', 'doctor', 'admin'],
  doctor_approved: ['doctor'],
  /** A confirmed phone or email was replaced, or another one was confirmed beside it. */
  contact_changed: ['patient', 'doctor', 'admin'],
  telegram_linked: ['patient', 'doctor', 'admin'],
  /** No phone and no email is confirmed: there is no way back for whoever forgets the password. */
  nothing_confirmed: ['patient', 'doctor', 'admin'],
  /** Codes by SMS come close to the day's ceiling, or have reached it. */
  code_ceiling: ['admin'],
} as const;
export type AccountKind = keyof typeof accountKinds;

/** What stands in the inbox, and whose channels a person chooses. */
export type NoticeKind = VisitKind | AccountKind;
/** A code goes out to the one address it is about, and into no inbox. */
export type MessageKind = NoticeKind | 'code';

const names = <Key extends string>(record: Record<Key, unknown>) => Object.keys(record) as Key[];
export const noticeKinds: readonly NoticeKind[] = [...names(visitKinds), ...names(accountKinds)];
export const messageKinds: readonly MessageKind[] = [...noticeKinds, 'code'];

export const isVisitKind = (kind: string): kind is VisitKind => Object.hasOwn(visitKinds, kind);
export const isNoticeKind = (kind: string): kind is NoticeKind =>
  isVisitKind(kind) || Object.hasOwn(accountKinds, kind);

/** The kinds that can reach somebody of this role. */
export function kindsOf(role: Role): NoticeKind[] {
  const told: Record<NoticeKind, readonly Role[]> = { ...visitKinds, ...accountKinds };
  return noticeKinds.filter((kind) => told[kind].includes(role));
}

/** How long a code is worth anything. */
export const CODE_MINUTES = 5;

/** A wall time of the clinic: when a visit is, was, or was to be. */
export interface When {
  date: string;
  start_time: string;
}
/** How long what a message tells of can be stopped with the link in it. */
export const STOP_HOURS = 72;

/** What is handed to the messages module to be told to one person. */
export interface Message {
  user_id: number;
  kind: MessageKind;
  /** What happened, such as `appointment:9001:booked`: the same key tells the same person once. */
  key: string;
  appointment_id?: number;
  /**
   * Nothing personal: it is stored as it stands. A code's `purpose`, a reminder's `lead`, a sign-in's `device`. What is
   * said of a visit keeps the time it speaks of as `date` and `start_time`, and the visit's `version` then, wherever the
   * visit goes afterwards; whom it names beside the appointment's own people stands here as `doctors`, ids with commas
   * between, since names are looked up when it is written.
   */
  params?: Record<string, string>;
  /** A code: stored sealed, and no longer than until it is sent. */
  secret?: string;
  /** Only this one, whatever the person prefers. */
  channel?: Channel;
  /** Instead of the person's own address, such as a new phone to be verified. */
  destination?: string;
  /** A path of this API, to be opened by whoever it was not: stored sealed, as it lets do something without signing in. */
  stop?: string;
  /** By the others that reach the person, whatever they prefer: this one may be in the hands of somebody else. */
  except?: Channel;
}

/** How long before a visit its patient is reminded, such as `24h`. */
export interface Lead {
  name: string;
  minutes: number;
}

/** `24h,2h` or `off`. */
export function parseReminders(text: string): Lead[] | undefined {
  if (text.trim() === 'off') return [];
  const leads = text.split(',').map((part) => {
    const [, amount, unit] = /^([1-9]\d{0,3})([hm])$/.exec(part.trim()) ?? [];
    return { name: part.trim(), minutes: Number(amount) * (unit === 'h' ? 60 : 1) };
  });
  return leads.every(({ minutes }) => minutes > 0) ? leads : undefined;
}
