import { type Clock, hasBegun } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import { type Caller, isStaff } from '../../core/roles.ts';
import { type Db, databaseError, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import { type Availability, type Bounds, beyond, boundsFor, type Policy } from '../availability/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import { findAppointment, findOwners } from './appointments.repository.ts';
import { isActive, isStale } from './appointments.rules.ts';
import type { Appointment, Move } from './appointments.schemas.ts';
import * as repository from './reschedule.repository.ts';

export interface RescheduleDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  obtaining: Availability['obtaining'];
  decisions: { mayCancel: (visit: { date: string; start_time: string }, policy: Policy) => boolean };
}

export interface Given {
  timeslot: number;
  patient: number;
  caller: Caller;
  bounds: Bounds;
  policy: Policy;
  expected: readonly number[] | undefined;
}

/** Moving an appointment to another slot of its doctor, or of a colleague where its doctor is out. */
export function createReschedule({
  db,
  clock,
  audit,
  idempotency,
  obtaining,
  decisions,
}: RescheduleDependencies) {
  /** @throws AppError when the appointment, as it stands, is not one that this caller can move */
  function mustMove(found: repository.Standing, { caller, expected, policy }: Given): void {
    if (isStale(found, expected)) throw new AppError('version_mismatch');
    if (!isActive(found)) throw new AppError('already_decided');
    if (hasBegun(found, clock.wall())) throw new AppError('visit_begun');
    if (found.attendance !== null) throw new AppError('already_attended');
    // To move is to give the old slot back, as late as to cancel.
    if (!isStaff(caller.role) && !decisions.mayCancel(found, policy))
      throw new AppError('too_late_to_cancel');
  }

  async function move(tx: Tx, appointment: number, given: Given): Promise<Appointment | undefined> {
    const { timeslot, patient, caller, bounds, policy } = given;
    const found = await repository.lockAppointment(tx, appointment, patient, bounds);
    if (!found) throw new AppError('appointment_not_found');
    // A move that has been made already is no change, whatever version the client saw.
    if (isActive(found) && found.timeslot === timeslot) return findAppointment(tx, appointment);
    mustMove(found, given);
    const target = await repository.lockTarget(tx, { from: found.timeslot, to: timeslot, patient }, bounds);
    const isHandedOver = target !== undefined && target.doctor !== found.doctor;
    if (isHandedOver && !(await repository.canTakeOver(tx, found.doctor, target.doctor)))
      throw new AppError('not_same_doctor');
    if (!target?.is_open) return undefined;
    await repository.moveAppointment(tx, appointment, {
      to: timeslot,
      // What is moved into a slot that runs already needs no answer: the patient is there.
      status: hasBegun(target, bounds.wall) ? 'confirmed' : statusAfter(found.status, caller, policy),
      by: caller.id,
      now: bounds.now,
    });
    const overridden = !isStaff(caller.role) ? [] : beyond(target, boundsFor('patient', policy, clock));
    const details = {
      appointment,
      ...(isHandedOver && { from_doctor: found.doctor, to_doctor: target.doctor }),
      ...(overridden.length > 0 && { overridden }),
    };
    await audit.record(tx, { actor: caller, action: 'appointment.move', subject: patient, details });
    return findAppointment(tx, appointment);
  }

  return {
    /** @throws AppError when the appointment, as it stands, is not one that this caller can move, or give up for another */
    mustMove,
    /** Moves within another act; undefined when some rule refused and nothing has changed. */
    moveWithin: move,

    /**
     * Moves an appointment to another slot of its doctor, or of one of the same specialization where its doctor is out; the
     * slot that it leaves is free at once. A patient's move is for the
     * doctor to answer anew, an admin's leaves the status as it is. To the slot that it has, it changes nothing. A failure
     * leaves the appointment as it was.
     * @param options.request asks for it to be done once only
     * @param options.expected the versions that the move is meant for; any by default
     * @throws AppError appointment_not_found, version_mismatch, already_decided, visit_begun, already_attended,
     * too_late_to_cancel, not_same_doctor, and what a booking of the slot would throw
     */
    async reschedule(
      appointment: number,
      { timeslot }: Move,
      caller: Caller,
      { request, expected }: { request?: Keyed | undefined; expected?: readonly number[] | undefined } = {},
    ): Promise<Once<Appointment>> {
      const owners = await findOwners(db, appointment);
      if (!owners) throw new AppError('appointment_not_found');
      const { patient } = owners;
      const wanted = { timeslot, patient, moving: appointment };
      return obtaining.obtain(wanted, caller, (bounds, policy) =>
        unlessBusy(caller, () =>
          transaction(db, (tx) =>
            idempotency.once(tx, caller, request, patient, () =>
              move(tx, appointment, { timeslot, patient, caller, bounds, policy, expected }),
            ),
          ),
        ),
      );
    },
  };
}

function statusAfter(status: Appointment['status'], { role }: Caller, policy: Policy): Appointment['status'] {
  if (isStaff(role)) return status;
  return policy.auto_confirm ? 'confirmed' : 'pending';
}

/** The exclusion constraint speaks by an error that ends the transaction; why it refused is asked afterwards, as ever. */
export async function unlessBusy<Done>(
  caller: Caller,
  work: () => Promise<Done | undefined>,
): Promise<Done | undefined> {
  try {
    return await work();
  } catch (error) {
    // What was noted went with it.
    caller.noted?.clear();
    if (databaseError(error)?.constraint === 'appointments_patient_no_overlap') return undefined;
    throw error;
  }
}
