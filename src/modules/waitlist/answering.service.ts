import type { Clock } from '../../core/clock.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Appointment } from '../appointments/index.ts';
import type { PolicySource, Reach } from '../availability/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import * as repository from './answering.repository.ts';
import type { Entries } from './entries.service.ts';
import type { Offers } from './offers.service.ts';
import type { WaitlistEntry } from './waitlist.schemas.ts';

export interface AnsweringDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
  idempotency: Pick<Idempotency, 'once'>;
  offers: Pick<Offers, 'passOnWithin'>;
  appointments: {
    book: (
      booking: { timeslot: number; patient: number; service?: number | undefined },
      caller: Caller,
      request?: Keyed,
    ) => Promise<Once<Appointment>>;
    replace: (
      replacement: { appointment: number; timeslot: number; patient: number; service: number | null },
      caller: Caller,
      request: Keyed | undefined,
      then: (tx: Tx, booked: Appointment) => Promise<void>,
    ) => Promise<Once<Appointment>>;
  };
  entries: Pick<Entries, 'get' | 'note'>;
  reach: Pick<Reach, 'mustReachSlot' | 'mustReachVisit'>;
}

/** Refusals that mean, where a slot was offered a moment ago, that it is offered no more. */
const OVER: readonly ErrorCode[] = [
  'slot_taken',
  'already_yours',
  'slot_held',
  'slot_in_past',
  'timeslot_not_found',
  'clinic_closed',
  'not_enough_time',
];

/** How patients answer an offer. */
export function createAnswering(dependencies: AnsweringDependencies) {
  const { db, clock, settings, idempotency, offers, appointments, entries, reach } = dependencies;

  const lasts = (offer: { expires_at: string | null }) =>
    offer.expires_at !== null && Date.parse(offer.expires_at) > clock.now().getTime();

  return {
    /**
     * Books what is offered, by the same statement as any booking. Where the entry replaces a visit, that gives way in the
     * same act. Patients were counted when the slot was offered to them, and are not counted again.
     * @throws AppError waitlist_entry_not_found, offer_lapsed, patient_busy, visit_begun, already_attended,
     * too_late_to_cancel, service_not_given, not_for_this_patient, no_room_free, request_in_progress, idempotency_key_reused; of
     * a slot and a visit that the caller does not reach timeslot_not_found, appointment_not_found
     */
    async accept(entry: number, caller: Caller, request?: Keyed): Promise<Once<Appointment>> {
      const offer = await repository.findOffer(db, entry);
      if (!offer) throw new AppError('waitlist_entry_not_found');
      const { timeslot, patient } = offer;
      if (timeslot === null || !lasts(offer)) {
        // It may be over because this very request was carried out before.
        const before = await transaction(db, (tx) =>
          idempotency.once<Appointment | undefined>(tx, caller, request, patient, async () => undefined),
        );
        if (before) return before;
        throw new AppError('offer_lapsed');
      }
      const { replaces, service } = offer;
      await reach.mustReachSlot(timeslot, caller);
      if (replaces !== null) await reach.mustReachVisit(replaces, caller);
      try {
        if (replaces === null)
          return await appointments.book(
            { timeslot, patient, service: service ?? undefined },
            caller,
            request,
          );
        return await appointments.replace(
          { appointment: replaces, timeslot, patient, service },
          caller,
          request,
          async (tx, { id }) => {
            if (id !== replaces) await repository.passReplaced(tx, replaces, id, patient);
          },
        );
      } catch (error) {
        if (error instanceof AppError && OVER.includes(error.code)) throw new AppError('offer_lapsed');
        throw error;
      }
    },

    /**
     * Turns an offer down: it goes to the next, and the entry waits on in its place, without being offered this slot again
     * until somebody has had it.
     * @throws AppError waitlist_entry_not_found, offer_lapsed, request_in_progress, idempotency_key_reused
     */
    async decline(entry: number, caller: Caller, request?: Keyed): Promise<Once<WaitlistEntry>> {
      const policy = await settings.policy();
      const answer = await transaction(db, async (tx) => {
        const offer = await repository.findOffer(tx, entry);
        if (!offer) throw new AppError('waitlist_entry_not_found');
        return idempotency.once(tx, caller, request, offer.patient, async () => {
          const { timeslot, patient } = offer;
          if (timeslot === null) return undefined;
          const slots = await repository.lockTimeslot(tx, timeslot);
          if (!lasts(offer)) return undefined;
          if (!(await repository.declineOffer(tx, { entry, timeslot }, 'waiting'))) return undefined;
          await entries.note(tx, caller, 'waitlist.decline', entry, patient);
          await offers.passOnWithin(tx, timeslot, policy, slots);
          return entries.get(entry, tx);
        });
      });
      if (!answer) throw new AppError('offer_lapsed');
      return answer;
    },
  };
}
