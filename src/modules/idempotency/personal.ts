import { KEPT_HOURS } from '../../core/idempotency.ts';
import { batch, inBatches } from '../../db/batches.ts';
import type { Db } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';

/** As long as its answer may be asked for again. */
const KEY_DAYS = KEPT_HOURS / 24;

/** Answers that are kept for a repeated request. They are copies of what the document shows elsewhere. */
export const personal = {
  columns: {
    'idempotency_keys.subject_id': `copies, for ${KEPT_HOURS} hours, of what stands in other sections`,
    'idempotency_keys.user_id': `copies, for ${KEPT_HOURS} hours, of what stands in other sections`,
  },

  /** Each of the four by its own index; as one condition they are one look through each. */
  erase: (person: number) => ({
    answers: sql`
      delete from idempotency_keys
      where user_id = ${person} or subject_id = ${person} or answer #>> '{doctor,id}' = ${String(person)}
        or answer ?| '{appointments,visits}'
          and jsonb_path_query_array(answer, '$.*[*].*.id') @> jsonb_build_array(${person}::integer)`,
  }),

  /** Answers that are not given again. */
  sweep: (db: Db, { daysAgo }: { daysAgo: (days: number) => Date }): Promise<void> =>
    inBatches(
      db,
      sql`delete from idempotency_keys where (user_id, route, key) in (
        select user_id, route, key from idempotency_keys
        where created_at <= ${daysAgo(KEY_DAYS).toISOString()} ${batch})`,
    ),
};
