import { type Clock, hasBegun } from '../../core/clock.ts';
import type { Bounds } from './policy.rules.ts';

/**
 * When a hold that begins now ends: after its minutes, and never beyond the slot's start, by whichever clock comes first
 * when clocks change. A slot that runs already, which only the desk can hold, is held until its end at the latest.
 */
export function holdEnd(
  slot: { date: string; start_time: string; end_time: string },
  { now, wall }: Pick<Bounds, 'now' | 'wall'>,
  minutes: number,
  clock: Pick<Clock, 'at'>,
): Date {
  const second = Math.floor(now.getTime() / 1_000) * 1_000;
  const asUtc = (date: string, time: string) => Date.parse(`${date}T${time}Z`);
  const last = hasBegun(slot, wall) ? slot.end_time : slot.start_time;
  const ahead = asUtc(slot.date, `${last}:00`) - asUtc(wall.date, wall.time);
  const end = clock.at(slot.date, last).getTime();
  return new Date(Math.min(now.getTime() + minutes * 60_000, second + ahead, end));
}
