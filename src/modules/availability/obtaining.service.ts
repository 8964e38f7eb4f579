import type { Clock } from '../../core/clock.ts';
import { AppError, type ErrorCode, invalidField } from '../../core/errors.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, databaseError } from '../../db/client.ts';
import { together } from '../../db/together.ts';
import type { Alternatives } from './alternatives.service.ts';
import { type Bounds, boundsFor, type Policy, type PolicySource } from './policy.rules.ts';
import type { Reach } from './reach.service.ts';
import * as repository from './refusal.repository.ts';
import { offersAlternatives, refusal, serviceRefusal } from './refusal.rules.ts';
import { doctorGivesServices, type WhyService, whyServiceRefused } from './service-refusal.repository.ts';

export interface ObtainingDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
  alternatives: Pick<Alternatives, 'insteadOf'>;
  reach: Pick<Reach, 'of' | 'mustReachSlot'>;
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

/** Bounds of one kind differ in the moment only. */
const kindOf = ({ running, until, reach, active_max }: Bounds) => [running, until, reach, active_max].join();

/** Who gets which slot, and why somebody does not. */
export function createObtaining(dependencies: ObtainingDependencies) {
  const { db, clock, settings, alternatives, reach, passOn } = dependencies;

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

  /** Those who are refused at once ask together why: of 200 on one slot 199 are. */
  const whyRefused = together<{ wanted: repository.Wanted; bounds: Bounds }, repository.Why | undefined>({
    async together(refusals) {
      const answers = new Map<unknown, repository.Why | undefined>();
      for (const alike of Object.values(Object.groupBy(refusals, ({ bounds }) => kindOf(bounds)))) {
        const { bounds } = alike?.at(-1) ?? {};
        if (!alike || !bounds) continue;
        const found = await repository.whyRefused(
          db,
          alike.map(({ wanted }) => wanted),
          bounds,
        );
        alike.forEach((one, nth) => {
          answers.set(one, found[nth]);
        });
      }
      return refusals.map((one) => answers.get(one));
    },
  });

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

  /** Where slots wait to be offered to somebody else. @returns an error when the waiting list keeps one of them */
  async function passOnFirst(
    why: repository.Why | undefined,
    service: WhyService | undefined,
    { timeslot, patient }: repository.Wanted,
  ): Promise<ErrorCode | undefined | 'passed on'> {
    const passing = new Set([...(why?.passing ? [timeslot] : []), ...(service?.passing ?? [])]);
    if (passing.size === 0) return undefined;
    if (!(await passOnAll([...passing], patient))) return 'passed on';
    return why?.passing ? 'slot_held' : 'not_enough_time';
  }

  /**
   * Why an attempt came to nothing.
   * @param failed.last what to say if nothing refuses it any more, and it is not to be tried for once more
   * @returns undefined where it is worth another attempt
   */
  async function judge(
    wanted: repository.Wanted,
    bounds: Bounds,
    failed: { last: ErrorCode | undefined },
  ): Promise<AppError | undefined> {
    const why = await whyRefused({ wanted, bounds });
    const plain = refusal(why);
    const service = plain === undefined ? await whyService(wanted, why, bounds) : undefined;
    const about = { ...wanted, service: service?.service ?? wanted.service };
    if (plain === undefined && failed.last === undefined) {
      const passed = await passOnFirst(why, service, wanted);
      if (passed === 'passed on') return undefined;
      if (passed !== undefined) return refused(passed, why, about, bounds);
    }
    const code = plain ?? serviceRefusal(service) ?? failed.last;
    return code && refused(code, why, about, bounds);
  }

  /** @throws AppError invalid_input where the clinic asks for a service of a doctor who gives any */
  async function mustNameService({ timeslot, service, moving, offered }: repository.Wanted, policy: Policy) {
    if (!policy.service_required || service !== undefined || moving !== undefined || offered) return;
    if (await doctorGivesServices(db, timeslot)) throw invalidField('service', 'service_required');
  }

  return {
    /**
     * Tries to get a slot for somebody, or the slots of a service from one on: to book, to hold, to move an appointment there.
     * Where the waiting list has to pass slots on first, it does; where a rival has gone again, or has taken the room that
     * was free, the slot is tried for once more. A slot in a branch that the caller does not reach is none to them, and no
     * alternative either.
     * @param attempt one statement or transaction that decides; undefined when some rule refused and nothing has changed
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, too_soon, too_far_ahead,
     * too_many_appointments, not_with_oneself, service_not_given, not_for_this_patient, invalid_input (service_required);
     * with the visit already_yours; with alternatives slot_taken, slot_held, patient_busy, not_enough_time, no_room_free
     */
    async obtain<Got>(
      slot: repository.Wanted,
      caller: Caller,
      attempt: (bounds: Bounds, policy: Policy) => Promise<Got | undefined>,
    ): Promise<Got> {
      await reach.mustReachSlot(slot.timeslot, caller);
      const account = sideOf(caller.role) === 'patient' ? caller.id : undefined;
      const wanted = { ...slot, account, branches: await reach.of(caller) };
      const policy = await settings.policy();
      await mustNameService(wanted, policy);
      for (let attempts = 1; ; attempts += 1) {
        const bounds = boundsFor(caller.role, policy, clock);
        const got = await unlessRoomIsTaken(caller, () => attempt(bounds, policy));
        if (got !== undefined && got !== ROOM_TAKEN) return got;
        const [most, last] =
          got === ROOM_TAKEN
            ? ([ROOM_ATTEMPTS, 'no_room_free'] as const)
            : ([ATTEMPTS, 'slot_taken'] as const);
        const error = await judge(wanted, bounds, { last: attempts < most ? undefined : last });
        if (error) throw error;
      }
    },
  };
}
