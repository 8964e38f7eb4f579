export interface WeeklyHours {
  weekday: number;
  start_time: string;
  end_time: string;
  slot_minutes: number;
  break_minutes: number;
  /** The first and the last day on which they are valid; null is without a beginning, or without an end. */
  valid_from: string | null;
  valid_until: string | null;
  branch: number;
  /** The room that the doctor has; null is none. */
  room: number | null;
}

/** A stretch that leaves out its branch is where the doctor works. */
type Written = Omit<WeeklyHours, 'branch'> & { branch?: number | undefined };

/** Whether a stretch stands in a week as it is, in that branch and room. */
export const standsIn = (week: readonly WeeklyHours[], hours: Written): boolean =>
  week.some((other) =>
    Object.entries(other).every(([name, value]) => hours[name as keyof Written] === value),
  );

/** How many of the skipped slots an answer names. */
export const SKIPPED_SHOWN = 500;

/** A slot of the week that was not published, and why. */
export interface Skipped {
  date: string;
  start_time: string;
  end_time: string;
  reason: 'room_taken';
}

/** When they are, wherever. */
type Hours = Omit<WeeklyHours, 'branch' | 'room'>;

const FIRST_DAY = '0000-01-01';
const LAST_DAY = '9999-12-31';

/** Whether two stretches of a week meet on any day. The constraint `weekly_hours_no_overlap` judges the same. */
function overlap(one: Hours, other: Hours): boolean {
  return (
    one.weekday === other.weekday &&
    one.start_time < other.end_time &&
    other.start_time < one.end_time &&
    (one.valid_from ?? FIRST_DAY) <= (other.valid_until ?? LAST_DAY) &&
    (other.valid_from ?? FIRST_DAY) <= (one.valid_until ?? LAST_DAY)
  );
}

/** Each stretch that overlaps an earlier one, with the first that it overlaps, by their places in the list. */
export function overlapsIn(week: readonly Hours[]): { row: number; other: number }[] {
  return week.flatMap((hours, row) => {
    const other = week.slice(0, row).findIndex((earlier) => overlap(earlier, hours));
    return other === -1 ? [] : [{ row, other }];
  });
}
