import type { Clock } from '../../core/clock.ts';
import { AppError, type ErrorCode, invalidField } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import { patientFor } from '../../core/on-behalf.ts';
import type { Page } from '../../core/page.ts';
import { type Caller, isStaff, sideOf } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Appointment } from '../appointments/index.ts';
import type { Audit } from '../audit/index.ts';
import type { OpenTimeslot, Policy } from '../availability/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import * as entries from './entries.repository.ts';
import type { Offers } from './offers.service.ts';
import * as repository from './waitlist.repository.ts';
import {
  FREE_SHOWN,
  type JoinedWaitlist,
  type NewWaitlistEntry,
  type WaitlistEntry,
  type WaitlistFilters,
} from './waitlist.schemas.ts';

export interface WaitlistDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  settings: { policy: () => Policy | Promise<Policy> };
  idempotency: Pick<Idempotency, 'once'>;
  offers: Pick<Offers, 'passOnWithin'>;
  appointments: {
    book: (
      booking: { timeslot: number; patient: number },
      caller: Caller,
      request?: Keyed,
    ) => Promise<Once<Appointment>>;
    replace: (
      replacement: { appointment: number; timeslot: number; patient: number },
      caller: Caller,
      request: Keyed | undefined,
      then: (tx: Tx, booked: Appointment) => Promise<void>,
    ) => Promise<Once<Appointment>>;
  };
  timeslots: {
    /** What a patient can book at this moment, soonest first. */
    freeFor: (wish: repository.Wish, limit: number) => Promise<OpenTimeslot[]>;
  };
}

export type Waitlist = ReturnType<typeof createWaitlist>;

/** How many wishes a patient may wait with at a time. */
export const LIVE_MAX = 10;

/** How often leaving is tried when an offer was made or ended in that very moment. */
const ATTEMPTS = 20;

/** What says, where a slot was offered a moment ago, that it is offered no more. */
const OVER: readonly ErrorCode[] = [
  'slot_taken',
  'already_yours',
  'slot_held',
  'slot_in_past',
  'timeslot_not_found',
  'clinic_closed',
];

