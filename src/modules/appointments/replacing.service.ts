import { AppError } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import { type Caller, isStaff } from '../../core/roles.ts';
import { type Tx, transaction } from '../../db/client.ts';
import type { Appointment } from './appointments.schemas.ts';
import { type Booking, insertAppointment } from './booking.repository.ts';
import type { createDecisions } from './decisions.service.ts';
import { lockAppointment, lockTarget } from './reschedule.repository.ts';
import {
  type createReschedule,
  type Given,
  type RescheduleDependencies,
  unlessBusy,
} from './reschedule.service.ts';

/** A slot that is held for a patient, and which of their visits it takes the place of. */
export interface Replacement {
  appointment: number;
  timeslot: number;
  patient: number;
}

export interface ReplacingDependencies extends Omit<RescheduleDependencies, 'decisions'> {
  decisions: Pick<ReturnType<typeof createDecisions>, 'cancelWithin'>;
  reschedule: Pick<ReturnType<typeof createReschedule>, 'mustMove' | 'moveWithin'>;
}

/** A visit gives way to a slot that its patient is offered. */
export function createReplacing(dependencies: ReplacingDependencies) {
  const { db, audit, idempotency, obtaining, decisions, reschedule } = dependencies;

  /**
   * With the visit's own doctor it moves. With another doctor of the specialization it is cancelled and the slot booked:
   * an appointment keeps its doctor. Where it was cancelled meanwhile the slot is booked, and nothing else.
   */
  async function replace(tx: Tx, appointment: number, given: Given): Promise<Appointment | undefined> {
    const { timeslot, patient, caller, bounds, policy } = given;
    const found = await lockAppointment(tx, appointment, patient, bounds);
    if (!found) throw new AppError('appointment_not_found');
    const target = await lockTarget(tx, { from: found.timeslot, to: timeslot, patient }, bounds);
    if (!target?.is_theirs) throw new AppError('offer_lapsed');
    if (!target.is_open) return undefined;
    if (found.status !== 'pending' && found.status !== 'confirmed') return book(tx, given, undefined);
    if (target.doctor === found.doctor) return reschedule.moveWithin(tx, appointment, given);
    reschedule.mustMove(found, given);
    await decisions.cancelWithin(tx, appointment, caller, policy);
    // As a move leaves it: an admin's keeps the status.
    return book(tx, given, isStaff(caller.role) ? found.status : undefined);
  }

  /** The slot is locked, and theirs. They were counted when it was offered to them. */
  async function book(tx: Tx, given: Given, kept: Booking['status'] | undefined): Promise<Appointment> {
    const { timeslot, patient, caller, bounds, policy } = given;
    const status = kept ?? (policy.auto_confirm ? 'confirmed' : 'pending');
    const booking = { timeslot, patient, booked_by: caller.id, status };
    const booked = await insertAppointment(tx, booking, { ...bounds, active_max: null });
    // Nothing else can refuse it now. The visit stays what it was.
    if (!booked) throw new AppError('patient_busy');
    const details = { appointment: booked.id };
    if (isStaff(caller.role))
      await audit.record(tx, { actor: caller, action: 'appointment.book', subject: patient, details });
    return booked;
  }

  return {
    /**
     * Takes a slot that is held for a patient instead of a visit of theirs, in one act; a failure leaves both as they were.
     * @param then what follows from it, in the same transaction
     * @throws AppError offer_lapsed, version_mismatch, visit_begun, already_attended, too_late_to_cancel, and what a
     * booking of the slot would throw
     */
    replace: (
      { appointment, timeslot, patient }: Replacement,
      caller: Caller,
      request: Keyed | undefined,
      then: (tx: Tx, booked: Appointment) => Promise<void>,
    ): Promise<Once<Appointment>> =>
      obtaining.obtain({ timeslot, patient, moving: appointment }, caller, (bounds, policy) =>
        unlessBusy(caller, () =>
          transaction(db, (tx) =>
            idempotency.once(tx, caller, request, patient, async () => {
              const given = { timeslot, patient, caller, bounds, policy, expected: undefined };
              const booked = await replace(tx, appointment, given);
              if (booked) await then(tx, booked);
              return booked;
            }),
          ),
        ),
      ),
  };
}
