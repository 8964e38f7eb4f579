import type { ErrorCode, FieldErrorCode } from '../core/errors.ts';
import type { Locale } from '../core/words.ts';
import { en, type Texts } from './en.ts';
import { en as enMessages } from './messages/en.ts';
import { ru as ruMessages } from './messages/ru.ts';
import type { MessageTexts } from './messages/texts.ts';
import { uz as uzMessages } from './messages/uz.ts';
import { ru } from './ru.ts';
import { uz } from './uz.ts';

/** A language is a line here: its texts of errors, and of all that people are told. */
export const languages = {
  uz: { ...uz, messages: uzMessages },
  ru: { ...ru, messages: ruMessages },
  en: { ...en, messages: enMessages },
} satisfies Record<Locale, Texts & { messages: MessageTexts }>;

/** All that people are told in messages, on the pages behind their links, and by the bot. */
export const messageTexts = (locale: Locale): MessageTexts => languages[locale].messages;

export const errorText = (locale: Locale, code: ErrorCode) => languages[locale].errors[code];

export function fieldText(
  locale: Locale,
  code: FieldErrorCode,
  params: Record<string, string | number> = {},
  suggestion?: string,
): string {
  const { fields, types, did_you_mean } = languages[locale];
  const kinds: Partial<Record<string, string>> = types;
  const text = fields[code].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(params[name] ?? '');
    return name === 'expected' ? (kinds[value] ?? value) : value;
  });
  return suggestion === undefined ? text : `${text} ${did_you_mean.replace('{name}', () => suggestion)}`;
}

/**
 * The language to answer in (RFC 9110, section 12.5.4): the best that is spoken here, by weight and then by order.
 * @param header the request's Accept-Language, such as `ru-RU,ru;q=0.9,en;q=0.5`
 */
export function chooseLocale(header: string | undefined, fallback: Locale): Locale {
  let best: Locale = fallback;
  let bestWeight = 0;
  for (const part of header?.slice(0, 200).split(',') ?? []) {
    const [range = '', ...parameters] = part
      .toLowerCase()
      .split(';')
      .map((item) => item.trim());
    const language = range.split('-', 1)[0] ?? '';
    const weight = Number(parameters.find((item) => item.startsWith('q='))?.slice(2) ?? 1);
    if (Object.hasOwn(languages, language) && weight > bestWeight) {
      best = language as Locale;
      bestWeight = weight;
    }
  }
  return best;
}
