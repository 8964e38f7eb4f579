import { AppError } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { type Caller, worksHere } from '../../../core/roles.ts';
import type { ActiveStatus } from '../../../core/words.ts';
import { type Tx, transaction } from '../../../db/client.ts';
import { isActive } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import { insertBooking } from '../booking/booking.service.ts';
import type { Cancelling } from '../cancelling/cancelling.service.ts';
import { lockAppointment, lockTarget } from './moving.repository.ts';
import {
  type MoveRequest,
  type Moving,
  type MovingDependencies,
  TakenBack,
  unlessBusy,
} from './moving.service.ts';

/** A slot that is held for a patient, and the visit of theirs that it replaces. */
interface Replacement {
  appointment: number;
  timeslot: number;
  patient: number;
  /** What the slot is offered for: the service of the visit. */
  service: number | null;
}

interface ReplacingDependencies extends MovingDependencies {
  cancelling: Pick<Cancelling, 'cancelWithin'>;
  moving: Pick<Moving, 'mustMove' | 'moveWithin'>;
}

/** A visit gives way to a slot that its patient is offered. */
export function createReplacing(dependencies: ReplacingDependencies) {
  const { db, audit, idempotency, obtaining, cancelling, moving } = dependencies;

  /**
   * With the visit's own doctor it moves. With another doctor of the specialization it is cancelled and the slot is booked:
   * an appointment keeps its doctor. If it was cancelled meanwhile, the slot is booked and nothing else happens.
   */
  async function replace(
    tx: Tx,
    appointment: number,
    request: MoveRequest & Pick<Replacement, 'service'>,
  ): Promise<Appointment | undefined> {
    const { timeslot, patient, service, caller, bounds, policy } = request;
    const visit = await lockAppointment(tx, appointment, patient, bounds);
    if (!visit) throw new AppError('appointment_not_found');
    const wanted = { appointment, to: timeslot, patient, service, by: caller.id };
    const target = await lockTarget(tx, wanted, bounds);
    if (!target?.is_theirs) throw new AppError('offer_lapsed');
    if (!target.is_open) return undefined;
    // It was cancelled, or has turned out to be somebody else's.
    if (!isActive(visit) || visit.patient !== patient) return book(tx, request, undefined);
    if (target.doctor === visit.doctor) return moving.moveWithin(tx, appointment, request);
    moving.mustMove(visit, request);
    await cancelling.cancelWithin(tx, appointment, caller, policy);
    // Like a move: one by the staff keeps the status.
    return book(tx, request, worksHere(caller.role) ? visit.status : undefined);
  }

  /** Books the slot, which is locked and theirs. They were counted when it was offered to them. */
  async function book(
    tx: Tx,
    request: MoveRequest & Pick<Replacement, 'service'>,
    kept: ActiveStatus | undefined,
  ): Promise<Appointment> {
    const { timeslot, patient, service, caller, bounds, policy } = request;
    const status = kept ?? (policy.auto_confirm ? 'confirmed' : 'pending');
    const booking = { timeslot, patient, service: service ?? undefined, booked_by: caller.id, status };
    const booked = await insertBooking(tx, booking, { ...bounds, active_max: null });
    // The patient is busy by now, or a rule of the service refuses it. The visit stays what it was.
    if (!booked) throw new TakenBack();
    const details = { appointment: booked.id };
    if (patient !== caller.id)
      await audit.record(tx, { actor: caller, action: 'appointment.book', subject: patient, details });
    return booked;
  }

  return {
    /**
     * Takes a slot that is held for a patient instead of a visit of theirs, in one act; a failure leaves both as they were.
     * @param then what is to be done afterwards, in the same transaction
     * @throws AppError offer_lapsed, version_mismatch, visit_begun, already_attended, too_late_to_cancel, and what a
     * booking of the slot would throw
     */
    replace: (
      { appointment, timeslot, patient, service }: Replacement,
      caller: Caller,
      request: Keyed | undefined,
      then: (tx: Tx, booked: Appointment) => Promise<void>,
    ): Promise<Once<Appointment>> =>
      obtaining.obtain({ timeslot, patient, moving: appointment, offered: true }, caller, (bounds, policy) =>
        unlessBusy(caller, () =>
          transaction(db, (tx) =>
            idempotency.once(tx, caller, request, patient, async () => {
              const move = { timeslot, patient, service, caller, bounds, policy, expected: undefined };
              const booked = await replace(tx, appointment, move);
              if (booked) await then(tx, booked);
              return booked;
            }),
          ),
        ),
      ),
  };
}
