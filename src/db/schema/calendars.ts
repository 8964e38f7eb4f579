import { feedPurposes } from '../../core/words.ts';
import { index, integer, pgEnum, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { bytea, instant } from './types.ts';
import { users } from './users.ts';

export const feedPurpose = pgEnum('feed_purpose', feedPurposes);

/**
 * A person's visits as a calendar to subscribe to. Whoever has its address reads it, so only the hash of that is kept. The
 * trigger `users_end_feeds` deletes the feeds of whoever is put out, erased or merged into another record.
 */
export const calendarFeeds = pgTable(
  'calendar_feeds',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    user_id: integer()
      .notNull()
      .references(() => users.id),
    purpose: feedPurpose().notNull(),
    /** SHA-256 of the 256 random bits in its address. */
    token_hash: bytea().notNull(),
    created_at: instant().notNull().default(sql`now()`),
    /** When its address was made. */
    rotated_at: instant().notNull().default(sql`now()`),
    /** When somebody last read it, to the hour. */
    last_read_at: instant(),
    /** What was last read, as its ETag names it, and since when it is so. */
    content_hash: bytea(),
    changed_at: instant(),
  },
  (t) => [uniqueIndex('calendar_feeds_token').on(t.token_hash), index('calendar_feeds_user').on(t.user_id)],
);

/**
 * The names of visits in people's calendars hold the epoch in which they were made: after a restore numbers come again. An
 * epoch has the visits after its `after_appointment`, up to that of the next.
 */
export const calendarEpochs = pgTable('calendar_epochs', {
  after_appointment: integer().primaryKey(),
  epoch: text().notNull(),
});
