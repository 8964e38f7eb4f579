import type { AuditAction } from '../../core/audited.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError, orThrow } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import { type Caller, isForThemself, sideOf, worksHere } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { together } from '../../db/together.ts';
import type { Audit } from '../audit/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import type { Guardians } from '../patients/index.ts';
import * as repository from './holds.repository.ts';
import { holdEnd } from './holds.rules.ts';
import type { Hold, Holding } from './holds.schemas.ts';
import type { Obtaining } from './obtaining.service.ts';
import { lockPatients } from './patients.repository.ts';
import type { Bounds, Policy } from './policy.rules.ts';
import type { Reach } from './reach.service.ts';

export interface HoldsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'onceEach'>;
  obtaining: Pick<Obtaining, 'obtain'>;
  reach: Pick<Reach, 'mustReachSlot'>;
  guardians: Pick<Guardians, 'patientFor' | 'mustStillActFor'>;
}

/** A hold that somebody asks for, by the time and the policy that they were told. */
interface Wanted {
  wanted: repository.HoldWanted;
  caller: Caller;
  request: Keyed | undefined;
  bounds: Bounds;
  policy: Policy;
}

export type Holds = ReturnType<typeof createHolds>;

/** A patient keeps one slot at a time for a few minutes, to themself or to somebody whom they look after. */
export function createHolds({
  db,
  clock,
  audit,
  idempotency,
  obtaining,
  reach,
  guardians,
}: HoldsDependencies) {
  /** Notes what the staff does for a patient. */
  async function note(tx: Tx, actor: Caller, action: AuditAction, timeslot: number, subject: number) {
    if (worksHere(actor.role)) await audit.record(tx, { actor, action, subject, details: { timeslot } });
  }

  /** Whose one hold it is. Whoever works for the clinic serves many patients, each of whom has a hold of their own. */
  const accountOf = (caller: Caller, patient: number) =>
    sideOf(caller.role) === 'patient' ? caller.id : patient;

  /** The last to come was told the time last, and the policy as it is now. */
  const holdAll = (all: readonly Wanted[]): Promise<(Once<Hold> | AppError | undefined)[]> => {
    const { bounds, policy } = all.at(-1) as Wanted;
    const minutes = policy.hold_minutes;
    const term = {
      minutes,
      endOf: (slot: Parameters<typeof holdEnd>[0]) => holdEnd(slot, bounds, minutes, clock),
    };
    const asked = all.map(({ caller, request, wanted }) => ({ caller, request, subject: wanted.patient }));
    return transaction(db, (tx) =>
      idempotency.onceEach(tx, asked, async (places) => {
        const now = places.map((place) => all[place] as Wanted);
        for (const { caller, wanted } of now) await guardians.mustStillActFor(tx, caller, wanted.patient);
        const here = await lockPatients(
          tx,
          now.map(({ wanted }) => wanted.patient),
        );
        const present = now.filter(({ wanted }) => here.has(wanted.patient));
        const taken = await repository.takeHolds(
          tx,
          present.map(({ wanted }) => wanted),
          bounds,
          term,
        );
        const got = new Map(present.map((one, nth) => [one, taken[nth]]));
        return Promise.all(now.map((one) => noted(tx, one, got.get(one))));
      }),
    );
  };

  async function noted(
    tx: Tx,
    { caller, wanted: { timeslot, patient } }: Wanted,
    hold: Hold | typeof repository.PAUSED | undefined,
  ): Promise<Hold | AppError | undefined> {
    if (hold === repository.PAUSED) return new AppError('held_recently');
    if (hold) await note(tx, caller, 'timeslot.hold', timeslot, patient);
    return hold;
  }

  /** What patients hold for themselves travels together; two of one person do not, as they have one hold at a time. */
  const holdOwn = together<Wanted, Once<Hold> | AppError | undefined>({
    together: holdAll,
    lanes: 2,
    apart: ({ caller }) => caller.id,
  });

  return {
    /**
     * Holds a slot, or all slots of a service from one on and a room where it needs one, for the caller, for somebody whom they look after, or for the patient
     * whom the staff names. The account gives back what it held before, for whomever. Holding a slot that is theirs already does
     * not make the hold longer. While it lasts their booking succeeds, whatever the clinic's policy says by then, and whatever
     * else they have booked meanwhile.
     * @throws AppError timeslot_not_found, clinic_closed, patient_not_found, slot_in_past, slot_taken, slot_held,
     * held_recently, patient_busy, not_with_oneself, too_soon, too_far_ahead, too_many_appointments, service_not_given, not_for_this_patient,
     * not_enough_time, request_in_progress, idempotency_key_reused, invalid_input
     */
    async hold(timeslot: number, body: Holding, caller: Caller, request?: Keyed): Promise<Once<Hold>> {
      const patient = await guardians.patientFor(body?.patient, caller);
      const service = body?.service;
      return obtaining.obtain({ timeslot, patient, service }, caller, async (bounds, policy) => {
        const wanted = { timeslot, patient, account: accountOf(caller, patient), service };
        const one = { wanted, caller, request, bounds, policy };
        const [got] = isForThemself(caller, patient) ? [await holdOwn(one)] : await holdAll([one]);
        return orThrow(got);
      });
    },

    /**
     * Gives back what the caller holds, for whomever, or what the patient holds whom the staff names; without a hold there is
     * nothing to do.
     * @throws AppError timeslot_not_found, patient_not_found (a patient names somebody whom they do not look after),
     * invalid_input
     */
    async release(timeslot: number, body: Holding, caller: Caller): Promise<void> {
      const patient = await guardians.patientFor(body?.patient, caller);
      const account = accountOf(caller, patient);
      await reach.mustReachSlot(timeslot, caller);
      const isReleased = worksHere(caller.role)
        ? await transaction(db, async (tx) => {
            const ended = await repository.endHold(tx, timeslot, account);
            if (ended) await note(tx, caller, 'timeslot.release', timeslot, patient);
            return ended;
          })
        : await repository.endHold(db, timeslot, account);
      if (!isReleased && !(await repository.slotExists(db, timeslot)))
        throw new AppError('timeslot_not_found');
    },
  };
}
