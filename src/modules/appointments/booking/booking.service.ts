import type { Clock } from '../../../core/clock.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { patientFor } from '../../../core/on-behalf.ts';
import { type Caller, worksHere } from '../../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { type Availability, beyond, boundsFor, type Policy } from '../../availability/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import type { Appointment } from '../appointments.schemas.ts';
import * as repository from './booking.repository.ts';
import type { NewAppointment } from './booking.schemas.ts';

export interface BookingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  obtaining: Availability['obtaining'];
  /** Those of these people whom messages reach. */
  reached: (executor: Executor, people: readonly number[]) => Promise<ReadonlySet<number>>;
}

export function createBooking({ db, clock, audit, idempotency, obtaining, reached }: BookingDependencies) {
  /** Notes what somebody of the staff books, and what of the clinic's policy it overrides. */
  async function note(tx: Tx, actor: Caller, booked: Appointment, policy: Policy): Promise<void> {
    const bounds = boundsFor('patient', policy, clock);
    const { active_max } = bounds;
    const many =
      active_max !== null && (await repository.countAhead(tx, booked.patient.id, bounds)) > active_max;
    const overridden = [...beyond(booked, bounds), ...(many ? ['too_many_appointments'] : [])];
    await audit.record(tx, {
      actor,
      action: 'appointment.book',
      subject: booked.patient.id,
      details: { appointment: booked.id, ...(overridden.length > 0 && { overridden }) },
    });
  }

  return {
    /**
     * Books a slot for the caller, or for the patient whom the staff names. A patient books in one statement, unless the
     * request has an idempotency key or the clinic limits the number of appointments.
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, slot_taken, patient_busy, not_with_oneself,
     * slot_held, too_soon, too_far_ahead, too_many_appointments, request_in_progress, idempotency_key_reused, forbidden
     * (for another patient), invalid_input
     */
    async book(
      { timeslot, patient: named }: NewAppointment,
      caller: Caller,
      request?: Keyed,
    ): Promise<Once<Appointment>> {
      const patient = patientFor(named, caller);
      return obtaining.obtain({ timeslot, patient }, caller, async (bounds, policy) => {
        const status = policy.auto_confirm ? 'confirmed' : 'pending';
        const booking: repository.Booking = { timeslot, patient, booked_by: caller.id, status };
        const isPlain = !worksHere(caller.role) && !request && bounds.active_max === null;
        if (isPlain) {
          const answer = await repository.insertAppointment(db, booking, bounds);
          return answer && { answer, replayed: false };
        }
        return transaction(db, (tx) =>
          idempotency.once(tx, caller, request, patient, async () => {
            if (bounds.active_max !== null) await repository.lockBookings(tx, patient);
            const booked = await repository.insertAppointment(tx, booking, bounds);
            if (!booked || !worksHere(caller.role)) return booked;
            await note(tx, caller, booked, policy);
            return { ...booked, reachable: (await reached(tx, [patient])).has(patient) };
          }),
        );
      });
    },
  };
}
