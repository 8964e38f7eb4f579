import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Availability, OpenTimeslot, Policy, PolicySource, Reach } from '../availability/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import type { Guardians } from '../patients/index.ts';
import { declineOffer, findOffer, lockTimeslot } from './answering.repository.ts';
import type { Entries } from './entries.service.ts';
import * as repository from './joining.repository.ts';
import { type WishFaults, wishError } from './joining.rules.ts';
import type { Offers } from './offers.service.ts';
import { FREE_SHOWN, type JoinedWaitlist, type NewWaitlistEntry } from './waitlist.schemas.ts';

export interface JoiningDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
  idempotency: Pick<Idempotency, 'once'>;
  offers: Pick<Offers, 'passOnWithin'>;
  patients: Pick<Availability['patients'], 'lock'>;
  reach: Pick<Reach, 'mustReach' | 'mustReachVisit'>;
  guardians: Pick<Guardians, 'patientFor' | 'mustStillActFor'>;
  search: {
    /** What a patient can book at this moment, soonest first. */
    freeFor: (wish: repository.Wish, limit: number, caller: Caller) => Promise<OpenTimeslot[]>;
  };
  entries: Pick<Entries, 'get' | 'note'>;
}

const oneOf = (path: string, values: string) =>
  new AppError('invalid_input', { fields: [{ path, code: 'invalid_choice', params: { values } }] });

/** How often leaving is tried when an offer was made or ended in that very moment. */
const ATTEMPTS = 20;

/** How patients join the waiting list, and leave it. */
export function createJoining(dependencies: JoiningDependencies) {
  const { db, clock, settings, idempotency, offers, patients, reach, guardians, search, entries } =
    dependencies;

  /**
   * @param timeslot what the entry is offered
   * @returns how many slots were given back; undefined when what is offered has changed in this very moment
   */
  async function leaveNow(tx: Tx, entry: number, timeslot: number | null): Promise<number | undefined> {
    if (timeslot === null) return (await repository.leave(tx, entry)) ? 0 : undefined;
    const slots = await lockTimeslot(tx, timeslot);
    return (await declineOffer(tx, { entry, timeslot }, 'left')) ? slots : undefined;
  }

  /** @throws AppError for what is wrong with a wish */
  function mustBeFine(
    faults: WishFaults | undefined,
    { service, replaces }: repository.Wish,
    named: number | undefined,
    { service_required }: Policy,
  ): void {
    const refused = wishError(faults);
    if (refused) throw new AppError(refused);
    if (faults?.branches) throw oneOf('branch', faults.branches);
    // None is open that could be named instead.
    if (faults?.branches === '') throw invalidField('branch', 'not_listed');
    if (named !== undefined && named !== service) throw oneOf('service', String(service));
    if (service_required && replaces === null && faults?.gives_services)
      throw invalidField('service', 'service_required');
  }

  return {
    /**
     * Joins the list, for the caller, for somebody whom they look after, or for the patient whom the staff names. What is free
     * already is not offered: it can be booked, and the answer shows the first of it.
     * @throws AppError patient_not_found, doctor_not_found (also where nobody has the specialization), service_not_given,
     * already_waiting, too_many_waitlist_entries, forbidden (a branch that the caller does not reach), invalid_input; of the visit
     * that is to be replaced appointment_not_found (also another patient's, or one that the caller does not reach),
     * already_decided, visit_begun, already_attended, not_same_doctor; request_in_progress, idempotency_key_reused
     */
    async join(
      { patient: named, ...fields }: NewWaitlistEntry,
      caller: Caller,
      request?: Keyed,
    ): Promise<Once<JoinedWaitlist>> {
      const patient = await guardians.patientFor(named, caller);
      if (fields.to < clock.wall().date) throw invalidField('to', 'in_past');
      const { doctor = null, specialization = null, after = null, before = null, from, to } = fields;
      const { replaces = null, service: named_service = null, branch = null } = fields;
      if (replaces !== null) await reach.mustReachVisit(replaces, caller);
      if (branch !== null) await reach.mustReach(branch, caller);
      const policy = await settings.policy();
      const wish = {
        patient,
        doctor,
        specialization,
        from,
        to,
        after,
        before,
        replaces,
        service: named_service,
        branch,
      };
      const joined = await transaction(db, async (tx) => {
        await guardians.mustStillActFor(tx, caller, patient);
        if (!(await patients.lock(tx, patient))) throw new AppError('patient_not_found');
        return idempotency.once(tx, caller, request, patient, async () => {
          // What takes the place of a visit is for the same.
          if (replaces !== null)
            wish.service = (await repository.lockReplaced(tx, replaces))?.service ?? null;
          mustBeFine(await repository.judgeWish(tx, wish, clock.wall()), wish, fields.service, policy);
          const entry = await repository.insertEntry(tx, wish, clock.now());
          await entries.note(tx, caller, 'waitlist.join', entry, patient);
          return entries.get(entry, tx);
        });
      });
      // A repeat too is told what is free when it asks.
      const { answer } = joined;
      const free_now = await search.freeFor({ ...wish, service: answer.service }, FREE_SHOWN, caller);
      return { ...joined, answer: { ...answer, free_now } };
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
          const offer = await findOffer(tx, entry);
          if (!offer) throw new AppError('waitlist_entry_not_found');
          if (offer.is_over) return;
          const slots = await leaveNow(tx, entry, offer.timeslot);
          if (slots === undefined) continue;
          await entries.note(tx, caller, 'waitlist.leave', entry, offer.patient);
          if (offer.timeslot !== null) await offers.passOnWithin(tx, offer.timeslot, policy, slots);
          return;
        }
        throw new Error('an entry of the waiting list comes to no rest');
      });
    },
  };
}
