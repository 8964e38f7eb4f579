import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { doctorFor } from '../../core/on-behalf.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, databaseError, type Executor, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import { FIRST_BRANCH, type Reach } from '../availability/index.ts';
import { insertTimeslots } from './bulk.repository.ts';
import { daysOf, type NewTimeslots, type PublishedTimeslots } from './bulk.schemas.ts';

export interface BulkDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  reach: Pick<Reach, 'mustReach'>;
}

/** Publishing the slots of many days. */
export function createBulk({ db, clock, audit, reach }: BulkDependencies) {
  return {
    /**
     * Publishes the slots of one day or of many, for the caller or for the doctor whom the staff names. Slots that cannot be
     * published are skipped, and the answer names them. Repeating it adds nothing twice.
     * @throws AppError doctor_not_found, doctor_absent, clinic_closed, forbidden (another doctor's, or a branch that the caller
     * does not reach), invalid_input
     */
    async publish(order: NewTimeslots, caller: Caller): Promise<PublishedTimeslots> {
      const { doctor: named, dry_run, despite_holiday, date, from, to, ...opening } = order;
      const doctor = doctorFor(named, caller);
      await reach.mustReach(FIRST_BRANCH, caller);
      const days = daysOf({ date, from, to });
      const publish = async (executor: Executor) => {
        const wall = clock.wall();
        const how = { wall, dry_run, despite_holiday };
        const outcome = await insertTimeslots(executor, doctor, { ...days, ...opening }, how);
        if (!outcome) throw new AppError('doctor_not_found');
        return { ...outcome, dry_run };
      };
      if (sideOf(caller.role) === 'doctor' || dry_run) return seeingCalendar(() => publish(db));
      return seeingCalendar(() =>
        transaction(db, async (tx) => {
          const outcome = await publish(tx);
          const details = { created: outcome.created, ...days };
          if (outcome.created > 0)
            await audit.record(tx, { actor: caller, action: 'timeslot.publish', subject: doctor, details });
          return outcome;
        }),
      );
    },
  };
}

/** The rules by which the database refuses a whole statement. */
const CLOSED = ['timeslots_not_in_absence', 'timeslots_not_on_holiday'];

/**
 * A statement that waited for an absence or a holiday to be written has not seen it, and the database refuses all of it. The
 * second time it sees the absence or holiday, and skips what lies in it.
 */
async function seeingCalendar<Outcome>(publish: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await publish();
  } catch (error) {
    if (!CLOSED.includes(databaseError(error)?.constraint ?? '')) throw error;
    return publish();
  }
}
