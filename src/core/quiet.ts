import { addDays, type Clock, type WallTime } from './clock.ts';

/** When a person wants no messages. The times are HH:MM of the clinic's wall. */
export interface QuietHours {
  quiet: boolean;
  quiet_from: string;
  quiet_until: string;
}

/**
 * The quiet hours that a moment lies in.
 * @param wall the moment, as the clinic's wall shows it
 * @returns when they begin and end; undefined outside them, or where the person has none
 */
export function quietHoursAt(
  { date, time }: WallTime,
  { quiet, quiet_from: from, quiet_until: until }: QuietHours,
  clock: Clock,
): { begins: Date; ends: Date } | undefined {
  const hours = (first: string, last: string) => ({
    begins: clock.at(first, from),
    ends: clock.at(last, until),
  });
  const shown = time.slice(0, 5);
  if (!quiet || from === until) return undefined;
  if (from < until) return shown >= from && shown < until ? hours(date, date) : undefined;
  if (shown < until) return hours(addDays(date, -1), date);
  return shown >= from ? hours(date, addDays(date, 1)) : undefined;
}
