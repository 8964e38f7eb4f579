import { addDays, type Clock } from '../../../core/clock.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { LONG_JOB } from '../../../db/limits.ts';
import { lastRun, noteRun } from '../../../db/queue/runs.ts';
import type { Branches } from '../../availability/index.ts';
import { seeingOthers } from '../../timeslots/index.ts';
import { lockCalendar, lockHolidays } from '../locks.repository.ts';
import * as repository from './publishing.repository.ts';

export interface PublishingDependencies {
  db: Db;
  clock: Clock;
  /** How many days ahead slots are kept published. */
  publish_horizon_days: number;
}

/**
 * When weeks are published, by the clinic's clock. People are awake then: what somebody waits for is offered at once. Once
 * a day would do. It is done twice, so that a day is seldom missed.
 */
const TIMES = ['16:10', '09:10'];
const TASK = 'publish_schedules';

interface Changed {
  published: number;
  removed: number;
}

/** What a week changes, slot by slot. */
interface Changes extends repository.WeekPublished {
  removed: repository.PlainSlot[];
}

export type Publishing = ReturnType<typeof createPublishing>;

/** Keeps what is published true to the doctors' weeks. */
export function createPublishing({ db, clock, publish_horizon_days }: PublishingDependencies) {
  /**
   * Comes before anything is read of a week, of holidays or of absences from which slots are to be published. Nobody changes
   * them, nor the doctor's slots, until the transaction ends.
   * @returns false when nobody works here as this doctor
   */
  async function lock(tx: Tx, doctor: number): Promise<boolean> {
    await lockHolidays(tx);
    return lockCalendar(tx, doctor);
  }

  /**
   * Takes back the free slots that the week has no more, and publishes what is missing. `lock` comes first, and
   * `seeingOthers` is around the transaction: another doctor may be given the room in this moment.
   * @param told of which branches it tells; every one by default
   */
  async function refresh(tx: Tx, doctor: number, told: Branches = null): Promise<Changes> {
    const wall = clock.wall();
    const now = clock.now();
    const removed = await repository.removeSurplus(tx, doctor, { now, wall, told });
    const outcome = await repository.publishWeek(tx, doctor, { now, wall }, publish_horizon_days, told);
    return { ...outcome, removed };
  }

  /**
   * The task `publish_schedules`: brings every active doctor's slots up to the horizon, one doctor to a transaction. It adds
   * exactly what is missing: also when it is repeated, when another does the same beside it, or when nobody ran it for
   * days. A doctor with whom it fails does not keep it from the others. The queue repeats it then.
   */
  async function publishAll(): Promise<Changed> {
    const sum = { published: 0, removed: 0 };
    let failure: { error: unknown } | undefined;
    for (const doctor of await repository.listScheduled(db, clock.wall().date)) {
      try {
        const changed = await seeingOthers(() =>
          transaction(
            db,
            async (tx) => ((await lock(tx, doctor)) ? refresh(tx, doctor) : { published: [], removed: [] }),
            { statement: LONG_JOB },
          ),
        );
        sum.published += changed.published.length;
        sum.removed += changed.removed.length;
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
    return sum;
  }

  /** The last moment by now at which weeks were to be published. */
  function lastDue(): Date {
    const now = clock.now();
    const { date } = clock.wallOf(now);
    const moments = [date, addDays(date, -1)].flatMap((day) => TIMES.map((time) => clock.at(day, time)));
    return moments.find((moment) => moment <= now) ?? now;
  }

  return {
    lock,
    refresh,
    publishAll,

    /**
     * The task `publish_due`, which runs every few minutes. It publishes when it is time by the clinic's clock, or when that
     * time passed while nothing ran. A machine that is off at those hours publishes when it is on again.
     */
    async publishDue(): Promise<void> {
      const last = await lastRun(db, TASK);
      if (last !== undefined && Date.parse(last) >= lastDue().getTime()) return;
      // The time of its beginning: what becomes due while it runs is done next.
      const now = clock.now();
      await publishAll();
      await noteRun(db, TASK, now);
    },
  };
}
