import type { AccountKind, visitKinds } from '../../../core/messages.ts';
import type { CodePurpose } from '../../../core/words.ts';

/** One message in one language. */
export interface Words {
  /** The subject of an email, the heading elsewhere. */
  title: string;
  /** For the inbox, email and Telegram. */
  text: string;
  /** For an SMS: seen on a locked screen and paid by the segment, so it says least. */
  sms: string;
}

/** What a text may say of a visit, ready to be put into a sentence. Never what it is about. */
export interface VisitWords {
  /** Such as `10-mart, seshanba, soat 10:00`. */
  when: string;
  /** Such as `10-mart 10:00`. */
  when_short: string;
  doctor: string;
  doctor_short: string;
  patient: string;
  patient_short: string;
  /** Why it was cancelled, in the words of whoever did; an SMS leaves it out. */
  reason: string | null;
}

/** Of a visit that was moved. */
export interface MoveWords extends VisitWords {
  /** When it was. */
  from: string;
  from_short: string;
  /** Whether the doctor has to answer it anew. */
  pending: boolean;
}

/** Of a visit that lies ahead. */
export interface ReminderWords extends VisitWords {
  /** Whether its doctor has still to confirm it. */
  pending: boolean;
}

/** Of a visit that falls out because the doctor is away, or the clinic closed. */
export interface AbsenceWords extends VisitWords {
  /** Other times, each with its doctor, such as `11-mart 09:00 (J. Yusupov)`; none is fine. */
  alternatives: string[];
  /** The nearest of them, without. */
  nearest: string | undefined;
}

/** Of a slot that is kept for the reader. */
export interface OfferWords extends VisitWords {
  /** Such as `10:15`, with its day where it is another one. */
  until: string;
}

/** What the texts of a kind may say, where that is more than of any visit. */
export interface WordsOfKind {
  moved: MoveWords;
  reminder: ReminderWords;
  absence: AbsenceWords;
  closed: AbsenceWords;
  waitlist_offer: OfferWords;
}

type WordsOf<Kind> = Kind extends keyof WordsOfKind ? WordsOfKind[Kind] : VisitWords;

/** A visit's kinds, each for every side that hears of it: a missing one is a type error. */
export type VisitTexts = {
  [Kind in keyof typeof visitKinds]: {
    [Side in (typeof visitKinds)[Kind][number]]: (visit: WordsOf<Kind>) => Words;
  };
};

export interface AccountWords {
  when: string;
  /** What the device calls itself, where that is known. */
  device: string | null;
  /** Which contact it is about, where it is about one; `added` where it is new and replaces none. */
  contact: 'phone' | 'email';
  added: boolean;
  /** Of a ceiling: whether it is reached. */
  full: boolean;
}

export type AccountTexts = Record<AccountKind, (words: AccountWords) => Words>;

export type CodeTexts = Record<CodePurpose, (code: string, minutes: number) => Words>;

/** Everything that is said in messages, on the pages behind their links and by the bot, in one language. */
export interface MessageTexts {
  visit: VisitTexts;
  account: AccountTexts;
  code: CodeTexts;
  dates: {
    /** @param date of the calendar, by its parts; `year` only where it is not the present one */
    long: (date: DateParts) => string;
    short: (date: DateParts) => string;
    at: (day: string, time: string) => string;
    at_short: (day: string, time: string) => string;
  };
  /** Where a name is not known. */
  nobody: { doctor: string; patient: string };
  /** Stand where somebody's account was deleted or closed, where the doctor is away, and where the clinic is closed. */
  account_deleted: string;
  account_closed: string;
  doctor_absent: string;
  clinic_closed: string;
  /** Beside the links of a reminder, `…pending` where the doctor has still to confirm the visit; and beside that which stops what somebody else may have done. */
  links: {
    coming: string;
    coming_pending: string;
    cancel: string;
    answer: string;
    answer_pending: string;
    stop: string;
    stop_short: string;
  };
  /** Below every email. */
  footer: string;
  page: PageTexts;
  undo_page: UndoPageTexts;
  bot: BotTexts;
}

export interface DateParts {
  day: number;
  /** 0 to 11. */
  month: number;
  /** 0 is Sunday. */
  weekday: number;
  year: number | undefined;
}

export interface PageTexts {
  title: string;
  ask_coming: string;
  ask_coming_pending: string;
  ask_cancel: string;
  yes: string;
  yes_pending: string;
  cancel: string;
  doctor: string;
  /** Below a visit that its doctor has still to confirm. */
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
export interface UndoPageTexts {
  title: string;
  /** What it will do, in a question. */
  ask: Record<'phone' | 'email', string>;
  explain: string;
  yes: string;
  done: string;
  over: string;
  /** Another account has the old contact by now. */
  taken: string;
  footer: string;
}

export interface BotTexts {
  linked: string;
  expired: string;
  help: string;
  not_linked: string;
  unlinked: string;
  visits: string;
  no_visits: string;
  pending: string;
}
