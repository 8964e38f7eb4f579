import { type Clock, hasBegun } from '../../../core/clock.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { type Caller, worksHere } from '../../../core/roles.ts';
import type { AppointmentStatus, Attendance } from '../../../core/words.ts';
import { isActive, isStale } from '../appointments.rules.ts';
import { type CancelPolicy, isTooLate } from '../cancelling/cancel-deadline.rules.ts';

/** What counts of a visit that is to move. */
interface Standing {
  date: string;
  start_time: string;
  status: AppointmentStatus;
  attendance: Attendance | null;
  version: number;
}

/** Who moves it, meaning which version of it, under which policy. */
interface Moved {
  caller: Pick<Caller, 'role'>;
  expected: readonly number[] | undefined;
  policy: CancelPolicy;
}

/**
 * Why a visit, as it stands, cannot be moved by whoever asks, nor given up for another. A move gives the old slot back, so
 * that a patient is bound by the deadline for cancelling.
 * @returns undefined when it can
 */
export function whyItStays(
  visit: Standing,
  { caller, expected, policy }: Moved,
  clock: Clock,
): ErrorCode | undefined {
  if (isStale(visit, expected)) return 'version_mismatch';
  if (!isActive(visit)) return 'already_decided';
  if (hasBegun(visit, clock.wall())) return 'visit_begun';
  if (visit.attendance !== null) return 'already_attended';
  return !worksHere(caller.role) && isTooLate(visit, policy, clock) ? 'too_late_to_cancel' : undefined;
}

/** Who must confirm again: the doctor answers a patient's move anew, and an admin's leaves the status as it is. */
export function statusAfter(
  status: AppointmentStatus,
  { role }: Pick<Caller, 'role'>,
  policy: { auto_confirm: boolean },
): AppointmentStatus {
  if (worksHere(role)) return status;
  return policy.auto_confirm ? 'confirmed' : 'pending';
}
