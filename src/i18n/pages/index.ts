import type { Locale } from '../../core/words.ts';
import { en as bookEn } from './book.en.ts';
import { ru as bookRu } from './book.ru.ts';
import { uz as bookUz } from './book.uz.ts';
import { en as commonEn } from './common.en.ts';
import { ru as commonRu } from './common.ru.ts';
import { uz as commonUz } from './common.uz.ts';
import type { BookTexts, CommonTexts } from './shape.ts';

const common: Record<Locale, CommonTexts> = { uz: commonUz, ru: commonRu, en: commonEn };
const book: Record<Locale, BookTexts> = { uz: bookUz, ru: bookRu, en: bookEn };

/** The pages for people, by their address. */
export const pageNames = ['book'] as const;
export type PageName = (typeof pageNames)[number];

const own: Record<PageName, Record<Locale, object>> = { book };

/** All that a page says in a language, by name. */
export const pageTexts = (page: PageName, locale: Locale): CommonTexts => ({
  ...common[locale],
  ...own[page][locale],
});
