import type { Locale } from '../../core/words.ts';
import { en } from './en.ts';
import { ru } from './ru.ts';
import type { ProblemTexts } from './texts.ts';
import { uz } from './uz.ts';

/** What the pages of problems say, in each language. */
export const problemTexts: Record<Locale, ProblemTexts> = { uz, ru, en };
