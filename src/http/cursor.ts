import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Place } from '../core/page.ts';
import { clockTime, date, id } from './fields.ts';
import { issue } from './zod.ts';

/**
 * Cursors: where a reader of a list stands, as text that means nothing to clients. Rows that come or go before that place
 * move nothing after it, as they would with numbered pages. A cursor grants nothing: the list's own rights and filters hold
 * for each page. It carries a fingerprint of its list and place, by which one that was altered is told, and its parts are
 * checked, so that whatever is sent is at worst a wrong field.
 */

const CURSOR_MAX = 250;
const PLACE_MAX = 150;

const fingerprint = (list: string, place: string) =>
  createHash('sha256').update(`${list} ${place}`).digest('base64url').slice(0, 10);

/** A place of a list as a client gets it. @param list its name, the same in the filters that read it back */
export function cursorText(list: string, place: Place): string {
  const text = Buffer.from(JSON.stringify(place)).toString('base64url');
  return `${text}.${fingerprint(list, text)}`;
}

function placeIn(list: string, cursor: string): unknown {
  const [text = '', mark] = cursor.split('.', 2);
  if (text.length > PLACE_MAX || mark !== fingerprint(list, text)) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/**
 * `?cursor=` of a list; empty, it begins the list.
 * @param list its name
 * @param shape what its places consist of
 */
export const cursorOf = <Shape extends z.ZodType<Place>>(list: string, shape: Shape) =>
  z
    .string()
    .max(CURSOR_MAX)
    .meta({
      description:
        'Reads the list without pages: empty for the beginning, then as `next` has it. Nothing is seen twice or skipped ' +
        'while others write; `count` is null.',
      examples: [''],
    })
    .transform((text, context): Place | null => {
      if (text === '') return null;
      const place = shape.safeParse(placeIn(list, text));
      if (place.success) return place.data;
      context.issues.push({ code: 'custom', input: text, ...issue('invalid_cursor') });
      return z.NEVER;
    })
    .optional();

/** A cursor stands for the page: `schema.refine(...noPageBeside())`. */
export const noPageBeside = () =>
  [
    ({ page, cursor }: { page: number; cursor?: Place | null | undefined }) =>
      cursor === undefined || page === 1,
    issue('invalid_cursor', 'page'),
  ] as const;

/** The places of a list in which today's and later come first by time, then what is past. */
export const upcomingPlaces = z.tuple([z.enum(['later', 'past']), date, date, clockTime, id]);
