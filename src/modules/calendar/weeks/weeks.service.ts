import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { listOutside } from './outside.repository.ts';
import type { Publishing } from './publishing.service.ts';
import * as repository from './weeks.repository.ts';
import { type ChangedSchedule, type NewSchedule, type Schedule, SHOWN } from './weeks.schemas.ts';

interface WeeksDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  publishing: Pick<Publishing, 'lock' | 'refresh'>;
}

/** Ends the transaction of a dry run: what it did is taken back, what it found is kept. */
class Tried extends Error {
  readonly changed: ChangedSchedule;
  constructor(changed: ChangedSchedule) {
    super('tried');
    this.changed = changed;
  }
}

export function createWeeks({ db, clock, audit, publishing }: WeeksDependencies) {
  async function write(
    tx: Tx,
    doctor: number,
    { schedule: week, dry_run }: NewSchedule,
  ): Promise<ChangedSchedule> {
    if (!(await publishing.lock(tx, doctor))) throw new AppError('doctor_not_found');
    await repository.forgetWeek(tx, doctor);
    const schedule = await repository.insertWeek(tx, doctor, week);
    const { published, removed } = await publishing.refresh(tx, doctor, { dry_run });
    const outside = await listOutside(tx, doctor, clock.wall(), SHOWN);
    return {
      dry_run,
      schedule,
      published: published.length,
      published_slots: published.slice(0, SHOWN),
      removed: removed.length,
      removed_slots: removed.slice(0, SHOWN),
      outside_count: outside.count,
      outside: outside.rows,
    };
  }

  return {
    /** @throws AppError doctor_not_found */
    async get(doctor: number): Promise<Schedule> {
      const schedule = await repository.findWeek(db, doctor);
      if (!schedule) throw new AppError('doctor_not_found');
      return { schedule };
    },

    /**
     * Replaces a doctor's week as a whole, and brings their free slots in line with it. A dry run does the same, except that
     * it publishes nothing, and takes it all back: what it answers is what would come of it, by the same rules.
     * @throws AppError doctor_not_found, schedule_overlap
     */
    async replace(doctor: number, week: NewSchedule, caller: Caller): Promise<ChangedSchedule> {
      try {
        return await transaction(db, async (tx) => {
          const changed = await write(tx, doctor, week);
          if (week.dry_run) throw new Tried(changed);
          if (caller.id !== doctor)
            await audit.record(tx, { actor: caller, action: 'schedule.update', subject: doctor });
          return changed;
        });
      } catch (error) {
        if (error instanceof Tried) return error.changed;
        throw error;
      }
    },
  };
}
