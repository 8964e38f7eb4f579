import type { Locale } from '../../core/words.ts';
import { en as bookEn } from './book.en.ts';
import { ru as bookRu } from './book.ru.ts';
import { uz as bookUz } from './book.uz.ts';
import { en as commonEn } from './common.en.ts';
import { ru as commonRu } from './common.ru.ts';
import { uz as commonUz } from './common.uz.ts';
import { en as deskEn } from './desk.en.ts';
import { ru as deskRu } from './desk.ru.ts';
import { uz as deskUz } from './desk.uz.ts';
import type { BookTexts, CommonTexts, DeskTexts } from './shape.ts';

const common: Record<Locale, CommonTexts> = { uz: commonUz, ru: commonRu, en: commonEn };
const book: Record<Locale, BookTexts> = { uz: bookUz, ru: bookRu, en: bookEn };
const desk: Record<Locale, DeskTexts> = { uz: deskUz, ru: deskRu, en: deskEn };

/** The pages for people, by their address. */
export const pageNames = ['book', 'desk'] as const;
export type PageName = (typeof pageNames)[number];

const own: Record<PageName, Record<Locale, object>> = { book, desk };

/** All that a page says in a language, by name. */
export const pageTexts = (page: PageName, locale: Locale): CommonTexts => ({
  ...common[locale],
  ...own[page][locale],
});

/** The words of the desk, for what else staff get to read. */
export const deskTexts = (locale: Locale): CommonTexts & DeskTexts => ({
  ...common[locale],
  ...desk[locale],
});
