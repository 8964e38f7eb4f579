import { type AccountKind, CODE_MINUTES, isVisitKind, type MessageKind } from '../../core/messages.ts';
import { plainSms } from '../../core/sms.ts';
import { type CodePurpose, codePurposes, type Locale } from '../../core/words.ts';
import { en } from './en.ts';
import { ru } from './ru.ts';
import type { AbsenceWords, MessageTexts, MoveWords, OfferWords, VisitWords, Words } from './texts.ts';
import { uz } from './uz.ts';

export type { BotTexts, MessageTexts, PageTexts, Words } from './texts.ts';

const texts: Record<Locale, MessageTexts> = { uz, ru, en };
export const messageTexts = (locale: Locale): MessageTexts => texts[locale];

/** What the database knows of a visit, at the moment of writing. */
export interface VisitFacts {
  /** The clinic's wall clock, as it stands in the appointment. */
  date: string;
  start_time: string;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  patient_first_name: string | null;
  patient_last_name: string | null;
  cancel_reason: string | null;
  /** First and last names of doctors that the message names beside, by id. */
  doctors?: Readonly<Record<string, readonly [string | null, string | null]>> | null;
}

/** What a message is written from. */
export interface MessageFacts {
  kind: MessageKind;
  /** The side of the reader. */
  role: 'patient' | 'doctor' | 'admin';
  visit: VisitFacts | null;
  params: Readonly<Record<string, string>>;
  /** When it happened, on the clinic's wall. */
  happened: { date: string; time: string };
  /** Today on the clinic's wall: a year is said where it is another. */
  today: string;
  code?: string;
}

/** Longer names are cut where only an SMS shows them. */
const SHORT_NAME = 24;

/**
 * Writes a message.
 * @returns undefined where there is nothing to say: the visit is gone, or it is not for this side
 */
export function writeMessage(locale: Locale, facts: MessageFacts): Words | undefined {
  const words = wordsOf(texts[locale], facts);
  return words && { ...words, sms: plainSms(words.sms) };
}

function wordsOf(
  text: MessageTexts,
  { kind, role, visit, params, happened, today, code }: MessageFacts,
): Words | undefined {
  if (kind === 'code') {
    const purpose =
      codePurposes.find((known) => known === params.purpose) ?? ('verify_phone' satisfies CodePurpose);
    return text.code[purpose](code ?? '', CODE_MINUTES);
  }
  if (isVisitKind(kind)) {
    const sides: Partial<Record<string, (visit: MoveWords & AbsenceWords & OfferWords) => Words>> =
      text.visit[kind];
    if (!visit) return undefined;
    const words = visitWords(text, visit, today);
    return sides[role]?.({
      ...words,
      ...moveWords(text, params, words, today),
      ...absenceWords(text, params, visit, today),
      ...offerWords(text, params, happened, today),
    });
  }
  const when = text.dates.at_short(
    text.dates.short(partsOf(happened.date, today)),
    happened.time.slice(0, 5),
  );
  return text.account[kind satisfies AccountKind]({
    when,
    device: params.device ?? null,
    contact: params.contact === 'email' ? 'email' : 'phone',
    added: params.added === 'true',
    full: params.full === 'true',
  });
}

function visitWords(text: MessageTexts, visit: VisitFacts, today: string): VisitWords {
  const parts = partsOf(visit.date, today);
  const name = (who: 'doctor' | 'patient', short: boolean) =>
    (short ? shortName : fullName)(visit[`${who}_first_name`], visit[`${who}_last_name`]) ?? text.nobody[who];
  return {
    when: text.dates.at(text.dates.long(parts), visit.start_time),
    when_short: text.dates.at_short(text.dates.short(parts), visit.start_time),
    doctor: name('doctor', false),
    doctor_short: name('doctor', true),
    patient: name('patient', false),
    patient_short: name('patient', true),
    reason: isCoded(visit.cancel_reason) ? text[visit.cancel_reason] : visit.cancel_reason,
  };
}

const CODED = ['account_deleted', 'account_closed', 'doctor_absent', 'clinic_closed'] as const;

const isCoded = (reason: string | null): reason is (typeof CODED)[number] =>
  CODED.some((code) => code === reason);

type Params = MessageFacts['params'];

function shortWhen({ dates }: MessageTexts, date: string, time: string, today: string): string {
  return dates.at_short(dates.short(partsOf(date, today)), time);
}

function moveWords(text: MessageTexts, params: Params, { when, when_short }: VisitWords, today: string) {
  const { from_date, from_time, status } = params;
  const pending = status === 'pending';
  if (from_date === undefined || from_time === undefined)
    return { from: when, from_short: when_short, pending };
  const { dates } = text;
  return {
    from: dates.at(dates.long(partsOf(from_date, today)), from_time),
    from_short: shortWhen(text, from_date, from_time, today),
    pending,
  };
}

function absenceWords(text: MessageTexts, { alternatives = '' }: Params, visit: VisitFacts, today: string) {
  const slots = alternatives.split(',').flatMap((slot) => {
    const [date, time, doctor = ''] = slot.split(' ');
    return date && time ? [{ when: shortWhen(text, date, time, today), doctor }] : [];
  });
  const nameOf = (doctor: string) => {
    const name = visit.doctors?.[doctor];
    return (name && shortName(...name)) ?? text.nobody.doctor;
  };
  return {
    alternatives: slots.map(({ when, doctor }) => `${when} (${nameOf(doctor)})`),
    nearest: slots[0]?.when,
  };
}

function offerWords(text: MessageTexts, params: Params, happened: MessageFacts['happened'], today: string) {
  const [date = '', time = ''] = (params.until ?? '').split(' ');
  return { until: date === '' || date === happened.date ? time : shortWhen(text, date, time, today) };
}

/** Such as `10-mart, seshanba, soat 10:00`. */
export function whenOf(
  locale: Locale,
  visit: Pick<VisitFacts, 'date' | 'start_time'>,
  today: string,
): string {
  const { dates } = texts[locale];
  return dates.at(dates.long(partsOf(visit.date, today)), visit.start_time);
}

/** @param date YYYY-MM-DD, a day of the calendar and no instant: no time zone can move it */
function partsOf(date: string, today: string) {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { day, month: month - 1, weekday, year: date.slice(0, 4) === today.slice(0, 4) ? undefined : year };
}

export const fullName = (first: string | null, last: string | null): string | undefined =>
  [first, last].filter(Boolean).join(' ') || undefined;

/** `J. Yusupov`: whole names would make two of one SMS. */
function shortName(first: string | null, last: string | null): string | undefined {
  const [given, family] = [first?.trim() ?? '', last?.trim() ?? ''];
  if (!family) return given ? [...given].slice(0, SHORT_NAME).join('') : undefined;
  const initial = given && `${initialOf(given)}. `;
  return initial + [...family].slice(0, SHORT_NAME - initial.length).join('');
}

/** `Oʻ`, `Gʻ`, `Sh` and `Ch` are single letters of the Uzbek alphabet. */
const initialOf = (name: string) => /^(?:[OG][ʻ'‘’`]|Sh|Ch)/iu.exec(name)?.[0] ?? [...name][0] ?? '';
