import type { AuditAction } from '../../../core/audited.ts';
import { type Clock, hasBegun } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { type Caller, isAtDesk, worksHere } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Policy, PolicySource } from '../../availability/index.ts';
import { findAppointment } from '../appointments.repository.ts';
import { isStale, statusesBefore } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import { cancelDeadline, isTooLate } from './cancel-deadline.rules.ts';
import { type Changed, moveStatus } from './cancelling.repository.ts';
import type { Decision } from './cancelling.schemas.ts';

interface CancellingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  settings: PolicySource;
}

type Expected = readonly number[] | undefined;

export type Cancelling = ReturnType<typeof createCancelling>;

/** Confirming, declining and cancelling. */
export function createCancelling({ db, clock, audit, settings }: CancellingDependencies) {
  const moment = () => ({ now: clock.now(), wall: clock.wall() });

  /** Notes the change. Where the desk cancels what the policy would have refused a patient, that is noted too. */
  const note = (
    tx: Tx,
    actor: Caller,
    action: AuditAction,
    appointment: number,
    changed: Changed,
    policy: Policy,
  ) => {
    const late = isAtDesk(actor.role) && action === 'appointment.cancel' && isTooLate(changed, policy, clock);
    const details = { appointment, ...(late && { overridden: ['too_late_to_cancel'] }) };
    return audit.record(tx, { actor, action, subject: changed.patient, details });
  };

  return {
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
     * A doctor confirms or declines what is pending. The staff may also cancel what is confirmed.
     * @param expected the versions that the decision is meant for; any by default
     * @throws AppError already_decided, already_attended, version_mismatch, appointment_not_found
     */
    async decide(
      appointment: number,
      { status, reason }: Decision,
      caller: Caller,
      expected?: Expected,
    ): Promise<Appointment> {
      const policy = await settings.policy();
      const change = {
        from: statusesBefore(status, caller.role),
        to: status,
        by: caller.id,
        reason,
        expected,
      };
      // Read before it commits: a patient's cancellation right after must not stand in the answer to this decision.
      const { changed, visit } = await transaction(db, async (tx) => {
        const changed = await moveStatus(tx, appointment, { ...change, ...moment() });
        const action = status === 'confirmed' ? 'appointment.confirm' : 'appointment.cancel';
        if (changed) await note(tx, caller, action, appointment, changed, policy);
        return { changed, visit: await findAppointment(tx, appointment) };
      });
      if (!visit) throw new AppError('appointment_not_found');
      if (!changed) throw new AppError(isStale(visit, expected) ? 'version_mismatch' : 'already_decided');
      return visit;
    },

    /**
     * Cancels for the patient, who is bound by the clinic's deadline. A repeat succeeds: a phone that lost the first answer
     * may ask again, with the version that it saw (RFC 9110, section 13.1.1, of changes already applied).
     * @param options.reason why, for the other side to see
     * @param options.expected the versions that it is meant for; any by default
     * @throws AppError visit_begun, too_late_to_cancel (for patients), already_attended, version_mismatch,
     * appointment_not_found
     */
    async cancel(
      appointment: number,
      caller: Caller,
      { reason, expected }: { reason?: string | undefined; expected?: Expected } = {},
    ): Promise<void> {
      const policy = await settings.policy();
      const wall = clock.wall();
      const isBound = !worksHere(caller.role);
      const { late, refused } = cancelDeadline(policy, clock);
      const change = {
        from: statusesBefore('cancelled', caller.role),
        to: 'cancelled' as const,
        by: caller.id,
        wall,
        reason,
        expected,
        ...(isBound && { after: refused ?? wall, lateBy: late }),
      };
      const changed = await transaction(db, async (tx) => {
        const changed = await moveStatus(tx, appointment, { ...change, now: clock.now() });
        if (changed) await note(tx, caller, 'appointment.cancel', appointment, changed, policy);
        return changed;
      });
      if (changed) return;
      const visit = await findAppointment(db, appointment);
      if (!visit) throw new AppError('appointment_not_found');
      if (visit.status === 'cancelled') return;
      if (isStale(visit, expected)) throw new AppError('version_mismatch');
      if (isBound && hasBegun(visit, wall)) throw new AppError('visit_begun');
      const isTooLateNow = isBound && refused !== undefined && hasBegun(visit, refused);
      throw new AppError(isTooLateNow ? 'too_late_to_cancel' : 'already_decided');
    },
  };
}
