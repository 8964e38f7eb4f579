import type { WallTime } from '../../../core/clock.ts';
import type { Absence } from './absences.schemas.ts';

/** A stretch of a doctor's calendar: from `start_time` of the first day to `end_time` of the last. */
export type Span = Pick<Absence, 'doctor' | 'from' | 'to' | 'start_time' | 'end_time'>;

/**
 * A span, of which only what lies after a moment counts. All statements of one act are given the same moment, so that none
 * of them sees more than another.
 */
export interface SpanAhead extends Span {
  after: WallTime;
}
