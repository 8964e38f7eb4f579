import type { Clock } from '../../../core/clock.ts';
import type { Db } from '../../../db/client.ts';
import { expireLapsed } from './expiry.repository.ts';

/** How many requests one statement ends: it holds their locks only for a moment. */
const BATCH = 100;

export const createExpiry = ({ db, clock }: { db: Db; clock: Clock }) => ({
  /**
   * The task `expire_requests`: ends requests that nobody answered before their slots were over. Any number of workers may run
   * it at once.
   */
  async expire(): Promise<void> {
    for (;;) {
      const moment = { now: clock.now(), wall: clock.wall() };
      if ((await expireLapsed(db, moment, BATCH)) < BATCH) return;
    }
  },
});
