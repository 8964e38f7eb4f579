import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Publishing } from './publishing.service.ts';
import * as repository from './weeks.repository.ts';
import type { ChangedSchedule, NewSchedule, Schedule } from './weeks.schemas.ts';

interface WeeksDependencies {
  db: Db;
  audit: Pick<Audit, 'record'>;
  publishing: Pick<Publishing, 'lock' | 'refresh'>;
}

export function createWeeks({ db, audit, publishing }: WeeksDependencies) {
  return {
    /** @throws AppError doctor_not_found */
    async get(doctor: number): Promise<Schedule> {
      const schedule = await repository.findWeek(db, doctor);
      if (!schedule) throw new AppError('doctor_not_found');
      return { schedule };
    },

    /**
     * Replaces a doctor's week as a whole, and brings their free slots in line with it.
     * @throws AppError doctor_not_found, schedule_overlap
     */
    replace: (doctor: number, { schedule: week }: NewSchedule, caller: Caller): Promise<ChangedSchedule> =>
      transaction(db, async (tx) => {
        if (!(await publishing.lock(tx, doctor))) throw new AppError('doctor_not_found');
        await repository.forgetWeek(tx, doctor);
        const schedule = await repository.insertWeek(tx, doctor, week);
        const changed = await publishing.refresh(tx, doctor);
        if (caller.id !== doctor)
          await audit.record(tx, { actor: caller, action: 'schedule.update', subject: doctor });
        return { schedule, ...changed };
      }),
  };
}
