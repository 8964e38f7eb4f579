import { type Clock, hasBegun } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { type Caller, worksHere } from '../../../core/roles.ts';
import { type Db, databaseError, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { type Availability, type Bounds, beyond, boundsFor, type Policy } from '../../availability/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import type { Guardians } from '../../patients/index.ts';
import { findAppointment, findOwners } from '../appointments.repository.ts';
import { isActive, stillOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import * as repository from './moving.repository.ts';
import { statusAfter, whyItStays } from './moving.rules.ts';
import type { Move } from './moving.schemas.ts';

export interface MovingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  obtaining: Availability['obtaining'];
  guardians: Pick<Guardians, 'adult'>;
}

interface RescheduleOptions {
  request?: Keyed | undefined;
  expected?: readonly number[] | undefined;
  patient?: number | undefined;
}

/** Who moves to which slot, under which rules. */
export interface MoveRequest {
  timeslot: number;
  patient: number;
  caller: Caller;
  bounds: Bounds;
  policy: Policy;
  expected: readonly number[] | undefined;
}

export type Moving = ReturnType<typeof createMoving>;

/** Moving an appointment to another slot of its doctor, or of a colleague. */
export function createMoving(dependencies: MovingDependencies) {
  const { db, clock, audit, idempotency, obtaining, guardians } = dependencies;

  /** @throws AppError when the appointment, as it stands, is not one that this caller can move */
  function mustMove(visit: repository.Standing, request: MoveRequest): void {
    const code = whyItStays(visit, request, clock);
    if (code) throw new AppError(code);
  }

  /**
   * Staff give a visit to a colleague who can do the same, patients where the clinic's policy lets them. Where its doctor is
   * out, both do.
   */
  async function mustHandOver(
    tx: Tx,
    appointment: number,
    to: number,
    { role }: Caller,
    { move_between_doctors }: Policy,
  ): Promise<void> {
    const { is_out, is_alike } = await repository.judgeHandOver(tx, appointment, to);
    if (!is_alike || !(is_out || move_between_doctors || worksHere(role)))
      throw new AppError('not_same_doctor');
  }

  async function move(tx: Tx, appointment: number, request: MoveRequest): Promise<Appointment | undefined> {
    const { timeslot, patient, caller, bounds, policy } = request;
    const visit = await repository.lockAppointment(tx, appointment, patient, bounds);
    if (!visit) throw new AppError('appointment_not_found');
    mustBeOf(visit, patient, caller);
    // A move that has been made already is no change, whatever version the client saw.
    if (isActive(visit) && visit.timeslot === timeslot) return findAppointment(tx, appointment);
    mustMove(visit, request);
    const { service } = visit;
    const wanted = { appointment, to: timeslot, patient, service, by: caller.id };
    const target = await repository.lockTarget(tx, wanted, bounds);
    const isHandedOver = target !== undefined && target.doctor !== visit.doctor;
    if (isHandedOver) await mustHandOver(tx, appointment, target.doctor, caller, policy);
    if (!target?.is_open) return undefined;
    const isMoved = await repository.moveAppointment(tx, appointment, {
      slots: target.slots,
      // What is moved into a slot that runs already needs no answer: the patient is there.
      status: hasBegun(target, bounds.wall) ? 'confirmed' : statusAfter(visit.status, caller, policy),
      by: caller.id,
      now: bounds.now,
    });
    if (!isMoved) return undefined;
    const overridden = !worksHere(caller.role) ? [] : beyond(target, boundsFor('patient', policy, clock));
    const details = {
      appointment,
      ...(isHandedOver && { from_doctor: visit.doctor, to_doctor: target.doctor }),
      ...(overridden.length > 0 && { overridden }),
    };
    await audit.record(tx, { actor: caller, action: 'appointment.move', subject: patient, details });
    return findAppointment(tx, appointment);
  }

  return {
    /** @throws AppError when the appointment, as it stands, is not one that this caller can move, or give up for another */
    mustMove,
    /** Moves as part of another act. @returns undefined when some rule refused and nothing has changed */
    moveWithin: move,

    /**
     * Moves an appointment to another slot of its doctor, with as many slots as its service takes, or to one of a colleague who
     * can do the same: for staff, where the policy lets patients, and where its doctor is out. The slot that it leaves is free
     * at once. The doctor answers a patient's move anew. A move by the staff leaves
     * the status as it is. Moving to the slot that it has changes nothing. A failure leaves the appointment as it was.
     * @param options.request asks for it to be done once only
     * @param options.expected the versions that the move is meant for; any by default
     * @param options.patient whose appointment it is, if the caller knows; it is looked up by default
     * @throws AppError appointment_not_found, version_mismatch, already_decided, visit_begun, already_attended,
     * too_late_to_cancel, not_same_doctor, and what a booking of the slot would throw
     */
    async reschedule(
      appointment: number,
      { timeslot }: Move,
      caller: Caller,
      { request, expected, patient: known }: RescheduleOptions = {},
    ): Promise<Once<Appointment>> {
      const patient = known ?? (await findOwners(db, appointment, guardians.adult()))?.patient;
      if (patient === undefined) throw new AppError('appointment_not_found');
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

const OVERLAPS = ['appointments_patient_no_overlap', 'appointments_doctor_no_overlap'];

/**
 * The patient is locked before their visit is read, which may be somebody else's by then.
 * @throws AppError appointment_not_found to who was its patient, record_busy to staff, who may ask again
 */
function mustBeOf(visit: { patient: number }, patient: number, { role }: Caller): void {
  if (visit.patient === patient) return;
  if (stillOf(role, { patient }).patient !== undefined) throw new AppError('appointment_not_found');
  throw new AppError('record_busy', { retryAfter: 1 });
}

/** A rule refuses what is left to do, and so takes back what was done. Which rule it is, is asked afterwards. */
export class TakenBack extends Error {}

/** An exclusion constraint refuses by an error that ends the transaction. Why it refused is asked afterwards, as everywhere. */
export async function unlessBusy<Done>(
  caller: Caller,
  work: () => Promise<Done | undefined>,
): Promise<Done | undefined> {
  try {
    return await work();
  } catch (error) {
    // What was noted went with it.
    caller.noted?.clear();
    if (error instanceof TakenBack || OVERLAPS.includes(databaseError(error)?.constraint ?? ''))
      return undefined;
    throw error;
  }
}
