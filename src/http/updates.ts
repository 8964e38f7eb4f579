import { z } from 'zod';
import type { Place } from '../core/page.ts';
import { cursorOf, noPageBeside } from './cursor.ts';
import { id, instant, out } from './fields.ts';
import { documented } from './openapi/documented.ts';
import { issue } from './zod.ts';

/** `?updated_since=`: what has changed of a list, for programs that keep a copy of it (events/updates.ts). */

const updatedSince = instant.optional().meta({
  description:
    'What has changed since then, for a copy of the list: rows as they are now, and in `deleted` what is gone. Stands alone, with ' +
    '`page_size` and `cursor`. Ask next from `until`. 410 where that is too long ago: read the whole list anew.',
  examples: ['2028-03-01T09:30:00Z'],
});

/** Where a reader of updates stands. */
const updatedPlace = z.tuple([z.literal('updated'), id, instant]);

/**
 * The parameters of a list that is read by a cursor and tells what has changed; its filters then pass `withUpdates`.
 * @param list by which name its cursors are read back
 * @param places what the places of the list itself consist of
 */
export const updatesQuery = <Shape extends z.ZodType<Place>>(list: string, places: Shape) => ({
  cursor: cursorOf(list, z.union([places, updatedPlace])),
  updated_since: updatedSince,
});

interface Query {
  page: number;
  page_size: number;
  cursor?: Place | null | undefined;
  updated_since?: string | undefined;
}

const isAlone = ({ page, page_size, cursor, updated_since, ...filters }: Query) =>
  updated_since === undefined || (page === 1 && Object.values(filters).every((value) => value === undefined));

const isOfUpdates = (place: Place) => place[0] === 'updated';
/** A cursor of updates is none of the list, and the other way round. */
const isOwnCursor = ({ cursor, updated_since }: Query) =>
  !cursor || isOfUpdates(cursor) === (updated_since !== undefined);

/** Refuses a page beside a cursor, filters beside `updated_since`, and the cursor of the other. */
export const withUpdates = <Shape extends z.ZodType<Query>>(filters: Shape) =>
  filters
    .refine(...noPageBeside())
    .refine(isAlone, issue('stands_alone', 'updated_since'))
    .refine(isOwnCursor, issue('invalid_cursor', 'cursor'));

const tombstone = documented(z.object({ id, deleted: z.literal(true), updated_at: out.instant }), {
  id: 'Tombstone',
  description: 'What the reader does not see any more.',
  examples: {
    gone: { summary: 'Gone', value: { id: 41, deleted: true, updated_at: '2028-03-01T09:31:00.000Z' } },
  },
});

const until = out.instant.meta({ id: 'Until', description: 'With `updated_since`: from when to ask next.' });
const deleted = z
  .array(tombstone)
  .max(100)
  .meta({ id: 'Deleted', description: 'With `updated_since`: what is gone.' });

/** What a page says of updates, beside its rows. */
export const updatesOutput = { until: until.optional(), deleted: deleted.optional() };
