import type { Db } from '../../db/client.ts';
import { eq } from '../../db/drizzle.ts';
import type { Part } from './personal.ts';

type Rows = [string, Extract<Part, { row: unknown }>][];

/**
 * What a person has at most one of, in one statement.
 * @param rows the first is the person; null is told of any other that there is none of
 */
export async function findPerson(db: Db, person: number, [first, ...others]: Rows) {
  if (!first) throw new Error('nobody says who a person is');
  const columns = Object.fromEntries([first, ...others].map(([name, { row }]) => [name, row.columns]));
  const { row } = first[1];
  const query = db.select(columns).from(row.table).$dynamic();
  for (const [, { row: other }] of others) query.leftJoin(other.table, eq(other.person, row.person));
  const [found] = (await query.where(eq(row.person, person))) as Record<string, Record<string, unknown>>[];
  return found;
}
