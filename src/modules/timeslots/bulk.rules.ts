import { minutesOf } from '../../core/clock.ts';

interface Hours {
  start_time: string;
  end_time: string;
}

export interface Opening extends Hours {
  slot_minutes: number;
  break_minutes: number;
  pauses: readonly Hours[];
}

export interface Days {
  from: string;
  to: string;
  /** ISO 8601: 1 is Monday, 7 Sunday; every day without them. */
  weekdays?: readonly number[] | undefined;
}

const DAY = 86_400_000;

/**
 * A day's hours without its pauses. Each stretch begins anew: a slot that would run into a pause comes after it instead, and
 * the day goes on from there.
 */
export function stretchesOf({ start_time, end_time, pauses }: Hours & Pick<Opening, 'pauses'>): Hours[] {
  const stretches: Hours[] = [];
  let from = start_time;
  for (const pause of pauses.toSorted((a, b) => (a.start_time < b.start_time ? -1 : 1))) {
    if (pause.start_time >= end_time) break;
    if (pause.start_time > from) stretches.push({ start_time: from, end_time: pause.start_time });
    if (pause.end_time > from) from = pause.end_time;
  }
  if (from < end_time) stretches.push({ start_time: from, end_time });
  return stretches;
}

/** How many slots fit between two times. `slots_between` in the migrations makes them. */
export function slotsWithin(hours: Hours, slot_minutes: number, break_minutes: number): number {
  const length = minutesOf(hours.end_time) - minutesOf(hours.start_time);
  return Math.max(0, Math.floor((length + break_minutes) / (slot_minutes + break_minutes)));
}

export const slotsADay = (opening: Opening) =>
  stretchesOf(opening).reduce(
    (sum, stretch) => sum + slotsWithin(stretch, opening.slot_minutes, opening.break_minutes),
    0,
  );

/** How many days of a range are opened. */
export function daysOpened({ from, to, weekdays }: Days): number {
  let opened = 0;
  for (let day = Date.parse(from); day <= Date.parse(to); day += DAY)
    if (!weekdays || weekdays.includes(new Date(day).getUTCDay() || 7)) opened += 1;
  return opened;
}
