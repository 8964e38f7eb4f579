import { type DataKey, keyNameOf, openWith, type SealedColumn, sealWith } from '../core/sealing.ts';
import { clientOf, type Db } from './client.ts';

const BATCH = 100;

interface SealedRow {
  id: string;
  sealed: string;
}

/** The names of the keys by which something is encrypted now. */
export async function keysInUse(db: Db, columns: readonly SealedColumn[]): Promise<Set<string>> {
  const names = new Set<string>();
  for (const { table, column } of columns) {
    const { rows } = await clientOf(db).query<{ name: string }>(
      `select distinct split_part("${column}", '.', 1) as name from "${table}" where "${column}" is not null`,
    );
    for (const { name } of rows) names.add(name);
  }
  return names;
}

/**
 * Encrypts with the newest key whatever is encrypted with an older one, row by row, while everything runs. What changed
 * meanwhile is left as it is: it was encrypted anew by whoever changed it.
 * @param keys the newest first
 * @returns how many rows were encrypted anew, and how many could not be read: their key is not here, or they were changed
 */
export async function reseal(
  db: Db,
  columns: readonly SealedColumn[],
  keys: readonly DataKey[],
): Promise<{ resealed: number; unreadable: number }> {
  const client = clientOf(db);
  const [newest] = keys;
  if (!newest) return { resealed: 0, unreadable: 0 };
  let resealed = 0;
  let unreadable = 0;
  for (const at of columns) {
    const [table, column, id] = [at.table, at.column, at.id].map((name) => `"${name}"`);
    let after: string | null = null;
    for (;;) {
      const { rows }: { rows: SealedRow[] } = await client.query<SealedRow>(
        `select ${id}::text as id, ${column} as sealed from ${table}
        where split_part(${column}, '.', 1) <> $1 and ($2::text is null or ${id}::text > $2)
        order by ${id}::text limit ${BATCH}`,
        [newest.name, after],
      );
      for (const { id: row, sealed } of rows) {
        after = row;
        const key = keys.find(({ name }) => name === keyNameOf(sealed));
        const text = key && readable(() => openWith(key, at, row, sealed));
        if (text === undefined) unreadable += 1;
        else {
          const { rowCount } = await client.query(
            `update ${table} set ${column} = $3 where ${id}::text = $1 and ${column} = $2`,
            [row, sealed, sealWith(newest, at, row, text)],
          );
          resealed += rowCount ?? 0;
        }
      }
      if (rows.length < BATCH) break;
    }
  }
  return { resealed, unreadable };
}

function readable(open: () => string): string | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
