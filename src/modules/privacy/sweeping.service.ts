import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../db/client.ts';
import type { Personal } from './personal.ts';

interface SweepingDependencies {
  db: Db;
  clock: Clock;
  message_retention_days: number;
  /** What every module holds of people. */
  personal: readonly Personal[];
}

const DAY = 86_400_000;

export function createSweeping({ db, clock, message_retention_days, personal }: SweepingDependencies) {
  return {
    /** Lets go what has run out. Safe to repeat, beside another process that does the same, and to end anywhere. */
    async sweep(): Promise<void> {
      const now = clock.now();
      const today = clock.wall().date;
      const daysAgo = (days: number) => new Date(now.getTime() - days * DAY);
      for (const { sweep } of personal) await sweep?.(db, { now, today, daysAgo, message_retention_days });
    },
  };
}
