import type { FieldErrorCode } from '../../core/errors.ts';

const MIN_MINUTES = 5;
const MAX_MINUTES = 12 * 60;

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** What is wrong with the times (HH:MM) of a slot: it ends after it starts and lasts 5 minutes to 12 hours. */
export function slotError({
  start_time,
  end_time,
}: {
  start_time: string;
  end_time: string;
}): FieldErrorCode | undefined {
  const length = minutes(end_time) - minutes(start_time);
  if (length <= 0) return 'end_before_start';
  return length < MIN_MINUTES || length > MAX_MINUTES ? 'slot_length' : undefined;
}
