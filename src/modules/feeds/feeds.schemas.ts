import { z } from 'zod';
import { feedPurposes } from '../../core/words.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

/** As many addresses one person may have. */
export const FEEDS_MAX = 5;
/** The visits that a calendar shows: of so many days until today, and from today on. */
export const DAYS_BACK = 30;
export const DAYS_AHEAD = 365;

const ADDRESS = 'clinic.example/api/calendar/Q7cVvLhZ2n0cO1mJtq3yKx8RZb5fXw4sUeTgA9dPiHk.ics';
const AT = '2028-03-01T09:30:00.000Z';

const purpose = z.enum(feedPurposes).meta({
  description: '`visits`: a patient’s own and those of whom they look after; `day`: a doctor’s.',
  examples: ['visits'],
});

const shown = {
  id: fields.id,
  purpose,
  created_at: fields.out.instant,
  rotated_at: fields.out.instant.meta({
    description: 'When its address was made. UTC.',
    examples: [AT],
  }),
  last_read_at: fields.out.instant
    .nullable()
    .meta({ description: 'When a program last read it, to the hour; null while none has.', examples: [AT] }),
};
const feedExample = {
  id: 1,
  purpose: 'visits' as const,
  created_at: AT,
  rotated_at: AT,
  last_read_at: null,
};

const feed = documented(z.object(shown), {
  id: 'CalendarFeed',
  description: 'A calendar to subscribe to. Its address is shown when it is made, and never again.',
  examples: { feed: { summary: 'A patient’s feed', value: feedExample } },
});
export type Feed = z.infer<typeof feed>;

export const newFeed = documented(
  z.object({
    ...shown,
    url: z.string().meta({
      description: 'Where it is read, without signing in: whoever has this address sees the visits.',
      format: 'uri',
      maxLength: 500,
      examples: [`https://${ADDRESS}`],
    }),
    webcal_url: z.string().meta({
      description: 'The same for programs that subscribe at a click.',
      format: 'uri',
      maxLength: 500,
      examples: [`webcal://${ADDRESS}`],
    }),
  }),
  {
    id: 'NewCalendarFeed',
    description: 'A calendar to subscribe to, with its address, which is shown this once.',
    examples: {
      feed: {
        summary: 'To be copied now',
        value: { ...feedExample, url: `https://${ADDRESS}`, webcal_url: `webcal://${ADDRESS}` },
      },
    },
  },
);
export type NewFeed = z.infer<typeof newFeed>;

export const feedInput = documented(z.object({ purpose }), {
  id: 'CalendarFeedWanted',
  description: 'Patients make feeds of `visits`, doctors of their `day`.',
  examples: {
    patient: { summary: 'A patient', value: { purpose: 'visits' } },
    doctor: { summary: 'A doctor', value: { purpose: 'day' } },
  },
});

/** All of a person's at once: there are five at most. */
export const feedList = documented(z.array(feed).meta({ maxItems: FEEDS_MAX }), {
  id: 'CalendarFeedList',
  description: 'My calendar feeds, without their addresses.',
  examples: { feeds: { summary: 'One feed', value: [feedExample] } },
});

export const fileParams = z.object({
  file: z.string().meta({
    description: 'As the feed’s `url` ends.',
    maxLength: 100,
    examples: [ADDRESS.slice(ADDRESS.lastIndexOf('/') + 1)],
  }),
});

export const calendarFile = z.string().meta({
  description: 'RFC 5545, in UTF-8, with every time in UTC.',
  maxLength: 2_147_483_647,
  examples: ['BEGIN:VCALENDAR'],
});
