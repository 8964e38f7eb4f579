import type { Db } from '../../src/db/client.ts';

/** Every form in which a text could lie in a database: as it is, and as bytes (hexadecimal, base64). */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  // Base64 of the middle of a longer text differs by where the text begins; three beginnings cover all of them.
  const inBase64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return shifted.slice(Math.ceil((shift * 8) / 6), -1);
  });
  return [text, bytes.toString('hex'), ...inBase64];
}

/**
 * Looks for texts in every column of every table of the database, whatever its type and its schema, in any case.
 * @returns where each was found, as `table: text`
 */
export async function searchDatabase(db: Db, texts: readonly string[]): Promise<string[]> {
  const tables = await db.$client.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`);
  const found: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await db.$client.query<{ text: string }>(
      `select distinct needle.text from ${name} as row
       join unnest($1::text[], $2::text[]) as needle (text, form)
         on position(lower(needle.form) in lower(row::text)) > 0`,
      [texts.flatMap((text) => formsOf(text).map(() => text)), texts.flatMap(formsOf)],
    );
    found.push(...rows.map(({ text }) => `${name}: ${text}`));
  }
  return found.sort();
}
