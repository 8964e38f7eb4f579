import { index, integer, pgTable } from '../drizzle.ts';
import { sessions } from './sessions.ts';
import { bytea, instant } from './types.ts';

/** What opens one stream where no header can be sent, once and soon. It lies here because another process may be asked. */
export const streamTickets = pgTable(
  'stream_tickets',
  {
    /** SHA-256 of its 256 random bits. */
    token_hash: bytea().primaryKey(),
    session_id: integer()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    expires_at: instant().notNull(),
  },
  (t) => [index('stream_tickets_session').on(t.session_id), index('stream_tickets_expiry').on(t.expires_at)],
);
