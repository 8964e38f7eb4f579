import type { Clock } from '../../core/clock.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import type { Alternatives } from './alternatives.service.ts';
import { type Bounds, boundsFor, type Policy, type PolicySource } from './policy.rules.ts';
import type { Reach } from './reach.service.ts';
import * as repository from './refusal.repository.ts';
import { offersAlternatives, refusal } from './refusal.rules.ts';

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

  return {
    /**
     * Tries to get a slot for somebody: to book it, to hold it, to move an appointment to it. Where the waiting list has to
     * pass the slot on first, it does; where a rival has gone again, the slot is tried for once more. A slot in a branch that
     * the caller does not reach is none to them, and no alternative either.
     * @param attempt one statement or transaction that decides; undefined when some rule refused and nothing has changed
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, too_soon, too_far_ahead,
     * too_many_appointments, not_with_oneself; with the visit already_yours; with alternatives slot_taken, slot_held,
     * patient_busy
     */
    async obtain<Got>(
      slot: repository.Wanted,
      caller: Caller,
      attempt: (bounds: Bounds, policy: Policy) => Promise<Got | undefined>,
    ): Promise<Got> {
      await reach.mustReachSlot(slot.timeslot, caller);
      const wanted = { ...slot, branches: await reach.of(caller) };
      const policy = await settings.policy();
      for (let attempts = 1; ; attempts += 1) {
        const bounds = boundsFor(caller.role, policy, clock);
        const got = await attempt(bounds, policy);
        if (got !== undefined) return got;
        const why = await repository.whyRefused(db, wanted, bounds);
        const code = refusal(why) ?? (attempts < ATTEMPTS ? undefined : 'slot_taken');
        if (code) throw await refused(code, why, wanted, bounds);
        if (why?.passing && (await passOn(wanted.timeslot, wanted.patient)))
          throw await refused('slot_held', why, wanted, bounds);
      }
    },
  };
}
