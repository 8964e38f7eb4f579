export interface WeeklyHours {
  weekday: number;
  start_time: string;
  end_time: string;
  slot_minutes: number;
  break_minutes: number;
  /** The first and the last day on which they are valid; null is without a beginning, or without an end. */
  valid_from: string | null;
  valid_until: string | null;
}

const FIRST_DAY = '0000-01-01';
const LAST_DAY = '9999-12-31';

/** Whether two stretches of a week meet on any day. The constraint `weekly_hours_no_overlap` judges the same. */
function overlap(one: WeeklyHours, other: WeeklyHours): boolean {
  return (
    one.weekday === other.weekday &&
    one.start_time < other.end_time &&
    other.start_time < one.end_time &&
    (one.valid_from ?? FIRST_DAY) <= (other.valid_until ?? LAST_DAY) &&
    (other.valid_from ?? FIRST_DAY) <= (one.valid_until ?? LAST_DAY)
  );
}

/** Each stretch that overlaps an earlier one, with the first that it overlaps, by their places in the list. */
export function overlapsIn(week: readonly WeeklyHours[]): { row: number; other: number }[] {
  return week.flatMap((hours, row) => {
    const other = week.slice(0, row).findIndex((earlier) => overlap(earlier, hours));
    return other === -1 ? [] : [{ row, other }];
  });
}
