import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Keyed, Once } from '../../core/idempotency.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, transaction } from '../../db/client.ts';
import type { Idempotency } from '../idempotency/index.ts';
import * as repository from './holds.repository.ts';
import { holdEnd } from './holds.rules.ts';
import type { Hold } from './holds.schemas.ts';
import type { Obtaining } from './obtaining.service.ts';
import { lockPatient } from './patients.repository.ts';

export interface HoldsDependencies {
  db: Db;
  clock: Clock;
  idempotency: Pick<Idempotency, 'once'>;
  obtaining: Pick<Obtaining, 'obtain'>;
}

export type Holds = ReturnType<typeof createHolds>;

/** A patient keeps one slot at a time to themself for a few minutes. */
export function createHolds({ db, clock, idempotency, obtaining }: HoldsDependencies) {
  return {
    /**
     * Holds a slot, or all slots of a service from one on, for the caller, who gives back the one held before. Holding a slot that is theirs already does not make
     * the hold longer. While it lasts their booking succeeds, whatever the clinic's policy says by then, and whatever else
     * they have booked meanwhile.
     * @throws AppError timeslot_not_found, clinic_closed, slot_in_past, slot_taken, slot_held, held_recently, patient_busy,
     * too_soon, too_far_ahead, too_many_appointments, service_not_given, not_for_this_patient, not_enough_time,
     * request_in_progress, idempotency_key_reused
     */
    hold: (
      timeslot: number,
      { service }: { service?: number | undefined },
      caller: Caller,
      request?: Keyed,
    ): Promise<Once<Hold>> =>
      obtaining.obtain(
        { timeslot, patient: caller.id, service },
        caller,
        (bounds, { hold_minutes: minutes }) =>
          transaction(db, (tx) =>
            idempotency.once(tx, caller, request, caller.id, async () => {
              if (!(await lockPatient(tx, caller.id))) return undefined;
              const wanted = { timeslot, patient: caller.id, account: caller.id, service };
              const term = {
                minutes,
                endOf: (slot: { date: string; start_time: string }) => holdEnd(slot, bounds, minutes, clock),
              };
              const hold = await repository.takeHold(tx, wanted, bounds, term);
              if (hold === repository.PAUSED) throw new AppError('held_recently');
              return hold;
            }),
          ),
      ),

    /** Gives the caller's hold back; without one there is nothing to do. @throws AppError timeslot_not_found */
    async release(timeslot: number, caller: Caller): Promise<void> {
      if (await repository.endHold(db, timeslot, caller.id)) return;
      if (!(await repository.slotExists(db, timeslot))) throw new AppError('timeslot_not_found');
    },
  };
}
