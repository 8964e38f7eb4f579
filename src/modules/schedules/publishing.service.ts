import { addDays, type Clock } from '../../core/clock.ts';
import { lockCalendar, lockHolidays } from '../../db/calendar.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { LONG_JOB } from '../../db/limits.ts';
import * as runs from './runs.repository.ts';
import { listScheduled } from './week.repository.ts';

export interface PublishingDependencies {
  db: Db;
  clock: Clock;
  timeslots: {
    publishWeek: (tx: Tx, doctor: number, days: number) => Promise<number>;
    removeSurplus: (tx: Tx, doctor: number) => Promise<number>;
  };
  /** How many days ahead slots are kept published. */
  publish_horizon_days: number;
}

/**
 * When weeks are published, by the clinic's clock: while people are awake, since what somebody waits for is offered then.
 * Once a day would do; twice, so that a day is seldom missed.
 */
const TIMES = ['16:10', '09:10'];
const TASK = 'publish_schedules';

export interface Published {
  published: number;
  removed: number;
}

export type Publishing = ReturnType<typeof createPublishing>;

/** Keeps what is published true to the doctors' weeks. */
export function createPublishing({ db, clock, timeslots, publish_horizon_days }: PublishingDependencies) {
  /**
   * Before anything is read of a week, of holidays or of absences that is to be published by: nobody changes them, nor
   * the doctor's slots, until the transaction ends.
   * @returns false when nobody works here as this doctor
   */
  async function lock(tx: Tx, doctor: number): Promise<boolean> {
    await lockHolidays(tx);
    return lockCalendar(tx, doctor);
  }

  /** Takes back the free slots that the week has no more, and publishes what is missing; `lock` comes first. */
  async function refresh(tx: Tx, doctor: number): Promise<Published> {
    const removed = await timeslots.removeSurplus(tx, doctor);
    const published = await timeslots.publishWeek(tx, doctor, publish_horizon_days);
    return { published, removed };
  }

  /**
   * The task `publish_schedules`: brings every active doctor's slots up to the horizon, one doctor to a transaction.
   * Repeated, beside another that does the same, or after days on which nobody ran it, it adds exactly what is missing.
   * A doctor with whom it fails does not keep it from the others; then the queue repeats it.
   */
  async function publishAll(): Promise<Published> {
    const sum = { published: 0, removed: 0 };
    let failure: { error: unknown } | undefined;
    for (const doctor of await listScheduled(db, clock.wall().date)) {
      try {
        const done = await transaction(
          db,
          async (tx) => ((await lock(tx, doctor)) ? refresh(tx, doctor) : { published: 0, removed: 0 }),
          { statement: LONG_JOB },
        );
        sum.published += done.published;
        sum.removed += done.removed;
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

    /**
     * The task `publish_due`, asked every few minutes: publishes when it is time by the clinic's clock, or was while nothing
     * ran. A machine that is off at those hours publishes when it is on again.
     */
    async publishDue(): Promise<void> {
      const last = await runs.findLast(db, TASK);
      if (last !== undefined && Date.parse(last) >= lastDue().getTime()) return;
      // As of its beginning: what becomes due while it runs is done next.
      const now = clock.now();
      await publishAll();
      await runs.note(db, TASK, now);
    },
    publishAll,
  };
}
