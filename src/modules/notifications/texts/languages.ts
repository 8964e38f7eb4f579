import type { Locale } from '../../../core/words.ts';
import { en } from './en.ts';
import { ru } from './ru.ts';
import type { MessageTexts } from './texts.ts';
import { uz } from './uz.ts';

/** Everything that people are told, in every language. */
const languages: Record<Locale, MessageTexts> = { uz, ru, en };

export const messageTexts = (locale: Locale): MessageTexts => languages[locale];
