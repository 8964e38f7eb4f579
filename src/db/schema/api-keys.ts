import { check, index, integer, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

/** A key by which a program calls the API. What it does is done by its service user, whose role it has. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: text().notNull(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    /** SHA-256 of the key, which is kept nowhere. */
    key_hash: bytea().notNull(),
    /** Its last four letters. */
    key_end: text().notNull(),
    scopes: text().array().notNull(),
    created_by: integer()
      .notNull()
      .references(() => users.id),
    created_at: instant().notNull().default(sql`now()`),
    expires_at: instant(),
    /** To the minute. */
    last_used_at: instant(),
    revoked_at: instant(),
    revoked_by: integer().references(() => users.id),
  },
  (t) => [
    uniqueIndex('api_keys_hash').on(t.key_hash),
    uniqueIndex('api_keys_user').on(t.user_id),
    index('api_keys_created_by').on(t.created_by),
    index('api_keys_revoked_by').on(t.revoked_by).where(sql`revoked_by is not null`),
    check('api_keys_revoked_is_whole', sql`(revoked_at is null) = (revoked_by is null)`),
  ],
);
