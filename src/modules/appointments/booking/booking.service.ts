import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField, orThrow } from '../../../core/errors.ts';
import { fresh, type Keyed, type Once } from '../../../core/idempotency.ts';
import { type Caller, isForThemself, sideOf, worksHere } from '../../../core/roles.ts';
import type { ActiveStatus } from '../../../core/words.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import { together } from '../../../db/together.ts';
import type { Audit } from '../../audit/index.ts';
import { type Availability, type Bounds, beyond, boundsFor, type Policy } from '../../availability/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import type { Guardians } from '../../patients/index.ts';
import type { Appointment } from '../appointments.schemas.ts';
import * as repository from './booking.repository.ts';
import type { NewAppointment } from './booking.schemas.ts';
import { findAcquaintance } from './follow-ups.repository.ts';
import {
  insertServiceVisit,
  insertServiceVisits,
  type ServiceBooking,
} from './service-booking.repository.ts';

export interface BookingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once' | 'onceEach'>;
  obtaining: Availability['obtaining'];
  guardians: Pick<Guardians, 'patientFor' | 'mustStillActFor'>;
  /** Those of these people whom messages reach. */
  reached: (executor: Executor, people: readonly number[]) => Promise<ReadonlySet<number>>;
}

/** A slot, or with a service the slots that it takes from one on. */
type Wanted = repository.Booking & { service?: number | undefined };

/** What somebody books for themself. */
interface Own {
  booking: Wanted;
  bounds: Bounds;
  caller: Caller;
  request: Keyed | undefined;
}

const isForService = (wanted: Wanted): wanted is ServiceBooking => wanted.service !== undefined;

const done = (booked: Appointment | undefined) => booked && fresh(booked);

export const insertBooking = (
  executor: Executor,
  { service, ...booking }: Wanted,
  bounds: Bounds,
): Promise<Appointment | undefined> =>
  service === undefined
    ? repository.insertAppointment(executor, booking, bounds)
    : insertServiceVisit(executor, { ...booking, service }, bounds);

export function createBooking(dependencies: BookingDependencies) {
  const { db, clock, audit, idempotency, obtaining, guardians, reached } = dependencies;

  /** What patients book for themselves, without a limit of their number, travels together. */
  const travels = (lanes: number) =>
    together<Own, Once<Appointment> | AppError | undefined>({
      together: async (all) =>
        all.some(({ request }) => request) ? bookKeyed(all) : (await bookAll(db, all)).map(done),
      lanes,
    });
  const bookOwn = travels(2);
  /** One group at a time: two of them would take each other's rooms. */
  const bookOwnService = travels(1);

  /** All are patients, and with or without a service. The last to come was told the time last, and the policy as it is now. */
  const bookAll = async (executor: Executor, all: readonly Own[]) => {
    const { booking, bounds } = all.at(-1) as Own;
    if (all.length === 1) return [await insertBooking(executor, booking, bounds)];
    const bookings = all.map((own) => own.booking);
    return bookings.every(isForService)
      ? insertServiceVisits(executor, bookings, bounds)
      : repository.insertAppointments(executor, bookings, bounds);
  };

  const bookKeyed = (all: readonly Own[]) =>
    transaction(db, (tx) =>
      idempotency.onceEach(
        tx,
        all.map(({ caller, request }) => ({ caller, request, subject: caller.id })),
        (places) =>
          bookAll(
            tx,
            places.map((place) => all[place] as Own),
          ),
      ),
    );

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

  /**
   * A doctor books follow-ups: in a slot of their own, for a patient whom they have seen. Whom they have not seen does not
   * exist for them.
   */
  async function mustBeFollowUp(timeslot: number, patient: number, doctor: number): Promise<void> {
    const { slot_of, has_seen } = await findAcquaintance(db, { doctor, patient, timeslot });
    if (slot_of !== null && slot_of !== doctor) throw new AppError('forbidden');
    if (!has_seen) throw new AppError('patient_not_found');
  }

  /** @param offered the waiting list has offered it to them */
  async function book(
    { timeslot, service, patient: named, reason }: NewAppointment,
    caller: Caller,
    request: Keyed | undefined,
    offered: boolean,
  ): Promise<Once<Appointment>> {
    const patient = await guardians.patientFor(named, caller);
    if (reason !== undefined && worksHere(caller.role)) throw invalidField('reason', 'not_for_role');
    const isFollowUp = sideOf(caller.role) === 'doctor';
    if (isFollowUp) await mustBeFollowUp(timeslot, patient, caller.id);
    return obtaining.obtain({ timeslot, patient, service, offered }, caller, async (bounds, policy) => {
      const status: ActiveStatus = policy.auto_confirm || isFollowUp ? 'confirmed' : 'pending';
      const booking = { timeslot, service, patient, booked_by: caller.id, status, reason };
      if (isForThemself(caller, patient) && bounds.active_max === null) {
        const travel = service === undefined ? bookOwn : bookOwnService;
        return orThrow(await travel({ booking, bounds, caller, request }));
      }
      return transaction(db, (tx) =>
        idempotency.once(tx, caller, request, patient, async () => {
          await guardians.mustStillActFor(tx, caller, patient);
          if (bounds.active_max !== null) await repository.lockBookings(tx, patient);
          const booked = await insertBooking(tx, booking, bounds);
          if (!booked || patient === caller.id) return booked;
          await note(tx, caller, booked, policy);
          if (!worksHere(caller.role)) return booked;
          return { ...booked, reachable: (await reached(tx, [patient])).has(patient) };
        }),
      );
    });
  }

  return {
    /**
     * Books a slot, or the slots of a service, for the caller, for somebody whom they look after, or for the patient whom the
     * staff names. A patient books for themself in one statement, unless the request has an idempotency key or the clinic limits
     * the number of appointments. What a doctor books is confirmed.
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, slot_taken, patient_busy, not_with_oneself,
     * slot_held, too_soon, too_far_ahead, too_many_appointments, service_not_given, not_for_this_patient, not_enough_time,
     * no_room_free, request_in_progress, idempotency_key_reused, forbidden (for another patient), invalid_input
     */
    book: (booking: NewAppointment, caller: Caller, request?: Keyed) => book(booking, caller, request, false),

    /** Books what the waiting list has offered: as it is offered, whether or not a service would have to be named now. */
    bookOffered: (booking: NewAppointment, caller: Caller, request?: Keyed) =>
      book(booking, caller, request, true),
  };
}
