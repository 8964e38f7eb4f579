import type { Clock } from '../../core/clock.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { addJob } from '../../db/queue/jobs.ts';
import { LAST_DAY } from '../availability/index.ts';
import { linkSlots } from './linking.repository.ts';

export interface LinkingDependencies {
  db: Db;
  clock: Clock;
}

/** Which slots follow on one another, for the search for services that take several. */
export const createLinking = ({ db, clock }: LinkingDependencies) => ({
  /**
   * A doctor's slots ahead, in the act by which they come to give services. The job after it finds what was booked meanwhile
   * by somebody who did not know of it yet.
   */
  async linkAhead(tx: Tx, doctor: number): Promise<void> {
    await linkSlots(tx, doctor, clock.wall().date, LAST_DAY);
    await addJob(tx, { task: 'link_timeslots', payload: { doctor } });
  },

  /** The task `link_timeslots`: of one day, or of all days ahead. */
  async link(payload: unknown): Promise<void> {
    const { doctor, date } = (payload ?? {}) as { doctor?: number; date?: string };
    if (doctor === undefined) return;
    const { date: today } = clock.wall();
    await transaction(db, (tx) => linkSlots(tx, doctor, date ?? today, date ?? LAST_DAY));
  },
});
