import { type SQL, sql } from './drizzle.ts';

/** In whose alphabet a list by name stands: by the language of whoever reads it. */
export const readers = ['uz', 'ru', 'en'] as const;
export type Reader = (typeof readers)[number];

/** Where a name stands in it, in SQL. Written out, no parameter: so it is in the indexes. */
export const nameOrder = (name: string, reader: Reader): string =>
  `name_order(${name}, '${reader}') collate "C"`;
export const byName = (name: { getSQL(): SQL }, reader: Reader): SQL =>
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
