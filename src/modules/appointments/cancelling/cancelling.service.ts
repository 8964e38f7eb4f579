import { hasBegun } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { type Caller, worksHere } from '../../../core/roles.ts';
import { type Tx, transaction } from '../../../db/client.ts';
import { together } from '../../../db/together.ts';
import type { Policy } from '../../availability/index.ts';
import { findAppointment } from '../appointments.repository.ts';
import { isOfOthers, isStale, statusesBefore, stillOf } from '../appointments.rules.ts';
import { cancelDeadline, isTooLate } from './cancel-deadline.rules.ts';
import { type Cancellation, cancelTogether, moveStatus } from './cancelling.repository.ts';
import { createDeciding, type DecidingDependencies, type Meant } from './deciding.service.ts';

export type Cancelling = ReturnType<typeof createCancelling>;

/** Confirming, declining and cancelling. */
export function createCancelling(dependencies: DecidingDependencies) {
  const { db, clock, settings } = dependencies;
  const { note, decide } = createDeciding(dependencies);
  const moment = () => ({ now: clock.now(), wall: clock.wall() });

  /** What patients cancel, and who looks after them, travels together: all are bound by the policy of the moment. */
  const cancelBound = together({
    together: async (all: readonly Cancellation[]) => {
      const { late, refused } = cancelDeadline(await settings.policy(), clock);
      const at = moment();
      return cancelTogether(db, all, { ...at, after: refused ?? at.wall, lateBy: late });
    },
    lanes: 2,
  });

  return {
    decide,

    /** Whether the policy in force lets a patient cancel this visit now. */
    mayCancelNow: async (visit: { date: string; start_time: string }): Promise<boolean> =>
      !isTooLate(visit, await settings.policy(), clock),

    /** Cancels as part of another act, which has locked the visit and judged that it can be given up. */
    async cancelWithin(tx: Tx, appointment: number, caller: Caller, policy: Policy): Promise<void> {
      const changed = await moveStatus(tx, appointment, {
        from: statusesBefore('cancelled', caller.role),
        to: 'cancelled',
        by: caller.id,
        ...moment(),
        lateBy: worksHere(caller.role) ? undefined : cancelDeadline(policy, clock).late,
      });
      if (changed) await note(tx, caller, 'appointment.cancel', appointment, changed, policy);
    },

    /**
     * Cancels for the patient, who is bound by the clinic's deadline. A repeat succeeds: a phone that lost the first answer
     * may ask again, with the version that it saw (RFC 9110, section 13.1.1, of changes already applied).
     * @param options.reason why, for the other side to see
     * @param options.expected the versions that it is meant for; any by default
     * @param options.owners whose it was when the caller was let through to it
     * @throws AppError visit_begun, too_late_to_cancel (for patients), already_attended, version_mismatch,
     * appointment_not_found (or it has changed hands)
     */
    async cancel(
      appointment: number,
      caller: Caller,
      { reason, expected, owners: known }: Meant & { reason?: string | undefined } = {},
    ): Promise<void> {
      const policy = await settings.policy();
      const wall = clock.wall();
      const isBound = !worksHere(caller.role);
      const { refused } = cancelDeadline(policy, clock);
      const owners = stillOf(caller.role, known);
      const change = {
        from: statusesBefore('cancelled', caller.role),
        to: 'cancelled' as const,
        by: caller.id,
        wall,
        reason,
        expected,
        owners,
      };
      const changed = isBound
        ? await cancelBound({ appointment, caller, reason, expected, patient: owners.patient })
        : await transaction(db, async (tx) => {
            const changed = await moveStatus(tx, appointment, { ...change, now: clock.now() });
            if (changed) await note(tx, caller, 'appointment.cancel', appointment, changed, policy);
            return changed;
          });
      if (changed) return;
      const visit = await findAppointment(db, appointment);
      if (!visit || isOfOthers(visit, owners)) throw new AppError('appointment_not_found');
      if (visit.status === 'cancelled') return;
      if (isStale(visit, expected)) throw new AppError('version_mismatch');
      if (isBound && hasBegun(visit, wall)) throw new AppError('visit_begun');
      const isTooLateNow = isBound && refused !== undefined && hasBegun(visit, refused);
      throw new AppError(isTooLateNow ? 'too_late_to_cancel' : 'already_decided');
    },
  };
}
