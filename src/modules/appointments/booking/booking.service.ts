import type { Clock } from '../../../core/clock.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { type Caller, worksHere } from '../../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { type Availability, beyond, boundsFor, type Policy } from '../../availability/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import type { Guardians } from '../../patients/index.ts';
import type { Appointment } from '../appointments.schemas.ts';
import * as repository from './booking.repository.ts';
import type { NewAppointment } from './booking.schemas.ts';

export interface BookingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  obtaining: Availability['obtaining'];
  guardians: Pick<Guardians, 'patientFor' | 'mustStillActFor'>;
  /** Those of these people whom messages reach. */
  reached: (executor: Executor, people: readonly number[]) => Promise<ReadonlySet<number>>;
}

export function createBooking(dependencies: BookingDependencies) {
  const { db, clock, audit, idempotency, obtaining, guardians, reached } = dependencies;

  /** Notes what somebody books for somebody else, and what of the clinic's policy the staff overrides. */
  async function note(tx: Tx, actor: Caller, booked: Appointment, policy: Policy): Promise<void> {
    const bounds = boundsFor('patient', policy, clock);
    const { active_max } = bounds;
    const many =
      active_max !== null && (await repository.countAhead(tx, booked.patient.id, bounds)) > active_max;
    const overridden = worksHere(actor.role)
      ? [...beyond(booked, bounds), ...(many ? ['too_many_appointments'] : [])]
      : [];
    await audit.record(tx, {
      actor,
      action: 'appointment.book',
      subject: booked.patient.id,
      details: { appointment: booked.id, ...(overridden.length > 0 && { overridden }) },
    });
  }

  return {
    /**
     * Books a slot for the caller, for somebody whom they look after, or for the patient whom the staff names. A patient books
     * for themself in one statement, unless the request has an idempotency key or the clinic limits the number of appointments.
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, slot_taken, patient_busy, not_with_oneself,
     * slot_held, too_soon, too_far_ahead, too_many_appointments, request_in_progress, idempotency_key_reused, invalid_input
     */
    async book(
      { timeslot, patient: named }: NewAppointment,
      caller: Caller,
      request?: Keyed,
    ): Promise<Once<Appointment>> {
      const patient = await guardians.patientFor(named, caller);
      return obtaining.obtain({ timeslot, patient }, caller, async (bounds, policy) => {
        const status = policy.auto_confirm ? 'confirmed' : 'pending';
        const booking: repository.Booking = { timeslot, patient, booked_by: caller.id, status };
        const isPlain = patient === caller.id && !request && bounds.active_max === null;
        if (isPlain) {
          const answer = await repository.insertAppointment(db, booking, bounds);
          return answer && { answer, replayed: false };
        }
        return transaction(db, (tx) =>
          idempotency.once(tx, caller, request, patient, async () => {
            await guardians.mustStillActFor(tx, caller, patient);
            if (bounds.active_max !== null) await repository.lockBookings(tx, patient);
            const booked = await repository.insertAppointment(tx, booking, bounds);
            if (!booked || patient === caller.id) return booked;
            await note(tx, caller, booked, policy);
            if (!worksHere(caller.role)) return booked;
            return { ...booked, reachable: (await reached(tx, [patient])).has(patient) };
          }),
        );
      });
    },
  };
}
