import { CODE_MINUTES } from '../../../core/codes.ts';
import { type AccountKind, isVisitKind } from '../../../core/messages.ts';
import { codePurposes, type Locale } from '../../../core/words.ts';
import { messageTexts } from '../../../i18n/index.ts';
import type {
  AbsenceWords,
  MessageTexts,
  MoveWords,
  OfferWords,
  VisitWords,
  Words,
} from '../../../i18n/messages/texts.ts';
import { longDay, longWhen, shortDay, shortWhen } from './dates.ts';
import type { MessageFacts, VisitFacts } from './facts.ts';
import { reminderEnding } from './links.ts';
import { fullName, shortName } from './names.ts';
import { placed, withClinic } from './place.ts';
import { plainSms, smsSize } from './sms.ts';

/**
 * Writes a message.
 * @returns undefined where there is nothing to say: the visit is gone, or the message is not for this reader
 */
export function writeMessage(locale: Locale, facts: MessageFacts): Words | undefined {
  const texts = messageTexts(locale);
  const said = wordsOf(texts, facts);
  if (!said) return undefined;
  const finished = (words: Words) => {
    const named = isVisitKind(facts.kind) ? withName(texts, facts, words) : words;
    return { ...named, sms: plainSms(named.sms) };
  };
  const placedWords = placed(said, facts);
  const words = finished(placedWords);
  const whole = withClinic(placedWords, facts);
  return whole ? cheapest(words, finished(whole), endingOf(texts, facts)) : words;
}

/** Of two forms of a message the longer one, where its SMS is not paid for more often. @param ending what follows the SMS */
function cheapest(short: Words, long: Words, ending: string): Words {
  const segments = ({ sms }: Words) => smsSize(plainSms(sms + ending)).segments;
  return segments(long) > segments(short) ? short : long;
}

/** The link that an SMS ends with. */
const endingOf = (texts: MessageTexts, { kind, params, public_url }: MessageFacts): string =>
  kind === 'reminder' && public_url !== undefined
    ? reminderEnding(public_url, params.status === 'pending', texts)
    : '';

/** Says whose visit it is to those who look after somebody. An SMS has room for one name. */
function withName(text: MessageTexts, { whose }: MessageFacts, words: Words): Words {
  if (!whose) return words;
  const [first, last] = whose;
  const name = fullName(first, last);
  // Without a name, as of somebody who was erased, it is still not the reader's own visit.
  const { patient: nobody } = text.nobody;
  return {
    title: `${words.title} ${name ? `(${name})` : nobody}`.slice(0, TITLE_MAX),
    text: `${text.whose(name ?? nobody)} ${words.text}`,
    sms: `${shortName(first ?? last, null) ?? nobody}: ${words.sms}`,
  };
}

const TITLE_MAX = 200;
const twoStepChanges = ['on', 'off', 'reset', 'recovery'] as const;

function wordsOf(text: MessageTexts, facts: MessageFacts): Words | undefined {
  const { kind, params, happened, today, code = '' } = facts;
  if (kind === 'code') {
    const purpose = codePurposes.find((known) => known === params.purpose) ?? 'verify_phone';
    return text.code[purpose](code, CODE_MINUTES);
  }
  if (isVisitKind(kind)) {
    const sides: Partial<Record<string, (visit: MoveWords & AbsenceWords & OfferWords) => Words>> =
      text.visit[kind];
    return facts.visit ? sides[facts.role]?.(allWords(text, facts, facts.visit)) : undefined;
  }
  return text.account[kind satisfies AccountKind]({
    when: shortWhen(text, happened.date, happened.time.slice(0, 5), today),
    device: params.device ?? null,
    contact: params.contact === 'email' ? 'email' : 'phone',
    added: params.added === 'true',
    full: params.full === 'true',
    rehearsal: params.rehearsal === 'true',
    unarchived: params.unarchived === 'true',
    what: twoStepChanges.find((one) => one === params.what) ?? 'off',
    passkey: params.what === 'passkey',
    left: params.left ?? '',
    person: facts.whose ? (fullName(...facts.whose) ?? text.nobody.patient) : null,
    day: longDay(text, params.day ?? happened.date, today),
    day_short: shortDay(text, params.day ?? happened.date, today),
  });
}

/** Everything that a text of any kind may say of a visit. */
function allWords(text: MessageTexts, { params, happened, today }: MessageFacts, visit: VisitFacts) {
  const words = { ...visitWords(text, visit, today), by_family: params.by_family === 'true' };
  return {
    ...words,
    ...moveWords(text, params, visit, words, today),
    ...absenceWords(text, params, visit, today),
    ...offerWords(text, params, happened, today),
  };
}

function visitWords(text: MessageTexts, visit: VisitFacts, today: string): Omit<VisitWords, 'by_family'> {
  const { date, start_time, cancel_reason } = visit;
  const name = (who: 'doctor' | 'patient', short: boolean) =>
    (short ? shortName : fullName)(visit[`${who}_first_name`], visit[`${who}_last_name`]) ?? text.nobody[who];
  return {
    when: longWhen(text, date, start_time, today),
    when_short: shortWhen(text, date, start_time, today),
    doctor: name('doctor', false),
    doctor_short: name('doctor', true),
    patient: name('patient', false),
    patient_short: name('patient', true),
    reason: isCoded(cancel_reason) ? text[cancel_reason] : cancel_reason,
    is_free: !visit.is_gone,
  };
}

/** Reasons that the system itself gives; a person writes any other. */
const CODED = ['account_deleted', 'account_closed', 'doctor_absent', 'clinic_closed'] as const;

const isCoded = (reason: string | null): reason is (typeof CODED)[number] =>
  CODED.some((code) => code === reason);

type Params = MessageFacts['params'];

function moveWords(
  text: MessageTexts,
  params: Params,
  { doctors }: VisitFacts,
  { when, when_short }: Pick<VisitWords, 'when' | 'when_short'>,
  today: string,
) {
  const { from_date, from_time, status } = params;
  const pending = status === 'pending';
  if (from_date === undefined || from_time === undefined)
    return { from: when, from_short: when_short, pending };
  // With whom it was, where that was another doctor.
  const before = params.doctors === undefined ? undefined : doctors?.[params.doctors];
  const doctor = before ? ` (${shortName(...before) ?? text.nobody.doctor})` : '';
  const from_short = shortWhen(text, from_date, from_time, today);
  return {
    from: longWhen(text, from_date, from_time, today) + doctor,
    // Where the time is the same it is the doctor who is another one.
    from_short: from_short === when_short ? from_short + doctor : from_short,
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
