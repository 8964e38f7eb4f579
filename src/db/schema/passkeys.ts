import { bigint, boolean, check, index, integer, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

/** By which keys of their devices somebody signs in (WebAuthn). Only the public half is here. */
export const passkeys = pgTable(
  'passkeys',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    credential_id: bytea().notNull(),
    /** As the device wrote it (COSE). */
    public_key: bytea().notNull(),
    /** Who somebody is to their devices: the same in all of their passkeys, and random. */
    user_handle: bytea().notNull(),
    /** How often it has signed, as far as its device counts. */
    counter: bigint({ mode: 'number' }).notNull().default(0),
    name: text().notNull(),
    /** Whether it is kept elsewhere too, so that it outlives the device. */
    is_backed_up: boolean().notNull().default(false),
    created_at: instant().notNull().default(sql`now()`),
    last_used_at: instant(),
  },
  (t) => [
    uniqueIndex('passkeys_credential_key').on(t.credential_id),
    index('passkeys_user').on(t.user_id),
    check('passkeys_handle', sql`octet_length(user_handle) between 1 and 64`),
  ],
);

/** SHA-256 of each challenge that a device was given to sign, until it has or its minutes are over: none serves twice. */
export const passkeyChallenges = pgTable(
  'passkey_challenges',
  {
    challenge_hash: bytea().primaryKey(),
    /** Whoever adds a passkey; null for a sign-in. */
    user_id: integer().references(() => users.id),
    /** The one that the passkey will have. */
    user_handle: bytea(),
    expires_at: instant().notNull(),
  },
  (t) => [
    index('passkey_challenges_expiry').on(t.expires_at),
    index('passkey_challenges_user').on(t.user_id).where(sql`user_id is not null`),
    check('passkey_challenges_whose', sql`(user_id is null) = (user_handle is null)`),
  ],
);
