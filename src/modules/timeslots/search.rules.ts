import { addDays, earliestOf, latestOf } from '../../core/clock.ts';

/** How many slots a search shows at most. Whoever wants more says from which day, or of which doctor. */
export const SEARCH_LIMIT = 1_000;
/** How many days a search looks at, from its first day on. */
export const SEARCH_DAYS = 1_096;

const isoWeekday = (date: string) => new Date(date).getUTCDay() || 7;

/**
 * The days that a search looks at, in order: all that count where `weekdays` leaves gaps, else the first and the last.
 * @param range YYYY-MM-DD, both included
 * @param weekdays 1 (Monday) to 7; all when undefined
 * @param earliest the first day on which somebody can have a slot
 * @param latest the last such day
 * @returns no day when none is left
 */
export function searchedDays(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  weekdays: readonly number[] | undefined,
  earliest: string,
  latest: string,
): string[] {
  const first = latestOf(earliest, from);
  const last = earliestOf(latest, to, addDays(first, SEARCH_DAYS - 1));
  if (first > last) return [];
  if (weekdays === undefined) return [first, last];
  const days: string[] = [];
  for (let day = first; day <= last; day = addDays(day, 1))
    if (weekdays.includes(isoWeekday(day))) days.push(day);
  return days;
}

/** How many of `limit` rows from `offset` on lie within what a search shows. */
export function shownWindow(limit: number, offset: number): { limit: number; offset: number } {
  const begin = Math.min(offset, SEARCH_LIMIT);
  return { limit: Math.min(limit, SEARCH_LIMIT - begin), offset: begin };
}
