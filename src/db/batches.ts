import { type Db, transaction } from './client.ts';
import { type SQL, sql } from './drizzle.ts';
import { LONG_JOB } from './limits.ts';

/** How many rows one statement lets go. It ends long before anybody waits for its locks. */
const BATCH = 5_000;

/** Ends the select of the rows that a statement of `inBatches` deals with; rows that somebody else holds come next time. */
export const batch = sql`limit ${sql.raw(String(BATCH))} for update skip locked`;

/** Runs a statement that deals with at most one `batch` of rows, until it finds fewer than that. */
export async function inBatches(db: Db, statement: SQL): Promise<void> {
  for (;;) {
    const { rowCount } = await transaction(db, (tx) => tx.execute(statement), { statement: LONG_JOB });
    if ((rowCount ?? 0) < BATCH) return;
  }
}
