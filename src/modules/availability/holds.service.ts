import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, transaction } from '../../db/client.ts';
import type { Idempotency } from '../idempotency/index.ts';
import type { Guardians } from '../patients/index.ts';
import * as repository from './holds.repository.ts';
import { holdEnd } from './holds.rules.ts';
import type { Hold, HoldRequest } from './holds.schemas.ts';
import type { Obtaining } from './obtaining.service.ts';
import { lockPatient } from './patients.repository.ts';

export interface HoldsDependencies {
  db: Db;
  clock: Clock;
  idempotency: Pick<Idempotency, 'once'>;
  obtaining: Pick<Obtaining, 'obtain'>;
  guardians: Pick<Guardians, 'patientFor' | 'mustStillActFor'>;
}

export type Holds = ReturnType<typeof createHolds>;

/** A patient keeps one slot at a time for a few minutes, to themself or to somebody whom they look after. */
export function createHolds({ db, clock, idempotency, obtaining, guardians }: HoldsDependencies) {
  return {
    /**
     * Holds a slot for the caller, or for somebody whom they look after. The account gives back what it held before, for
     * whomever. Holding a slot that is theirs already does not make the hold longer. While it lasts their booking succeeds,
     * whatever the clinic's policy says by then, and whatever else they have booked meanwhile.
     * @throws AppError timeslot_not_found, clinic_closed, slot_in_past, slot_taken, slot_held, held_recently, patient_busy,
     * too_soon, too_far_ahead, too_many_appointments, patient_not_found, request_in_progress, idempotency_key_reused
     */
    async hold(timeslot: number, wanted: HoldRequest, caller: Caller, request?: Keyed): Promise<Once<Hold>> {
      const patient = await guardians.patientFor(wanted?.patient, caller);
      // Whoever works for the clinic serves many patients, each of whom has a hold of their own.
      const account = sideOf(caller.role) === 'patient' ? caller.id : patient;
      return obtaining.obtain({ timeslot, patient }, caller, (bounds, { hold_minutes: minutes }) =>
        transaction(db, (tx) =>
          idempotency.once(tx, caller, request, patient, async () => {
            await guardians.mustStillActFor(tx, caller, patient);
            if (!(await lockPatient(tx, patient))) return undefined;
            const term = {
              minutes,
              endOf: (slot: { date: string; start_time: string }) => holdEnd(slot, bounds, minutes, clock),
            };
            const hold = await repository.takeHold(tx, { timeslot, patient, account }, bounds, term);
            if (hold === repository.PAUSED) throw new AppError('held_recently');
            return hold;
          }),
        ),
      );
    },

    /** Gives the caller's hold back, for whomever it is; without one there is nothing to do. @throws AppError timeslot_not_found */
    async release(timeslot: number, caller: Caller): Promise<void> {
      if (await repository.endHold(db, timeslot, caller.id)) return;
      if (!(await repository.slotExists(db, timeslot))) throw new AppError('timeslot_not_found');
    },
  };
}
