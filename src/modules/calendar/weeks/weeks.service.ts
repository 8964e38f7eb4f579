import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { FIRST_BRANCH, type Reach } from '../../availability/index.ts';
import type { Publishing } from './publishing.service.ts';
import * as repository from './weeks.repository.ts';
import type { ChangedSchedule, NewSchedule, Schedule } from './weeks.schemas.ts';

export interface WeeksDependencies {
  db: Db;
  audit: Pick<Audit, 'record'>;
  publishing: Pick<Publishing, 'lock' | 'refresh'>;
  reach: Pick<Reach, 'of' | 'mustReach'>;
}

export function createWeeks({ db, audit, publishing, reach }: WeeksDependencies) {
  return {
    /** A doctor's week, of it what lies in the caller's branches. @throws AppError doctor_not_found */
    async get(doctor: number, caller: Caller): Promise<Schedule> {
      const schedule = await repository.findWeek(db, doctor, await reach.of(caller));
      if (!schedule) throw new AppError('doctor_not_found');
      return { schedule };
    },

    /**
     * Replaces a doctor's week as a whole, or what of it lies in the caller's branches, and brings their free slots in line
     * with it.
     * @throws AppError doctor_not_found, schedule_overlap, forbidden (hours in a branch that the caller does not reach)
     */
    async replace(doctor: number, { schedule: week }: NewSchedule, caller: Caller): Promise<ChangedSchedule> {
      const branches = await reach.of(caller);
      if (week.length > 0) await reach.mustReach(FIRST_BRANCH, caller);
      return transaction(db, async (tx) => {
        if (!(await publishing.lock(tx, doctor))) throw new AppError('doctor_not_found');
        await repository.forgetWeek(tx, doctor, branches);
        const schedule = await repository.insertWeek(tx, doctor, week);
        const changed = await publishing.refresh(tx, doctor);
        if (caller.id !== doctor)
          await audit.record(tx, { actor: caller, action: 'schedule.update', subject: doctor });
        return { schedule, ...changed };
      });
    },
  };
}
