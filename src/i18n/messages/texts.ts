import type { AccountKind, visitKinds } from '../../core/messages.ts';
import type { CodePurpose } from '../../core/words.ts';

/** One message in one language. */
export interface Words {
  /** The subject of an email, the heading elsewhere. */
  title: string;
  /** For the inbox, email and Telegram. */
  text: string;
  /** For an SMS. It is seen on a locked screen and paid by the segment, so it says least. */
  sms: string;
}

/** What a text may say of a visit, ready for a sentence. It never says what the visit is about. */
export interface VisitWords {
  /** Such as `10-mart, seshanba, soat 10:00`. */
  when: string;
  /** Such as `10-mart 10:00`. */
  when_short: string;
  doctor: string;
  doctor_short: string;
  patient: string;
  patient_short: string;
  /** Why it was cancelled, in the words of who cancelled it. An SMS leaves it out. */
  reason: string | null;
  /** Whether another of those who book for the patient cancelled it, not the clinic. */
  by_family: boolean;
  /** Of one that fell out: whether its time is free again; where the clinic is closed then it is gone as well. */
  is_free: boolean;
}

/** What else a text may say of a visit that was moved. */
export interface MoveWords extends VisitWords {
  /** When it was. */
  from: string;
  from_short: string;
  /** Whether the doctor has to confirm it anew. */
  pending: boolean;
}

/** What else a text may say of a visit that lies ahead. */
interface ReminderWords extends VisitWords {
  /** Whether the doctor has not confirmed it yet. */
  pending: boolean;
}

/** What else a text may say of a visit that falls out because its doctor cannot come or the clinic is closed. */
export interface AbsenceWords extends VisitWords {
  /** Other times, each with its doctor, such as `11-mart 09:00 (J. Yusupov)`. There may be none. */
  alternatives: string[];
  /** The nearest of them, without its doctor. */
  nearest: string | undefined;
}

/** What else a text may say of a slot that is kept for the reader. */
export interface OfferWords extends VisitWords {
  /** Such as `10:15`, with the day where it is another one. */
  until: string;
}

/** The kinds whose texts may say more than those of any visit. */
interface WordsOfKind {
  moved: MoveWords;
  reminder: ReminderWords;
  called_off: AbsenceWords;
  absence: AbsenceWords;
  closed: AbsenceWords;
  waitlist_offer: OfferWords;
}

type WordsOf<Kind> = Kind extends keyof WordsOfKind ? WordsOfKind[Kind] : VisitWords;

/** The texts of each kind, for every side that hears of it. A missing one is a type error. */
type VisitTexts = {
  [Kind in keyof typeof visitKinds]: {
    [Side in (typeof visitKinds)[Kind][number]]: (visit: WordsOf<Kind>) => Words;
  };
};

export interface AccountWords {
  when: string;
  /** The device's own name; null where it is not known. */
  device: string | null;
  /** The contact that it is about. `added`: it is new and replaces none. */
  contact: 'phone' | 'email';
  added: boolean;
  /** Whether a ceiling is reached. */
  full: boolean;
  /** What failed: the rehearsal of a backup, or the backup itself. */
  rehearsal: boolean;
  /** Neither: the log is not archived, by which what comes after a backup is kept. */
  unarchived: boolean;
  /** What happened to the second step of signing in. */
  what: 'on' | 'off' | 'reset' | 'recovery';
  /** Whether the new way in is a passkey, and no account elsewhere. */
  passkey: boolean;
  /** How many recovery codes are left. */
  left: string;
  /** Whom the reader looks after; null where it is about the reader. */
  person: string | null;
  /** The day that it speaks of, in long and in short. */
  day: string;
  day_short: string;
}

type AccountTexts = Record<AccountKind, (words: AccountWords) => Words>;

type CodeTexts = Record<CodePurpose, (code: string, minutes: number) => Words>;

/** Everything that messages, the pages behind their links and the bot say, in one language. */
export interface MessageTexts {
  visit: VisitTexts;
  account: AccountTexts;
  code: CodeTexts;
  dates: {
    /** @param date a day of the calendar; `year` only where it is not the present one */
    long: (date: DateParts) => string;
    short: (date: DateParts) => string;
    at: (day: string, time: string) => string;
    at_short: (day: string, time: string) => string;
  };
  /** Stands before what is told of the visits of somebody whom the reader looks after. */
  whose: (name: string) => string;
  /** These stand where a name is not known. */
  nobody: { doctor: string; patient: string };
  /** Reasons: an account was deleted or closed, the doctor is away, the clinic is closed. */
  account_deleted: string;
  account_closed: string;
  doctor_absent: string;
  clinic_closed: string;
  /**
   * Labels of links: those of a reminder, with `…pending` where the doctor has not confirmed the visit yet, and the one that
   * takes back what somebody else may have done.
   */
  links: {
    coming: string;
    coming_pending: string;
    cancel: string;
    answer: string;
    answer_pending: string;
    stop: string;
    stop_short: string;
  };
  /** It stands below every email. */
  footer: string;
  page: PageTexts;
  undo_page: UndoPageTexts;
  bot: BotTexts;
  calendar: CalendarTexts;
}

export interface DateParts {
  day: number;
  /** 0 to 11. */
  month: number;
  /** 0 is Sunday. */
  weekday: number;
  year: number | undefined;
}

interface PageTexts {
  title: string;
  ask_coming: string;
  ask_coming_pending: string;
  ask_cancel: string;
  yes: string;
  yes_pending: string;
  cancel: string;
  doctor: string;
  /** It stands below a visit that its doctor has not confirmed yet. */
  pending: string;
  coming: string;
  coming_pending: string;
  cancelled: string;
  too_late: string;
  over: string;
  unknown: string;
  failed: string;
  footer: string;
}

/** The page on which a change of a contact is taken back. */
interface UndoPageTexts {
  title: string;
  /** The question what to do. */
  ask: Record<'phone' | 'email', string>;
  explain: string;
  yes: string;
  done: string;
  over: string;
  /** Another account has the old contact meanwhile. */
  taken: string;
  footer: string;
}

interface BotTexts {
  linked: string;
  expired: string;
  help: string;
  not_linked: string;
  unlinked: string;
  visits: string;
  no_visits: string;
  pending: string;
}

/** What stands in calendars: in feeds, and in the invitations that emails carry. */
interface CalendarTexts {
  /** The names of the feeds: a patient's, a doctor's. */
  visits: string;
  day: string;
  with_doctor: (doctor: string) => string;
  /** Behind the title of a visit that is not confirmed, or called off. */
  pending: string;
  cancelled: string;
}
