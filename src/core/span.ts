import type { WallTime } from './clock.ts';

/** A stretch of a doctor's calendar: from `start_time` of the first day to `end_time` of the last. */
export interface Span {
  doctor: number;
  from: string;
  to: string;
  start_time: string;
  end_time: string;
}

/** What of it lies ahead of a moment: one for all statements of an act, so that none of them sees more than another. */
export interface SpanAhead extends Span {
  after: WallTime;
}

/** A day of the whole clinic, of which only what lies ahead of a moment counts. */
export interface DayAhead {
  date: string;
  after: WallTime;
}
