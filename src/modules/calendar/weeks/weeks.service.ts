import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Availability, Reach } from '../../availability/index.ts';
import { seeingOthers } from '../../timeslots/index.ts';
import type { Publishing } from './publishing.service.ts';
import * as repository from './weeks.repository.ts';
import type { ChangedSchedule, NewSchedule, Schedule } from './weeks.schemas.ts';

export interface WeeksDependencies {
  db: Db;
  audit: Pick<Audit, 'record'>;
  publishing: Pick<Publishing, 'lock' | 'refresh'>;
  places: Pick<Availability['places'], 'resolve'>;
  reach: Pick<Reach, 'of' | 'mustReach'>;
}

export function createWeeks({ db, audit, publishing, places, reach }: WeeksDependencies) {
  return {
    /** A doctor's week, of it what lies in the caller's branches. @throws AppError doctor_not_found */
    async get(doctor: number, caller: Caller): Promise<Schedule> {
      const schedule = await repository.findWeek(db, doctor, await reach.of(caller));
      if (!schedule) throw new AppError('doctor_not_found');
      return { schedule };
    },

    /**
     * Replaces a doctor's week as a whole, or what of it lies in the caller's branches, and brings their free slots in line
     * with it. A stretch that names no branch is where the doctor has had hours until now.
     * @throws AppError doctor_not_found, branch_not_found, room_not_found, branch_closed, room_closed, schedule_overlap,
     * forbidden (hours in a branch that the caller does not reach), invalid_input (required)
     */
    async replace(doctor: number, { schedule: week }: NewSchedule, caller: Caller): Promise<ChangedSchedule> {
      const reached = await reach.of(caller);
      return seeingOthers(() =>
        transaction(db, async (tx) => {
          if (!(await publishing.lock(tx, doctor))) throw new AppError('doctor_not_found');
          const branches = await places.resolve(tx, doctor, week, (row) => `schedule.${row}.branch`);
          for (const branch of branches) await reach.mustReach(branch, caller);
          const placed = week.map((hours, row) => ({ ...hours, branch: branches[row] ?? 0 }));
          await repository.forgetWeek(tx, doctor, reached);
          const schedule = await repository.insertWeek(tx, doctor, placed);
          const changed = await publishing.refresh(tx, doctor);
          if (caller.id !== doctor)
            await audit.record(tx, { actor: caller, action: 'schedule.update', subject: doctor });
          return { schedule, ...changed };
        }),
      );
    },
  };
}
