import type { Tx } from '../../db/client.ts';
import { addJob } from '../../db/queue/jobs.ts';
import * as repository from './leaving.repository.ts';

/**
 * Somebody is put out or erased, a guardian with their children: what was held for them or offered to them is given back, and
 * they wait no longer. It is part of the caller's transaction.
 */
export async function leaveAll(tx: Tx, ...patients: number[]): Promise<void> {
  let waitlisted = 0;
  for (let rounds = 0; ; rounds += 1) {
    const held = await repository.lockHeld(tx, patients);
    if (held.length > 0) waitlisted += await repository.giveBack(tx, patients, held);
    // An offer that is being made has locked their entry first: leaving waits for it, and the next round gives it back.
    const left = rounds === 0 ? await repository.leaveAll(tx, patients) : 0;
    if (left === 0) break;
  }
  if (waitlisted > 0) await addJob(tx, { task: 'offer_waitlist', payload: {} });
}
