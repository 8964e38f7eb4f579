import { channels, linkPurposes, messageStatuses } from '../../core/words.ts';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  smallint,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
import { appointments } from './appointments.ts';
import { bytea, clockTime, instant } from './types.ts';
import { users } from './users.ts';

export const messageChannel = pgEnum('message_channel', channels);

/** `failed` has used up its tries and waits for an admin; `dropped` was no longer worth sending. */
export const messageStatus = pgEnum('message_status', messageStatuses);

/**
 * The inbox in the app. Its text is written when it is read, from its kind and what it is about: no name stands here
 * twice.
 */
export const notifications = pgTable(
  'notifications',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** The same event tells a person once. */
    key: text().notNull(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    kind: text().notNull(),
    appointment_id: integer().references(() => appointments.id),
    params: jsonb().$type<Record<string, string>>().notNull().default({}),
    created_at: instant().notNull().default(sql`now()`),
    read_at: instant(),
  },
  (t) => [
    uniqueIndex('notifications_key').on(t.key),
    index('notifications_user').on(t.user_id, t.id),
    index('notifications_unread').on(t.user_id, t.id).where(sql`read_at is null`),
    index('notifications_appointment').on(t.appointment_id),
    index('notifications_created').on(t.created_at),
  ],
);

/** What leaves by email, SMS or Telegram, without its text and its address: both are found when it is sent. */
export const messages = pgTable(
  'messages',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** A repeat of the same event queues nothing twice. */
    key: text().notNull(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    channel: messageChannel().notNull(),
    kind: text().notNull(),
    appointment_id: integer().references(() => appointments.id),
    params: jsonb().$type<Record<string, string>>().notNull().default({}),
    /** A code to send, sealed; gone once it is sent. */
    secret: bytea(),
    status: messageStatus().notNull().default('queued'),
    attempts: smallint().notNull().default(0),
    /** The provider's own name of it. */
    provider_id: text(),
    /** Why the last attempt failed: a code of ours or the provider's, never its text. */
    error: text(),
    created_at: instant().notNull().default(sql`now()`),
    /** Not before: quiet hours. */
    due_at: instant().notNull().default(sql`now()`),
    sent_at: instant(),
  },
  (t) => [
    uniqueIndex('messages_key').on(t.key),
    index('messages_user').on(t.user_id, t.id),
    index('messages_status').on(t.status, t.id),
    index('messages_channel').on(t.channel, t.id),
    index('messages_appointment').on(t.appointment_id),
    index('messages_created').on(t.created_at),
    index('messages_secret').on(t.created_at).where(sql`secret is not null`),
    check('messages_secret_is_short_lived', sql`secret is null or status in ('queued', 'sending', 'failed')`),
  ],
);

/** What a person has decided about messages; without a row, the defaults. */
export const notificationPreferences = pgTable('notification_preferences', {
  user_id: integer()
    .primaryKey()
    .references(() => users.id),
  /** Channels by kind; a kind that is missing takes the default. */
  channels: jsonb().$type<Partial<Record<string, string[]>>>().notNull().default({}),
  quiet: boolean().notNull().default(true),
  quiet_from: clockTime().notNull().default('22:00'),
  quiet_until: clockTime().notNull().default('08:00'),
});

/** A person's Telegram chat, once linked. */
export const telegramChats = pgTable(
  'telegram_chats',
  {
    user_id: integer()
      .primaryKey()
      .references(() => users.id),
    chat_id: text().notNull(),
    linked_at: instant().notNull().default(sql`now()`),
  },
  (t) => [uniqueIndex('telegram_chats_chat').on(t.chat_id)],
);

export const linkPurpose = pgEnum('link_purpose', linkPurposes);

/** One-use links that were sent out, hashed: to link Telegram, to confirm or cancel a visit. */
export const oneUseLinks = pgTable(
  'one_use_links',
  {
    token_hash: bytea().primaryKey(),
    purpose: linkPurpose().notNull(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    appointment_id: integer().references(() => appointments.id),
    expires_at: instant().notNull(),
    used_at: instant(),
  },
  (t) => [
    index('one_use_links_user').on(t.user_id),
    index('one_use_links_appointment').on(t.appointment_id),
    index('one_use_links_expiry').on(t.expires_at),
  ],
);
