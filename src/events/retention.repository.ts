import { batch, inBatches } from '../db/batches.ts';
import type { Db } from '../db/client.ts';
import { sql } from '../db/drizzle.ts';

/**
 * Lets go of events that are older than so many days and that every reader has read, oldest first. The days are by the
 * database's clock, which wrote them.
 */
export const forgetBefore = (db: Db, days: number): Promise<void> =>
  inBatches(
    db,
    sql`
      delete from events where id in (
        select e.id from events e
        where e.noted_at < now() - make_interval(days => ${days})
          and e.id < coalesce((
            select n.id from events n where n.noted_at >= now() - make_interval(days => ${days}) order by n.id limit 1
          ), 9223372036854775807)
          and not exists (select from event_readers r where not pg_visible_in_snapshot(e.xid, r.place))
          and not exists (select from event_troubles t where t.event_id = e.id)
        order by e.id ${batch})`,
  );
