import type { Locale } from '../core/words.ts';
import { type SQL, sql } from './drizzle.ts';

/**
 * Where a name stands in the alphabet of a reader's language, in SQL. The language is written out, as in the indexes.
 */
export const nameOrder = (name: string, reader: Locale): string =>
  `name_order(${name}, '${reader}') collate "C"`;
export const byName = (name: { getSQL(): SQL }, reader: Locale): SQL =>
  sql`name_order(${name}, ${sql.raw(`'${reader}'`)}) collate "C"`;

/**
 * Whether a word stands in a searched text (`search_text`), as it is said or as it is written.
 * @param word the SQL for the word
 * @param planned `once` for a statement that is planned for any word, which would otherwise fold it for every row anew;
 * `each` for one that is planned for this word, which is folded then
 */
export function finds(searched: SQL, word: SQL, planned: 'once' | 'each'): SQL {
  const [said, written] = [sql`search_pattern(${word})`, sql`search_plain_pattern(${word})`].map((pattern) =>
    planned === 'once' ? sql`(select ${pattern})` : pattern,
  );
  return sql`(${searched} like ${said} or ${searched} like ${written})`;
}