/** Those who wait for a slot: how they join and leave, and how they answer an offer. */
export function createWaitlist(dependencies: WaitlistDependencies) {
  const { db, clock, audit, settings, idempotency, offers, appointments, timeslots } = dependencies;

  /** What an admin does for a patient is noted; what patients do themselves is not, as it is theirs. */
  async function note(tx: Tx, actor: Caller, action: string, entry: number, subject: number): Promise<void> {
    if (!isStaff(actor.role)) return;
    await audit.record(tx, { actor, action, subject, details: { entry } });
  }

  async function mustFind(tx: Tx | Db, entry: number): Promise<WaitlistEntry> {
    const found = await entries.findEntry(tx, entry, clock.now());
    if (!found) throw new AppError('waitlist_entry_not_found');
    return found;
  }

  /** @param timeslot what the entry is offered. @returns false when that has changed in this very moment */
  async function leaveNow(tx: Tx, entry: number, timeslot: number | null): Promise<boolean> {
    if (timeslot === null) return repository.leave(tx, entry);
    await repository.lockTimeslot(tx, timeslot);
    return repository.declineOffer(tx, { entry, timeslot }, 'left');
  }

  const isLive = (offer: { expires_at: string | null }) =>
    offer.expires_at !== null && Date.parse(offer.expires_at) > clock.now().getTime();

  return {
    findOwner: (entry: number) => entries.findOwner(db, entry),
    get: (entry: number) => mustFind(db, entry),

    /** A patient's own; everybody's for an admin. @throws AppError forbidden (another patient's) */
    async list(
      { page, page_size, ...filters }: WaitlistFilters,
      caller: Caller,
    ): Promise<Page<WaitlistEntry>> {
      const isTheirs = sideOf(caller.role) === 'patient';
      if (isTheirs && filters.patient !== undefined && filters.patient !== caller.id)
        throw new AppError('forbidden');
      const patient = isTheirs ? caller.id : filters.patient;
      return entries.listEntries(db, { ...filters, patient }, clock.now(), { page, page_size });
    },

    /**
     * Joins the list, for the caller or for the patient whom an admin names. What is free already is not offered: it can
     * be booked, and the answer shows the first of it.
     * @throws AppError patient_not_found, doctor_not_found (also where nobody has the specialization), already_waiting,
     * too_many_waitlist_entries, forbidden (another patient), invalid_input; of the visit that is to be replaced
     * appointment_not_found (also another patient's), already_decided, visit_begun, already_attended, not_same_doctor
     */
    async join({ patient: named, ...wish }: NewWaitlistEntry, caller: Caller): Promise<JoinedWaitlist> {
      const patient = patientFor(named, caller);
      if (wish.to < clock.wall().date) throw invalidField('to', 'in_past');
      const { doctor = null, specialization = null, after = null, before = null, from, to } = wish;
      const { replaces = null } = wish;
      const full = { patient, doctor, specialization, from, to, after, before, replaces };
      const joined = await transaction(db, async (tx) => {
        if (!(await repository.lockPatient(tx, patient))) throw new AppError('patient_not_found');
        if (replaces !== null) await repository.lockReplaced(tx, replaces);
        const refused = refusal(await repository.judgeWish(tx, full, clock.wall()));
        if (refused) throw new AppError(refused);
        const entry = await repository.insertEntry(tx, full, clock.now());
        await note(tx, caller, 'waitlist.join', entry, patient);
        return mustFind(tx, entry);
      });
      return { ...joined, free_now: await timeslots.freeFor(full, FREE_SHOWN) };
    },

    /**
     * Leaves the list; what is offered is passed on. Repeating it is fine, and an entry that came to an appointment stays
     * as it is.
     * @throws AppError waitlist_entry_not_found
     */
    async leave(entry: number, caller: Caller): Promise<void> {
      const policy = await settings.policy();
      await transaction(db, async (tx) => {
        for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
          const found = await repository.findOffer(tx, entry);
          if (!found) throw new AppError('waitlist_entry_not_found');
          if (found.is_over) return;
          if (!(await leaveNow(tx, entry, found.timeslot))) continue;
          await note(tx, caller, 'waitlist.leave', entry, found.patient);
          if (found.timeslot !== null) await offers.passOnWithin(tx, found.timeslot, policy);
          return;
        }
        throw new Error('an entry of the waiting list comes to no rest');
      });
    },

    /**
     * Books what is offered, by the same statement as any booking; where the entry replaces a visit, that gives way in the
     * same act. Nobody is counted again who was counted when it was offered to them.
     * @throws AppError waitlist_entry_not_found, offer_lapsed, patient_busy, visit_begun, already_attended,
     * too_late_to_cancel, request_in_progress, idempotency_key_reused
     */
    async accept(entry: number, caller: Caller, request?: Keyed): Promise<Once<Appointment>> {
      const offer = await repository.findOffer(db, entry);
      if (!offer) throw new AppError('waitlist_entry_not_found');
      const { timeslot, patient } = offer;
      if (timeslot === null || !isLive(offer)) {
        // It may be over because this very request was carried out before.
        const before = await transaction(db, (tx) =>
          idempotency.once<Appointment>(tx, caller, request, patient, async () => undefined),
        );
        if (before) return before;
        throw new AppError('offer_lapsed');
      }
      try {
        const { replaces } = offer;
        if (replaces === null) return await appointments.book({ timeslot, patient }, caller, request);
        return await appointments.replace(
          { appointment: replaces, timeslot, patient },
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
      const done = await transaction(db, async (tx) => {
        const offer = await repository.findOffer(tx, entry);
        if (!offer) throw new AppError('waitlist_entry_not_found');
        return idempotency.once(tx, caller, request, offer.patient, async () => {
          const { timeslot, patient } = offer;
          if (timeslot === null) return undefined;
          await repository.lockTimeslot(tx, timeslot);
          if (!isLive(offer)) return undefined;
          if (!(await repository.declineOffer(tx, { entry, timeslot }, 'waiting'))) return undefined;
          await note(tx, caller, 'waitlist.decline', entry, patient);
          await offers.passOnWithin(tx, timeslot, policy);
          return mustFind(tx, entry);
        });
      });
      if (!done) throw new AppError('offer_lapsed');
      return done;
    },
  };
}

/** Why a wish cannot be waited for, the plainest reason first. */
function refusal(why: repository.Refusals | undefined): ErrorCode | undefined {
  if (why === undefined) return undefined;
  if (why.no_doctor) return 'doctor_not_found';
  if (why.no_visit) return 'appointment_not_found';
  if (why.decided) return 'already_decided';
  if (why.begun) return 'visit_begun';
  if (why.attended) return 'already_attended';
  if (why.other_doctor) return 'not_same_doctor';
  if (why.known) return 'already_waiting';
  return why.live >= LIVE_MAX ? 'too_many_waitlist_entries' : undefined;
}
