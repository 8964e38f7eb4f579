import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { doctorFor } from '../../core/on-behalf.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, databaseError, type Executor, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import { insertTimeslots } from './bulk.repository.ts';
import { daysOf, type NewTimeslots, type PublishedTimeslots } from './bulk.schemas.ts';

export interface BulkDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
}

export function createBulk({ db, clock, audit }: BulkDependencies) {
  return {
    /**
     * Publishes the slots of a day or of many, of the caller or of the doctor whom an admin names. What cannot be had is
     * skipped and told; repeating it adds nothing twice.
     * @throws AppError doctor_not_found, doctor_absent, clinic_closed, forbidden (another doctor's), invalid_input
     */
    async publishMany(asked: NewTimeslots, caller: Caller): Promise<PublishedTimeslots> {
      const { doctor: named, dry_run, despite_holiday, date, from, to, ...opening } = asked;
      const doctor = doctorFor(named, caller);
      const days = daysOf({ date, from, to });
      const publish = async (executor: Executor) => {
        const wall = clock.wall();
        const how = { wall, dry_run, despite_holiday };
        const done = await insertTimeslots(executor, doctor, { ...days, ...opening }, how);
        if (!done) throw new AppError('doctor_not_found');
        return { ...done, dry_run };
      };
      if (sideOf(caller.role) === 'doctor' || dry_run) return seeingCalendar(() => publish(db));
      return seeingCalendar(() =>
        transaction(db, async (tx) => {
          const done = await publish(tx);
          const details = { created: done.created, ...days };
          if (done.created > 0)
            await audit.record(tx, { actor: caller, action: 'timeslot.publish', subject: doctor, details });
          return done;
        }),
      );
    },
  };
}

/** What the database refuses as a whole. */
const CLOSED = ['timeslots_not_in_absence', 'timeslots_not_on_holiday'];

/**
 * Publishing that waited for an absence or a holiday to be written did not see it yet, and is refused as a whole by the
 * database: the second time it sees it, and skips what lies in it.
 */
async function seeingCalendar<Done>(publish: () => Promise<Done>): Promise<Done> {
  try {
    return await publish();
  } catch (error) {
    if (!CLOSED.includes(databaseError(error)?.constraint ?? '')) throw error;
    return publish();
  }
}
