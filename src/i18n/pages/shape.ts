import type { en as book } from './book.en.ts';
import type { en as common } from './common.en.ts';
import type { en as desk } from './desk.en.ts';

/** A text that depends on how many there are, by the plural forms of its language. */
type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** The same names as in English, with other words: the compiler names what is missing. */
type Translated<Of> = Of extends string
  ? string
  : Of extends readonly string[]
    ? { readonly [Index in keyof Of]: string }
    : Of extends { other: string }
      ? Plural
      : { [Name in keyof Of]: Translated<Of[Name]> };

export type CommonTexts = Translated<typeof common>;
export type BookTexts = Translated<typeof book>;
export type DeskTexts = Translated<typeof desk>;
