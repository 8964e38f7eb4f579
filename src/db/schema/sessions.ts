import { codePurposes } from '../../core/words.ts';
import {
  boolean,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  smallint,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
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
    last_used_at: instant().notNull().default(sql`now()`),
    /** What the device calls itself (User-Agent, cut), and the address it last came from. */
    device: text(),
    address: text(),
    ended_at: instant(),
  },
  (t) => [
    index('sessions_user').on(t.user_id, t.id),
    index('sessions_live').on(t.user_id).where(sql`ended_at is null`),
    index('sessions_ended').on(t.ended_at).where(sql`ended_at is not null`),
    index('sessions_ended_used').on(t.last_used_at).where(sql`ended_at is not null`),
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
    /** The token this one was given for: a repeat of that one is a lost answer only while this one is unused. */
    parent_hash: bytea(),
  },
  (t) => [
    index('refresh_tokens_parent').on(t.parent_hash),
    index('refresh_tokens_session').on(t.session_id),
    index('refresh_tokens_expiry').on(t.expires_at),
  ],
);

/** Since when access tokens are signed with an algorithm: what claims to be of an older one and later is refused. */
export const tokenAlgorithms = pgTable('token_algorithms', {
  algorithm: text().primaryKey(),
  since: instant().notNull().default(sql`now()`),
});

export const codePurpose = pgEnum('code_purpose', codePurposes);

/**
 * One-time codes, hashed. The live one of a purpose is the one that has not ended; older ones stay an hour, to count
 * how often codes are sent to a destination.
 */
export const codes = pgTable(
  'codes',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    purpose: codePurpose().notNull(),
    destination: text().notNull(),
    /** The network from which it was asked for, in CIDR. */
    address: text(),
    code_hash: bytea().notNull(),
    tries: smallint().notNull().default(0),
    created_at: instant().notNull().default(sql`now()`),
    expires_at: instant().notNull(),
    /** Used, superseded or out of tries. */
    ended_at: instant(),
  },
  (t) => [
    uniqueIndex('codes_one_live').on(t.user_id, t.purpose).where(sql`ended_at is null`),
    index('codes_destination').on(sql`lower(${t.destination})`, t.created_at),
    index('codes_address').on(t.address, t.created_at),
    index('codes_user').on(t.user_id, t.purpose, t.created_at),
    check('codes_tries', sql`tries between 0 and 5`),
  ],
);

/** How often signing in has failed of late, by account and by address (hashed), and until when to wait. */
export const loginThrottles = pgTable(
  'login_throttles',
  {
    key: text().primaryKey(),
    failures: integer().notNull().default(0),
    last_failed_at: instant().notNull(),
    blocked_until: instant().notNull(),
  },
  (t) => [index('login_throttles_last').on(t.last_failed_at)],
);

/**
 * A confirmed phone or email that was replaced, or another one that was confirmed beside it. Whoever had it was told, and
 * can take it back with the link in that message, of which the hash stands here.
 */
export const contactChanges = pgTable(
  'contact_changes',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    contact: text().$type<'phone' | 'email'>().notNull(),
    /** Null where there was none. */
    old_value: text(),
    old_verified_at: instant(),
    /** Whoever made it showed that they have the old one. */
    agreed: boolean().notNull().default(false),
    token_hash: bytea().notNull(),
    changed_at: instant().notNull().default(sql`now()`),
    expires_at: instant().notNull(),
    /** Taken back, or made void by another that was. */
    ended_at: instant(),
  },
  (t) => [
    uniqueIndex('contact_changes_token').on(t.token_hash),
    index('contact_changes_user').on(t.user_id, t.contact, t.id),
    index('contact_changes_expiry').on(t.expires_at),
    check('contact_changes_contact', sql`contact in ('phone', 'email')`),
    check('contact_changes_old_is_whole', sql`(old_value is null) = (old_verified_at is null)`),
  ],
);
