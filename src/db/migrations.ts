import { readFile } from 'node:fs/promises';

/** How many migrations this version knows. */
export async function countMigrations(): Promise<number> {
  const journal = new URL('../../drizzle/meta/_journal.json', import.meta.url);
  const { entries } = JSON.parse(await readFile(journal, 'utf8')) as { entries: unknown[] };
  return entries.length;
}
