import { type Clock, hasBegun, type WallTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type Caller, isStaff, sideOf } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import type { Policy } from '../availability/index.ts';
import { findAppointment } from './appointments.repository.ts';
import { isStale, statusesBefore } from './appointments.rules.ts';
import type { Appointment, Decision } from './appointments.schemas.ts';
import * as repository from './decisions.repository.ts';

export interface DecisionsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  settings: { policy: () => Policy | Promise<Policy> };
}

type Expected = readonly number[] | undefined;

/** Confirming, declining and cancelling. */
export function createDecisions({ db, clock, audit, settings }: DecisionsDependencies) {
  /** What the policy would have refused a patient is noted where an admin does it. */
  const note = (
    tx: Tx,
    actor: Caller,
    action: string,
    appointment: number,
    changed: repository.Changed,
    policy: Policy,
  ) => {
    const late = sideOf(actor.role) === null && action === 'appointment.cancel' && isTooLate(changed, policy);
    const details = { appointment, ...(late && { overridden: ['too_late_to_cancel'] }) };
    return audit.record(tx, { actor, action, subject: changed.patient, details });
  };

  /** Visits that start by then are cancelled late by now; undefined where there is no deadline. */
  function lateBy({ cancel_deadline_minutes }: Policy): WallTime | undefined {
    if (cancel_deadline_minutes === 0) return undefined;
    // A second less: what begins in just so many minutes is still in time.
    return clock.wallBy(new Date(clock.now().getTime() + cancel_deadline_minutes * 60_000 - 1_000));
  }

  function isTooLate(visit: { date: string; start_time: string }, policy: Policy): boolean {
    const deadline = policy.late_cancellation === 'refuse' ? lateBy(policy) : undefined;
    return deadline !== undefined && hasBegun(visit, deadline);
  }

  return {
    /** Whether the policy in force lets a patient cancel this visit now. */
    mayCancelNow: async (visit: { date: string; start_time: string }): Promise<boolean> =>
      !isTooLate(visit, await settings.policy()),

    /** The same under a policy that is known already. */
    mayCancel: (visit: { date: string; start_time: string }, policy: Policy): boolean =>
      !isTooLate(visit, policy),

    /** Cancels within another act, which has locked the visit and found that it can be given up. */
    async cancelWithin(tx: Tx, appointment: number, caller: Caller, policy: Policy): Promise<void> {
      const done = await repository.moveStatus(tx, appointment, {
        from: statusesBefore('cancelled', caller.role),
        to: 'cancelled',
        by: caller.id,
        now: clock.now(),
        wall: clock.wall(),
        lateBy: isStaff(caller.role) ? undefined : lateBy(policy),
      });
      if (done) await note(tx, caller, 'appointment.cancel', appointment, done, policy);
    },

    /**
     * A doctor confirms or declines what is pending; an admin may also cancel what is confirmed.
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
      const { moved, now } = await transaction(db, async (tx) => {
        const moment = { now: clock.now(), wall: clock.wall() };
        const done = await repository.moveStatus(tx, appointment, { ...change, ...moment });
        const action = status === 'confirmed' ? 'appointment.confirm' : 'appointment.cancel';
        if (done) await note(tx, caller, action, appointment, done, policy);
        return { moved: done, now: await findAppointment(tx, appointment) };
      });
      if (!now) throw new AppError('appointment_not_found');
      if (!moved) throw new AppError(isStale(now, expected) ? 'version_mismatch' : 'already_decided');
      return now;
    },

    /**
     * Cancels on behalf of the patient, who is bound by the clinic's deadline. Repeating it is fine: a phone that lost the
     * first answer may ask again, with the version that it saw (RFC 9110, section 13.1.1, of changes already applied).
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
      const deadline = lateBy(policy);
      const bound = !isStaff(caller.role);
      const refused = bound && policy.late_cancellation === 'refuse' ? deadline : undefined;
      const moved = await transaction(db, async (tx) => {
        const done = await repository.moveStatus(tx, appointment, {
          from: statusesBefore('cancelled', caller.role),
          to: 'cancelled',
          by: caller.id,
          now: clock.now(),
          wall,
          reason,
          expected,
          ...(bound && { after: refused ?? wall, lateBy: deadline }),
        });
        if (done) await note(tx, caller, 'appointment.cancel', appointment, done, policy);
        return done;
      });
      if (moved) return;
      const visit = await findAppointment(db, appointment);
      if (!visit) throw new AppError('appointment_not_found');
      if (visit.status === 'cancelled') return;
      if (isStale(visit, expected)) throw new AppError('version_mismatch');
      if (bound && hasBegun(visit, wall)) throw new AppError('visit_begun');
      throw new AppError(refused && hasBegun(visit, refused) ? 'too_late_to_cancel' : 'already_decided');
    },
  };
}
