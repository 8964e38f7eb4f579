import { type Role, roles } from './roles.ts';
import type { Channel } from './words.ts';

/**
 * The catalogue of what people are told. It stands in core because three sides need it: the modules that tell something
 * (auth and users hand a `Message` over), the settings (reminders), and modules/notifications, which does the telling.
 *
 * A new kind is three things:
 * 1. a line in `visitKinds` or `accountKinds` below, with the sides that hear of it;
 * 2. a text in each language, in i18n/messages: type checking fails until every one is there, for each side;
 * 3. the place where it is told: occasions/audience.rules.ts of notifications for what happens to a visit, or a call of `enqueue`.
 */

/** What is told about a visit, and to which side of it. */
export const visitKinds = {
  booked: ['patient', 'doctor'],
  /** The doctor hears of it where a booking is confirmed at once, or where somebody else answers for them. */
  confirmed: ['patient', 'doctor'],
  /** The request still waits for an answer, and its visit is near. */
  unanswered: ['doctor'],
  declined: ['patient'],
  /** Its doctor has cancelled what was confirmed. */
  called_off: ['patient'],
  /** Nobody answered the request, and its time is over. */
  expired: ['patient', 'doctor'],
  cancelled: ['patient', 'doctor'],
  moved: ['patient', 'doctor'],
  /** It went to another doctor. */
  handed_over: ['doctor'],
  /** It was entered for them, and is somebody else's. */
  entered_by_mistake: ['patient'],
  /** Cancelled because the doctor is away. */
  absence: ['patient'],
  /** Cancelled because the clinic is closed on that day. */
  closed: ['patient'],
  /** The two of the waiting list are about a slot, which is no visit yet. */
  waitlist_offer: ['patient'],
  waitlist_lapsed: ['patient'],
  reminder: ['patient'],
  confirmed_coming: ['doctor'],
} as const;
export type VisitKind = keyof typeof visitKinds;

/** What is told about an account, and to which roles. */
export const accountKinds = {
  new_sign_in: roles,
  password_changed: roles,
  doctor_approved: ['doctor'],
  /** A confirmed phone or email was replaced, or a second contact was confirmed beside the first. */
  contact_changed: roles,
  telegram_linked: roles,
  /** Signing in asks for a second step from now on, or no more, or a recovery code was used. */
  two_step_changed: roles,
  /** An account elsewhere was linked, or a passkey added, by which one signs in from then on. */
  identity_linked: roles,
  /** No phone and no email is confirmed: who forgets the password has no way back. */
  nothing_confirmed: roles,
  /** Another record of the same person was merged into theirs. */
  record_merged: ['patient'],
  /** Somebody will be 18, and acts for themself from then on: told to those who book for them, and to themself. */
  guardianship_ends: ['patient'],
  /** Codes by SMS are close to the day's ceiling, or have reached it. */
  code_ceiling: ['admin'],
  /** A backup was not made, could not be restored, or what comes after it is not kept. */
  backup_failed: ['admin'],
  /** An endpoint of a webhook was switched off, because nothing reached it any more. */
  webhook_off: ['admin'],
} as const;
export type AccountKind = keyof typeof accountKinds;

/** Kinds that stand in the inbox, and for which a person chooses channels. */
export type NoticeKind = VisitKind | AccountKind;
/** A code goes to the one address it is about, and into no inbox. */
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

/** A wall time of the clinic: when a visit is, was, or was to be. */
export interface When {
  date: string;
  start_time: string;
}

/** How long the link in a message can take back what the message tells of. */
export const STOP_HOURS = 72;

/** What is handed to the notifications module to be told to one person. */
export interface Message {
  user_id: number;
  kind: MessageKind;
  /** What happened, such as `appointment:9001:booked`. The same key tells the same person once. */
  key: string;
  appointment_id?: number;
  /**
   * Nothing personal, because it is stored as it stands: a code's `purpose`, a reminder's `lead`, a sign-in's `device`. A
   * message about a visit keeps the time it speaks of as `date` and `start_time`, and the visit's `version` at that moment,
   * wherever the visit goes afterwards. Other doctors whom it names stand in `doctors`, as ids with commas between, and the
   * patient whom the reader looks after in `for`: names are looked up when it is written.
   */
  params?: Record<string, string>;
  /** A code. It is stored sealed, and only until it is sent. */
  secret?: string;
  /** Only this channel, whatever the person prefers. */
  channel?: Channel;
  /** An address in place of the person's own, such as a new phone to be verified. */
  destination?: string;
  /** A path of this API for a reader who did not do this. It is stored sealed, because it works without signing in. */
  stop?: string;
  /** By another channel than this one, whatever the person prefers: this one may be in the hands of somebody else. */
  except?: Channel;
}

/** How long before a visit its patient is reminded, such as `24h`. */
export interface Lead {
  name: string;
  minutes: number;
}

/**
 * @param text `24h,2h` or `off`; a lead that is named twice is one, since one job reminds of a visit by each name
 */
export function parseReminders(text: string): Lead[] | undefined {
  if (text.trim() === 'off') return [];
  const names = new Set(text.split(',').map((part) => part.trim()));
  const leads = [...names].map((name) => {
    const [, amount, unit] = /^([1-9]\d{0,3})([hm])$/.exec(name) ?? [];
    return { name, minutes: Number(amount) * (unit === 'h' ? 60 : 1) };
  });
  return leads.every(({ minutes }) => minutes > 0) ? leads : undefined;
}
