import type { Clock } from '../../core/clock.ts';
import { AppError, type ErrorCode, invalidField } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, databaseError } from '../../db/client.ts';
import type { Alternatives } from './alternatives.service.ts';
import { type Bounds, boundsFor, type Policy, type PolicySource } from './policy.rules.ts';
import * as repository from './refusal.repository.ts';
import { offersAlternatives, refusal, serviceRefusal } from './refusal.rules.ts';
import { doctorGivesServices, type WhyService, whyServiceRefused } from './service-refusal.repository.ts';

export interface ObtainingDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
  alternatives: Pick<Alternatives, 'insteadOf'>;
  /**
   * Offers a slot to the next on the waiting list.
   * @param asking the patient who wants the slot now
   * @returns whether the waiting list keeps the slot, without having offered it to anybody
   */
  passOn: (timeslot: number, asking: number) => Promise<boolean>;
}

export type Obtaining = ReturnType<typeof createObtaining>;

/** How often a slot is tried for when what refused it has gone again by the time one asks. */
const ATTEMPTS = 4;
/** How often another room is tried when one was taken in that moment: each time somebody else has got one. */
const ROOM_ATTEMPTS = 50;
const ROOM_TAKEN = Symbol('room taken');

/** Who gets which slot, and why somebody does not. */
export function createObtaining({ db, clock, settings, alternatives, passOn }: ObtainingDependencies) {
  async function refused(
    code: ErrorCode,
    why: repository.Why | undefined,
    wanted: repository.Wanted,
    bounds: Bounds,
  ): Promise<AppError> {
    if (code === 'already_yours' && why?.mine) return new AppError(code, { appointment: why.mine });
    if (!why || !offersAlternatives(code)) return new AppError(code);
    return new AppError(code, { alternatives: await alternatives.insteadOf(why, wanted, bounds) });
  }

  /** A room that somebody took in this very moment ends the attempt by an error. Another room may be free. */
  async function unlessRoomIsTaken<Got>(
    caller: Caller,
    attempt: () => Promise<Got | undefined>,
  ): Promise<Got | typeof ROOM_TAKEN | undefined> {
    try {
      return await attempt();
    } catch (error) {
      if (databaseError(error)?.constraint !== 'room_uses_no_overlap') throw error;
      // What was noted went with it.
      caller.noted?.clear();
      return ROOM_TAKEN;
    }
  }

  /** Why a service refuses what the slot itself does not. */
  async function whyService(
    wanted: repository.Wanted,
    why: repository.Why | undefined,
    bounds: Bounds,
  ): Promise<WhyService | undefined> {
    const mayHaveOne = wanted.service !== undefined || wanted.moving !== undefined;
    return why && mayHaveOne ? whyServiceRefused(db, wanted, bounds) : undefined;
  }

  /** @returns whether the waiting list keeps one of the slots */
  async function passOnAll(timeslots: readonly number[], patient: number): Promise<boolean> {
    for (const timeslot of timeslots) if (await passOn(timeslot, patient)) return true;
    return false;
  }

  return {
    /**
     * Tries to get a slot for somebody, or the slots of a service from one on: to book, to hold, to move an appointment there.
     * Where the waiting list has to pass slots on first, it does; where a rival has gone again, or has taken the room that
     * was free, the slot is tried for once more.
     * @param attempt one statement or transaction that decides; undefined when some rule refused and nothing has changed
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, too_soon, too_far_ahead,
     * too_many_appointments, not_with_oneself, service_not_given, not_for_this_patient, invalid_input (service_required);
     * with the visit already_yours; with alternatives slot_taken, slot_held, patient_busy, not_enough_time, no_room_free
     */
    async obtain<Got>(
      wanted: repository.Wanted,
      caller: Caller,
      attempt: (bounds: Bounds, policy: Policy) => Promise<Got | undefined>,
    ): Promise<Got> {
      const policy = await settings.policy();
      const isOpen = wanted.service === undefined && wanted.moving === undefined && !wanted.offered;
      if (policy.service_required && isOpen && (await doctorGivesServices(db, wanted.timeslot)))
        throw invalidField('service', 'service_required');
      for (let attempts = 1; ; attempts += 1) {
        const bounds = boundsFor(caller.role, policy, clock);
        const got = await unlessRoomIsTaken(caller, () => attempt(bounds, policy));
        if (got !== undefined && got !== ROOM_TAKEN) return got;
        const why = await repository.whyRefused(db, wanted, bounds);
        const plain = refusal(why);
        const service = plain === undefined ? await whyService(wanted, why, bounds) : undefined;
        const about = { ...wanted, service: service?.service };
        const passing = new Set([...(why?.passing ? [wanted.timeslot] : []), ...(service?.passing ?? [])]);
        if (plain === undefined && passing.size > 0 && attempts < ATTEMPTS) {
          if (await passOnAll([...passing], wanted.patient))
            throw await refused(why?.passing ? 'slot_held' : 'not_enough_time', why, about, bounds);
          continue;
        }
        const [most, last] =
          got === ROOM_TAKEN ? ([ROOM_ATTEMPTS, 'no_room_free'] as const) : ([ATTEMPTS, 'slot_taken'] as const);
        const code = plain ?? serviceRefusal(service) ?? (attempts < most ? undefined : last);
        if (code) throw await refused(code, why, about, bounds);
      }
    },
  };
}
