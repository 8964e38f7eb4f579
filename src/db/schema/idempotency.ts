import { index, integer, jsonb, pgTable, primaryKey, sql, text } from '../drizzle.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

/**
 * Answers that a client may ask for again with the same Idempotency-Key, kept for 24 hours. Written in the transaction
 * of what was done, so that a crash keeps both or neither.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    user_id: integer()
      .notNull()
      .references(() => users.id),
    /** Method and path, however they were written. */
    route: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of the body: the same key with another body is refused. */
    fingerprint: bytea().notNull(),
    /** The body that was answered with; status and address follow from the route and from it. */
    answer: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Whose record the answer shows: erasing them erases it. Of an answer that shows nobody's, who sent the request. */
    subject_id: integer()
      .notNull()
      .references(() => users.id),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.route, t.key] }),
    index('idempotency_keys_subject').on(t.subject_id),
    // Which answers show a doctor: erasing a doctor finds them by it.
    index('idempotency_keys_doctor')
      .on(sql`(answer #>> '{doctor,id}')`)
      .where(sql`answer #>> '{doctor,id}' is not null`),
    // Which answers show people in a list, such as those whose visits an absence cancelled: erasing one finds them by it.
    index('idempotency_keys_people')
      .using('gin', sql`jsonb_path_query_array(answer, '$.*[*].*.id') jsonb_path_ops`)
      .where(sql`answer ?| '{appointments,visits}'`),
    index('idempotency_keys_age').on(t.created_at),
  ],
);
