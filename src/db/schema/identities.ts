import { boolean, index, integer, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { sessions } from './sessions.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

/** By which accounts elsewhere somebody signs in. It is known by issuer and subject, and by nothing else that a token says. */
export const identities = pgTable(
  'identities',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    /** As the settings named it when it was linked. */
    provider: text().notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    /** The account was made with it. */
    is_first: boolean().notNull().default(false),
    linked_at: instant().notNull().default(sql`now()`),
    last_used_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    uniqueIndex('identities_subject_key').on(t.issuer, t.subject),
    uniqueIndex('identities_one_of_provider').on(t.user_id, t.provider),
  ],
);

/**
 * Sign-ins on their way: first known by the hash of the state that goes to the provider and back, then by that of the code
 * that goes to the client. What was learned of the person waits encrypted, with a key that is made of the code.
 */
export const signInStarts = pgTable(
  'sign_in_starts',
  {
    state_hash: bytea().primaryKey(),
    provider: text().notNull(),
    redirect_uri: text().notNull(),
    client_state: text(),
    code_challenge: text().notNull(),
    accept_terms: boolean().notNull(),
    /** Whoever is signed in and links; null for a sign-in. */
    user_id: integer().references(() => users.id),
    session_id: integer().references(() => sessions.id, { onDelete: 'cascade' }),
    expires_at: instant().notNull(),
    /** When the provider's answer came, the only one that is taken. */
    answered_at: instant(),
    code_hash: bytea(),
    claims: text(),
  },
  (t) => [
    uniqueIndex('sign_in_starts_code').on(t.code_hash),
    index('sign_in_starts_expiry').on(t.expires_at),
    index('sign_in_starts_user').on(t.user_id).where(sql`user_id is not null`),
    index('sign_in_starts_session').on(t.session_id).where(sql`session_id is not null`),
  ],
);

/** SHA-256 of each token of a provider that an app has sent, until it expires: none serves twice. */
export const spentIdTokens = pgTable(
  'spent_id_tokens',
  {
    token_hash: bytea().primaryKey(),
    expires_at: instant().notNull(),
  },
  (t) => [index('spent_id_tokens_expiry').on(t.expires_at)],
);
