import type { MessageKind } from '../../../core/messages.ts';
import { sideOf } from '../../../core/roles.ts';
import type { Words } from '../../../i18n/messages/texts.ts';
import type { MessageFacts } from './facts.ts';
import { plainSms, smsSize } from './sms.ts';

/** Kinds after which a patient sets out. */
const LEADS_THERE: readonly MessageKind[] = ['booked', 'confirmed', 'moved', 'reminder'];
/** Those of them whose SMS may be the only word of the clinic. */
const NAMES_CLINIC: readonly MessageKind[] = ['confirmed', 'reminder'];

/** A longer name of a clinic is cut where it stands in an SMS. */
const SHORT_CLINIC = 20;

/**
 * Says to a patient where to go: the clinic, the branch where there are several, its address and phone. An SMS names the
 * clinic only, and only where that makes no second SMS of one.
 */
export function placed(words: Words, { kind, role, clinic, visit }: MessageFacts): Words {
  if (sideOf(role) !== 'patient' || !LEADS_THERE.includes(kind)) return words;
  const { branch, address, phone } = visit?.place ?? {};
  const where = [clinic, branch === clinic ? null : branch, address, phone].filter(Boolean).join(', ');
  return {
    ...words,
    text: where === '' ? words.text : `${words.text}\n${where}`,
    sms: clinic && NAMES_CLINIC.includes(kind) ? named(words.sms, clinic) : words.sms,
  };
}

function named(sms: string, clinic: string): string {
  const whole = `${[...clinic].slice(0, SHORT_CLINIC).join('').trim()}: ${sms}`;
  const segments = (text: string) => smsSize(plainSms(text)).segments;
  return segments(whole) > segments(sms) ? sms : whole;
}
