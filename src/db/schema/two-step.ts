import { bigint, boolean, check, index, integer, pgTable, sql, text } from '../drizzle.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

/** Whose sign-in asks for a code of an app beside the password. Not yet confirmed, it asks for none. */
export const twoStep = pgTable('two_step', {
  user_id: integer()
    .primaryKey()
    .references(() => users.id),
  /** Encrypted (DATA_KEYS). */
  secret: text().notNull(),
  confirmed_at: instant(),
  /** Of which 30 seconds the last code was that served: neither that one nor an older one serves again. */
  last_step: bigint({ mode: 'number' }).notNull().default(0),
  created_at: instant().notNull().default(sql`now()`),
});

/** SHA-256 of codes that serve once each in place of the app's. They are random enough to need no salt. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    code_hash: bytea().primaryKey(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    used_at: instant(),
  },
  (t) => [index('recovery_codes_user').on(t.user_id)],
);

/** SHA-256 of what somebody holds who has shown their password and not the second step. */
export const signInTickets = pgTable(
  'sign_in_tickets',
  {
    token_hash: bytea().primaryKey(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    /** Whether it serves to set the second step up, and not to pass it. */
    enrols: boolean().notNull().default(false),
    expires_at: instant().notNull(),
  },
  (t) => [
    index('sign_in_tickets_user').on(t.user_id),
    index('sign_in_tickets_expiry').on(t.expires_at),
    check('sign_in_tickets_hash', sql`octet_length(token_hash) = 32`),
  ],
);
