import type { AccountKind, CodePurpose, visitKinds } from '../../core/messages.ts';

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

type OfVisit = (visit: VisitWords) => Words;

/** A visit's kinds, each for every side that hears of it: a missing one is a type error. */
export type VisitTexts = {
  [Kind in keyof typeof visitKinds]: { [Side in (typeof visitKinds)[Kind][number]]: OfVisit };
};

export interface AccountWords {
  when: string;
  /** What the device calls itself, where that is known. */
  device: string | null;
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
  /** Stands where somebody's account was deleted. */
  account_deleted: string;
  links: { coming: string; cancel: string; answer: string };
  /** Below every email. */
  footer: string;
  page: PageTexts;
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
  ask_cancel: string;
  yes: string;
  cancel: string;
  doctor: string;
  coming: string;
  cancelled: string;
  over: string;
  unknown: string;
  failed: string;
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
