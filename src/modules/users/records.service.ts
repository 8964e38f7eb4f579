import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { LockedRecord, RecordFields } from '../../core/records.ts';
import type { Tx } from '../../db/client.ts';
import { planReminders } from '../../db/queue/jobs.ts';
import type { LockedAccount } from './accounts.repository.ts';
import * as records from './records.repository.ts';
import { mergedAccount } from './records.rules.ts';
import * as repository from './users.repository.ts';
import type { UserChanges } from './users.schemas.ts';

interface RecordsDependencies {
  clock: Clock;
  /** Tells who is reached by a confirmed contact that another takes its place. */
  contactChanges: {
    replaced: (
      tx: Tx,
      user: number,
      before: LockedAccount,
      wanted: Pick<UserChanges, 'phone' | 'email'>,
    ) => Promise<void>;
  };
}

export type Records = ReturnType<typeof createRecords>;

/** Patients as the desk keeps them, with a sign-in or without. */
export function createRecords({ clock, contactChanges }: RecordsDependencies) {
  return {
    /** Makes a patient who cannot sign in: nobody can choose or type such a user name. @returns their id */
    make: (tx: Tx, fields: RecordFields): Promise<number> =>
      repository.insertUser(tx, { ...fields, username: `~${randomUUID()}`, role: 'patient' }),

    /** The patients among these, locked in the order of their ids. */
    lock: records.lockRecords,

    /** Changes what is said of a locked patient. A confirmed contact of somebody with a sign-in is told so. */
    async correct(tx: Tx, before: LockedRecord, fields: RecordFields): Promise<void> {
      await repository.updateUser(tx, before.id, fields);
      await contactChanges.replaced(tx, before.id, before, fields);
    },

    /** From now on messages go to the phone of a locked patient. */
    async reach(tx: Tx, patient: number): Promise<void> {
      await repository.updateUser(tx, patient, { phone_reached_at: clock.now().toISOString() });
      await planReminders(tx, patient);
    },

    lockClaimable: records.lockClaimable,
    async giveSignIn(
      tx: Tx,
      patient: number,
      account: { username: string; password_hash: string },
    ): Promise<void> {
      await records.giveSignIn(tx, patient, account, clock.now());
      await planReminders(tx, patient);
    },

    /** Hands on what an erased record had as an account. @param from, into as both were before it was erased */
    async takeOver(tx: Tx, from: LockedRecord, into: LockedRecord): Promise<void> {
      await records.noteMerged(tx, from.id, into.id);
      await repository.updateUser(tx, into.id, mergedAccount(from, into));
    },
  };
}
