import type { Clock } from '../../core/clock.ts';
import type { Bounds } from './policy.rules.ts';

/**
 * When a hold that begins now ends: after its minutes, and never beyond the slot's start, by whichever clock comes first
 * when clocks change.
 */
export function holdEnd(
  slot: { date: string; start_time: string },
  { now, wall }: Pick<Bounds, 'now' | 'wall'>,
  minutes: number,
  clock: Pick<Clock, 'at'>,
): Date {
  const second = Math.floor(now.getTime() / 1_000) * 1_000;
  const asUtc = (date: string, time: string) => Date.parse(`${date}T${time}Z`);
  const ahead = asUtc(slot.date, `${slot.start_time}:00`) - asUtc(wall.date, wall.time);
  const start = clock.at(slot.date, slot.start_time).getTime();
  return new Date(Math.min(now.getTime() + minutes * 60_000, second + ahead, start));
}
