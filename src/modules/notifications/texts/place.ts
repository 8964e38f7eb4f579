import type { MessageKind } from '../../../core/messages.ts';
import { sideOf } from '../../../core/roles.ts';
import type { Words } from '../../../i18n/messages/texts.ts';
import type { MessageFacts } from './facts.ts';

/** Kinds after which a patient sets out. */
const LEADS_THERE: readonly MessageKind[] = ['booked', 'confirmed', 'moved', 'reminder'];
/** Those of them whose SMS may be the only word of the clinic. */
const NAMES_CLINIC: readonly MessageKind[] = ['confirmed', 'reminder'];

/** A longer name of a clinic is cut where it stands in an SMS. */
const SHORT_CLINIC = 20;

/** Says to a patient where to go: the clinic, the branch where there are several, its address and phone. */
export function placed(words: Words, { kind, role, clinic, visit }: MessageFacts): Words {
  if (sideOf(role) !== 'patient' || !LEADS_THERE.includes(kind)) return words;
  const { branch, address, phone } = visit?.place ?? {};
  const where = [clinic, branch === clinic ? null : branch, address, phone].filter(Boolean).join(', ');
  return where === '' ? words : { ...words, text: `${words.text}\n${where}` };
}

/** An SMS that names the clinic, and nothing else of the place; undefined where it names none. */
export function withClinic(words: Words, { kind, role, clinic }: MessageFacts): Words | undefined {
  if (!clinic || sideOf(role) !== 'patient' || !NAMES_CLINIC.includes(kind)) return undefined;
  return { ...words, sms: `${[...clinic].slice(0, SHORT_CLINIC).join('').trim()}: ${words.sms}` };
}
