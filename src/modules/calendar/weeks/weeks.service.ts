import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Availability, Reach } from '../../availability/index.ts';
import { seeingOthers } from '../../timeslots/index.ts';
import { listOutside } from './outside.repository.ts';
import type { Publishing } from './publishing.service.ts';
import * as repository from './weeks.repository.ts';
import { standsIn } from './weeks.rules.ts';
import { type ChangedSchedule, type NewSchedule, type Schedule, SHOWN } from './weeks.schemas.ts';

export interface WeeksDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  publishing: Pick<Publishing, 'lock' | 'refresh'>;
  places: Pick<Availability['places'], 'resolve'>;
  reach: Pick<Reach, 'of' | 'mustReach'>;
}

/** Ends the transaction of a dry run: what it did is taken back, what it found is kept. */
class Tried extends Error {
  readonly changed: ChangedSchedule;
  constructor(changed: ChangedSchedule) {
    super('tried');
    this.changed = changed;
  }
}

export function createWeeks({ db, clock, audit, publishing, places, reach }: WeeksDependencies) {
  async function write(
    tx: Tx,
    doctor: number,
    { schedule: week, dry_run }: NewSchedule,
    caller: Caller,
    unchanged: Unchanged,
  ): Promise<ChangedSchedule> {
    const reached = await reach.of(caller);
    if (!(await publishing.lock(tx, doctor))) throw new AppError('doctor_not_found');
    const before = await repository.findWeek(tx, doctor, reached);
    unchanged?.({ schedule: before });
    // Hours in a branch or a room that has closed wait until it opens. Who changes others leaves them as they are.
    const standing = week.map((hours) => standsIn(before ?? [], hours));
    const branches = await places.resolve(tx, doctor, week, {
      pathOf: (row) => `schedule.${row}.branch`,
      mayBeClosed: (row) => standing[row] === true,
    });
    for (const branch of branches) await reach.mustReach(branch, caller);
    const placed = week.map((hours, row) => ({ ...hours, branch: branches[row] ?? 0 }));
    await repository.forgetWeek(tx, doctor, reached);
    const schedule = await repository.insertWeek(tx, doctor, placed);
    const { published, removed, skipped_count, skipped } = await publishing.refresh(tx, doctor, reached);
    const outside = await listOutside(tx, doctor, { wall: clock.wall(), branches: reached, limit: SHOWN });
    return {
      dry_run,
      schedule,
      published: published.length,
      published_slots: published.slice(0, SHOWN),
      removed: removed.length,
      removed_slots: removed.slice(0, SHOWN),
      skipped_count,
      skipped,
      outside_count: outside.count,
      outside: outside.rows,
    };
  }

  return {
    /** A doctor's week, of it what lies in the caller's branches. @throws AppError doctor_not_found */
    async get(doctor: number, caller: Caller): Promise<Schedule> {
      const schedule = await repository.findWeek(db, doctor, await reach.of(caller));
      if (!schedule) throw new AppError('doctor_not_found');
      return { schedule };
    },

    /**
     * Replaces a doctor's week as a whole, or what of it lies in the caller's branches, and brings their free slots in line
     * with it. A stretch that names no branch is where the doctor has had hours until now; one that stood in the week before may
     * be where nothing is published any more. A dry run does the same and takes it
     * all back: what it answers is what would come of it, by the same rules.
     * @throws AppError doctor_not_found, branch_not_found, room_not_found, branch_closed, room_closed, schedule_overlap,
     * forbidden (hours in a branch that the caller does not reach), invalid_input (required)
     */
    async replace(
      doctor: number,
      week: NewSchedule,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<ChangedSchedule> {
      try {
        return await seeingOthers(() =>
          transaction(db, async (tx) => {
            const changed = await write(tx, doctor, week, caller, unchanged);
            if (week.dry_run) throw new Tried(changed);
            if (caller.id !== doctor)
              await audit.record(tx, { actor: caller, action: 'schedule.update', subject: doctor });
            return changed;
          }),
        );
      } catch (error) {
        if (error instanceof Tried) return error.changed;
        throw error;
      }
    },
  };
}
