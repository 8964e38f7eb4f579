import type { AuditAction } from '../../../core/audited.ts';
import { type Clock, hasBegun } from '../../../core/clock.ts';
import { AppError, type ErrorCode } from '../../../core/errors.ts';
import { type Caller, isAtDesk, sideOf } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Policy, PolicySource } from '../../availability/index.ts';
import { findAppointment } from '../appointments.repository.ts';
import { asOf, isOfOthers, isStale, type Owners, statusesBefore, stillOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import { isTooLate } from './cancel-deadline.rules.ts';
import { type Changed, moveStatus } from './cancelling.repository.ts';
import type { Decision } from './cancelling.schemas.ts';
import { writeNote } from './note.repository.ts';

export interface DecidingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  settings: PolicySource;
}

/** For which state of an appointment a change is meant. */
export interface Meant {
  /** Its versions; any by default. */
  expected?: readonly number[] | undefined;
  /** Whose it was when the caller was let through to it. */
  owners?: Owners | undefined;
}

const ACTIONS = { confirmed: 'appointment.confirm', cancelled: 'appointment.cancel' } as const;

/** What the clinic answers to a booking, and what it notes of a visit. */
export function createDeciding({ db, clock, audit, settings }: DecidingDependencies) {
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

  /** Does what was decided, if anything. A doctor cancels what was confirmed only before it begins. */
  async function changeWithin(
    tx: Tx,
    appointment: number,
    { status, reason }: Decision,
    caller: Caller,
    { policy, ...meant }: Meant & { policy: Policy },
  ): Promise<'nothing' | 'refused' | 'done'> {
    if (status === undefined) return 'nothing';
    const changed = await moveStatus(tx, appointment, {
      from: statusesBefore(status, caller.role, reason),
      to: status,
      by: caller.id,
      now: clock.now(),
      wall: clock.wall(),
      reason,
      ...meant,
      ...(sideOf(caller.role) === 'doctor' && { after: clock.wall(), after_for: ['confirmed'] }),
    });
    if (!changed) return 'refused';
    await note(tx, caller, ACTIONS[status], appointment, changed, policy);
    return 'done';
  }

  /** @returns false where nothing was written */
  async function noteWithin(
    tx: Tx,
    appointment: number,
    text: string | null,
    actor: Caller,
    { expected, owners = {} }: Meant,
  ): Promise<boolean> {
    const noted = await writeNote(tx, appointment, { note: text, now: clock.now(), expected, owners });
    const details = { appointment, fields: ['note'] };
    if (noted) await audit.record(tx, { actor, action: 'appointment.note', subject: noted.patient, details });
    return noted !== undefined;
  }

  /** Why a visit that stands so was not changed. */
  function refusal(
    visit: Appointment,
    { status, reason }: Decision,
    { role }: Caller,
    meant: Meant,
  ): ErrorCode {
    if (isStale(visit, meant.expected)) return 'version_mismatch';
    // Nothing is noted of somebody who is erased.
    if (status === undefined) return 'patient_not_found';
    const mayCancel = statusesBefore(status, role, reason).some((one) => one === visit.status);
    const isRunning = visit.status === 'confirmed' && hasBegun(visit, clock.wall());
    return mayCancel && isRunning ? 'visit_begun' : 'already_decided';
  }

  return {
    note,

    /**
     * A doctor confirms or declines what is pending, and with a reason cancels what is confirmed and has not begun. The
     * staff may cancel either. Both note something of it, in the same act or alone; the same note once more changes nothing.
     * @throws AppError already_decided, already_attended, visit_begun, version_mismatch, appointment_not_found (or it has
     * changed hands), patient_not_found (nothing is noted of somebody who is erased)
     */
    async decide(
      appointment: number,
      decision: Decision,
      caller: Caller,
      { expected, owners: known }: Meant = {},
    ): Promise<Appointment> {
      const owners = stillOf(caller.role, known);
      const policy = await settings.policy();
      // Read before it commits: a patient's cancellation right after must not stand in the answer to this decision.
      return transaction(db, async (tx) => {
        const { note: text } = decision;
        const change = await changeWithin(tx, appointment, decision, caller, { expected, owners, policy });
        const isDone = change === 'done';
        const asked = { expected: isDone ? undefined : expected, owners };
        const isNoted = text === undefined || (await noteWithin(tx, appointment, text, caller, asked));
        const visit = await findAppointment(tx, appointment);
        if (!visit || isOfOthers(visit, owners)) throw new AppError('appointment_not_found');
        if (change !== 'refused' && (isNoted || visit.note === text)) return asOf(visit, clock.wall());
        throw new AppError(isDone ? 'patient_not_found' : refusal(visit, decision, caller, asked));
      });
    },
  };
}
