import { z } from 'zod';
import { feedPurposes } from '../../core/words.ts';
import type { Db } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';
import * as fields from '../../http/fields.ts';
import { AT, listOf } from '../../http/personal.ts';
import { listFeeds } from './feeds.repository.ts';

const instant = fields.out.instant;

/** Which calendars somebody subscribed to. They end with the account, whichever way it ends (trigger `users_end_feeds`). */
export const personal = {
  columns: { 'calendar_feeds.user_id': 'calendar_feeds' },
  parts: {
    calendar_feeds: {
      shape: listOf(
        z.object({
          id: fields.id,
          purpose: z.enum(feedPurposes),
          created_at: instant,
          rotated_at: instant,
          last_read_at: instant.nullable(),
        }),
        'Addresses by which calendars are read; the addresses themselves are kept as hashes only.',
      ),
      example: [{ id: 1, purpose: 'visits', created_at: AT, rotated_at: AT, last_read_at: null }],
      list: (db: Db, person: number) => listFeeds(db, person),
    },
  },
  erase: (person: number) => ({ feeds: sql`delete from calendar_feeds where user_id = ${person}` }),
};
