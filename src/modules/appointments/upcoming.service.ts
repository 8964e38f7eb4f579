import type { Clock } from '../../core/clock.ts';
import type { Tx } from '../../db/client.ts';
import * as repository from './upcoming.repository.ts';

/** Why the visits of somebody who leaves fall out: what is told of it, and to whom, follows from it. */
export type LeavingReason = 'account_deleted' | 'account_closed' | 'doctor_absent';

/** What becomes of the visits ahead of somebody who is put out, erased or given another role, in that transaction. */
export function createUpcoming({ clock }: { clock: Clock }) {
  return {
    countUpcoming: (tx: Tx, person: number) => repository.countUpcoming(tx, person, clock.wall()),
    lockUpcoming: (tx: Tx, person: number) => repository.lockUpcoming(tx, person, clock.wall()),
    /** @returns whose visits they were */
    cancelUpcoming: (tx: Tx, person: number, by: number, reason: LeavingReason | null): Promise<number[]> =>
      repository.cancelUpcoming(tx, person, { by, reason, now: clock.now(), wall: clock.wall() }),
  };
}
