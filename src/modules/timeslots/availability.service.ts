import type { Clock } from '../../core/clock.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import { type Bounds, boundsFor, type Policy } from '../../core/policy.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import { findAlternatives } from './alternatives.repository.ts';
import * as repository from './availability.repository.ts';
import { offersAlternatives, refusal } from './availability.rules.ts';
import type { OpenTimeslot } from './timeslots.schemas.ts';

export interface AvailabilityDependencies {
  db: Db;
  clock: Clock;
  settings: { policy: () => Policy | Promise<Policy> };
  /** Resolves to whether the waiting list keeps the slot, without having offered it to anybody. */
  waitlist: { passOn: (timeslot: number, asking: number) => Promise<boolean> };
}

export type Availability = ReturnType<typeof createAvailability>;

/** How often a slot is tried for when what refused it has gone again by the time one asks. */
const ATTEMPTS = 4;

/** Who may have which slot, and what else there is. */
export function createAvailability({ db, clock, settings, waitlist }: AvailabilityDependencies) {
  async function refused(
    code: ErrorCode,
    why: (repository.Place & { mine: repository.OwnVisit | null }) | undefined,
    wanted: repository.Wanted,
    bounds: Bounds,
  ): Promise<AppError> {
    if (code === 'already_yours' && why?.mine) return new AppError(code, { appointment: why.mine });
    if (!why || !offersAlternatives(code)) return new AppError(code);
    return new AppError(code, { alternatives: await alternativesFor(why, wanted, bounds) });
  }

  /** Searches under way: when hundreds want one slot, all but one are refused at once, and may be told the same. */
  const searches = new Map<string, Promise<OpenTimeslot[]>>();

  function searchTogether(place: repository.Place, bounds: Bounds): Promise<OpenTimeslot[]> {
    const { doctor, date, start_time } = place;
    const key = [doctor, date, start_time, bounds.after.date, bounds.after.time, bounds.until].join(' ');
    const under_way = searches.get(key);
    if (under_way) return under_way;
    const search = findAlternatives(db, place, {}, bounds).finally(() => searches.delete(key));
    searches.set(key, search);
    return search;
  }

  /** What anybody can have, unless the patient could not attend some of it: then what they can have. */
  async function alternativesFor(
    place: repository.Place,
    wanted: repository.Wanted,
    bounds: Bounds,
  ): Promise<OpenTimeslot[]> {
    if (wanted.moving === undefined) {
      const found = await searchTogether(place, bounds);
      const slots = found.map(({ id }) => id);
      if ((await repository.busyAt(db, wanted.patient, slots)).length === 0) return found;
    }
    return findAlternatives(db, place, wanted, bounds);
  }

  return {
    /**
     * Tries to get a slot for somebody: to book it, to hold it, to move an appointment to it. What waits to be offered to
     * the next on the waiting list is passed on first, and where a rival has gone again it is tried once more.
     * @param attempt one statement or transaction that decides; undefined when some rule refused and nothing has changed
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, too_soon, too_far_ahead,
     * too_many_appointments, not_with_oneself; with the visit already_yours; with alternatives slot_taken, slot_held,
     * patient_busy
     */
    async obtain<Got>(
      wanted: repository.Wanted,
      caller: Caller,
      attempt: (bounds: Bounds, policy: Policy) => Promise<Got | undefined>,
    ): Promise<Got> {
      const policy = await settings.policy();
      for (let attempts = 1; ; attempts += 1) {
        const bounds = boundsFor(caller.role, policy, clock);
        const got = await attempt(bounds, policy);
        if (got !== undefined) return got;
        const why = await repository.whyRefused(db, wanted, bounds);
        const code = refusal(why) ?? (attempts < ATTEMPTS ? undefined : 'slot_taken');
        if (code) throw await refused(code, why, wanted, bounds);
        if (why?.passing && (await waitlist.passOn(wanted.timeslot, wanted.patient)))
          throw await refused('slot_held', why, wanted, bounds);
      }
    },

    /**
     * What a patient can have instead of a slot, or of a visit that falls out: up to three of that doctor, nearest in time
     * first, then up to three of others of the specialization.
     * @param wanted.patient what they could not attend is left out
     */
    alternatives: async ({
      patient,
      ...place
    }: repository.Place & { patient?: number }): Promise<OpenTimeslot[]> =>
      findAlternatives(db, place, { patient }, boundsFor('patient', await settings.policy(), clock)),
  };
}
