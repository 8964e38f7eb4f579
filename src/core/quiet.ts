import { addDays, type Clock, type WallTime } from './clock.ts';

/** When somebody wants to be left in peace; the times are HH:MM of the clinic's wall. */
export interface QuietHours {
  quiet: boolean;
  quiet_from: string;
  quiet_until: string;
}

/** When the quiet hours end that this moment lies in; undefined outside them, or where somebody has none. */
export function quietEnd(person: QuietHours, clock: Clock): Date | undefined {
  const hours = person.quiet ? quietHoursOf(clock.wall(), person) : undefined;
  return hours && clock.at(hours.ends, person.quiet_until);
}

/** The days on which the quiet hours begin and end that this moment lies in; undefined outside them. */
export function quietHoursOf(
  { date, time }: WallTime,
  { quiet_from: from, quiet_until: until }: Pick<QuietHours, 'quiet_from' | 'quiet_until'>,
): { begins: string; ends: string } | undefined {
  const shown = time.slice(0, 5);
  if (from === until) return undefined;
  if (from < until) return shown >= from && shown < until ? { begins: date, ends: date } : undefined;
  if (shown < until) return { begins: addDays(date, -1), ends: date };
  return shown >= from ? { begins: date, ends: addDays(date, 1) } : undefined;
}
