import { batch, inBatches } from '../../db/batches.ts';
import type { Db } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';

/** Tickets are a session's, last half a minute, and go with it. */
export const personal = {
  columns: {},
  async sweep(db: Db, { now }: { now: Date }): Promise<void> {
    await inBatches(
      db,
      sql`delete from stream_tickets where token_hash in (
        select token_hash from stream_tickets where expires_at <= ${now.toISOString()} ${batch})`,
    );
  },
};
