import { type Clock, hasBegun, type WallTime } from '../../../core/clock.ts';
import type { LateCancellation } from '../../../core/words.ts';

/** What the clinic's policy says of cancelling. */
export interface CancelPolicy {
  /** Until how long before its start a patient may cancel; 0 is no deadline. */
  cancel_deadline_minutes: number;
  /** What becomes of a cancellation after the deadline. */
  late_cancellation: LateCancellation;
}

/** Wall times of the deadline at this moment: a visit that starts at one of them, or before, is too late. */
interface Deadline {
  /** Cancelling is marked as late; undefined where there is no deadline. */
  late: WallTime | undefined;
  /** Cancelling is refused to patients; undefined where the clinic lets them. */
  refused: WallTime | undefined;
}

export function cancelDeadline(policy: CancelPolicy, clock: Clock): Deadline {
  const { cancel_deadline_minutes, late_cancellation } = policy;
  if (cancel_deadline_minutes === 0) return { late: undefined, refused: undefined };
  // A second less: what begins in exactly so many minutes is still in time.
  const late = clock.wallBy(new Date(clock.now().getTime() + cancel_deadline_minutes * 60_000 - 1_000));
  return { late, refused: late_cancellation === 'refuse' ? late : undefined };
}

/** The clinic refuses a patient to cancel this visit now, or to move it: a move gives the old slot back just as late. */
export function isTooLate(
  visit: { date: string; start_time: string },
  policy: CancelPolicy,
  clock: Clock,
): boolean {
  const { refused } = cancelDeadline(policy, clock);
  return refused !== undefined && hasBegun(visit, refused);
}
