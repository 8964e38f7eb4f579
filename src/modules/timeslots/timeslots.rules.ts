import { minutesOf } from '../../core/clock.ts';
import type { FieldErrorCode } from '../../core/errors.ts';

const MINUTES_MIN = 5;
const MINUTES_MAX = 12 * 60;

/** What is wrong with the times (HH:MM) of a slot: it ends after it starts and lasts 5 minutes to 12 hours. */
export function slotError({
  start_time,
  end_time,
}: {
  start_time: string;
  end_time: string;
}): FieldErrorCode | undefined {
  const length = minutesOf(end_time) - minutesOf(start_time);
  if (length <= 0) return 'end_before_start';
  return length < MINUTES_MIN || length > MINUTES_MAX ? 'slot_length' : undefined;
}

/** The moment of a slot's end, written as a moment of beginning: `hasBegun` of it says that the slot is over. */
export const endingOf = ({ date, end_time }: { date: string; end_time: string }) => ({
  date,
  start_time: end_time,
});
