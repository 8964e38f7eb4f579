import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Availability, OpenTimeslot, PolicySource, Reach } from '../availability/index.ts';
import type { Guardians } from '../patients/index.ts';
import { declineOffer, findOffer, lockTimeslot } from './answering.repository.ts';
import type { Entries } from './entries.service.ts';
import * as repository from './joining.repository.ts';
import { wishError } from './joining.rules.ts';
import type { Offers } from './offers.service.ts';
import { FREE_SHOWN, type JoinedWaitlist, type NewWaitlistEntry } from './waitlist.schemas.ts';

export interface JoiningDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
  offers: Pick<Offers, 'passOnWithin'>;
  patients: Pick<Availability['patients'], 'lock'>;
  reach: Pick<Reach, 'mustReachVisit'>;
  guardians: Pick<Guardians, 'patientFor' | 'mustStillActFor'>;
  search: {
    /** What a patient can book at this moment, soonest first. */
    freeFor: (wish: repository.Wish, limit: number, caller: Caller) => Promise<OpenTimeslot[]>;
  };
  entries: Pick<Entries, 'get' | 'note'>;
}

/** How often leaving is tried when an offer was made or ended in that very moment. */
const ATTEMPTS = 20;

/** How patients join the waiting list, and leave it. */
export function createJoining(dependencies: JoiningDependencies) {
  const { db, clock, settings, offers, patients, reach, guardians, search, entries } = dependencies;

  /** @param timeslot what the entry is offered. @returns false when that has changed in this very moment */
  async function leaveNow(tx: Tx, entry: number, timeslot: number | null): Promise<boolean> {
    if (timeslot === null) return repository.leave(tx, entry);
    await lockTimeslot(tx, timeslot);
    return declineOffer(tx, { entry, timeslot }, 'left');
  }

  return {
    /**
     * Joins the list, for the caller, for somebody whom they look after, or for the patient whom the staff names. What is free
     * already is not offered: it can be booked, and the answer shows the first of it.
     * @throws AppError patient_not_found, doctor_not_found (also where nobody has the specialization), already_waiting,
     * too_many_waitlist_entries, invalid_input; of the visit that is to be replaced
     * appointment_not_found (also another patient's, or one that the caller does not reach), already_decided, visit_begun, already_attended, not_same_doctor
     */
    async join({ patient: named, ...fields }: NewWaitlistEntry, caller: Caller): Promise<JoinedWaitlist> {
      const patient = await guardians.patientFor(named, caller);
      if (fields.to < clock.wall().date) throw invalidField('to', 'in_past');
      const { doctor = null, specialization = null, after = null, before = null, from, to } = fields;
      const { replaces = null } = fields;
      if (replaces !== null) await reach.mustReachVisit(replaces, caller);
      const wish = { patient, doctor, specialization, from, to, after, before, replaces };
      const joined = await transaction(db, async (tx) => {
        await guardians.mustStillActFor(tx, caller, patient);
        if (!(await patients.lock(tx, patient))) throw new AppError('patient_not_found');
        if (replaces !== null) await repository.lockReplaced(tx, replaces);
        const refused = wishError(await repository.judgeWish(tx, wish, clock.wall()));
        if (refused) throw new AppError(refused);
        const entry = await repository.insertEntry(tx, wish, clock.now());
        await entries.note(tx, caller, 'waitlist.join', entry, patient);
        return entries.get(entry, tx);
      });
      return { ...joined, free_now: await search.freeFor(wish, FREE_SHOWN, caller) };
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
          if (!(await leaveNow(tx, entry, offer.timeslot))) continue;
          await entries.note(tx, caller, 'waitlist.leave', entry, offer.patient);
          if (offer.timeslot !== null) await offers.passOnWithin(tx, offer.timeslot, policy);
          return;
        }
        throw new Error('an entry of the waiting list comes to no rest');
      });
    },
  };
}
