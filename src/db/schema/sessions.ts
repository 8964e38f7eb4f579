import { index, integer, pgTable, sql } from '../drizzle.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

/** One sign-in on one device. Ending it puts its refresh tokens and its access tokens out of use. */
export const sessions = pgTable(
  'sessions',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    created_at: instant().notNull().default(sql`now()`),
    ended_at: instant(),
  },
  (t) => [
    index('sessions_live').on(t.user_id).where(sql`ended_at is null`),
    index('sessions_ended').on(t.ended_at).where(sql`ended_at is not null`),
  ],
);

/** SHA-256 of each refresh token ever given out in a session. A spent one stays until it expires, to recognise theft. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    token_hash: bytea().primaryKey(),
    session_id: integer()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    expires_at: instant().notNull(),
    spent_at: instant(),
  },
  (t) => [index('refresh_tokens_session').on(t.session_id), index('refresh_tokens_expiry').on(t.expires_at)],
);
