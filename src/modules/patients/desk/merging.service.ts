import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import { hasNoSignIn } from '../../../core/records.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, databaseError, type Tx, transaction } from '../../../db/client.ts';
import { planReminders } from '../../../db/queue/jobs.ts';
import type { Audit } from '../../audit/index.ts';
import type { Families } from '../families/families.service.ts';
import { type Desk, patientMissing, type Records } from './desk.service.ts';
import { visitsOverlap } from './merging.repository.ts';

export interface MergingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  records: Pick<Records, 'lock' | 'takeOver'>;
  families: Pick<Families, 'mustFit'>;
  /** Moves what every module holds of a person to their other record. */
  moveTraces: (
    tx: Tx,
    merge: { from: number; into: number; by: number; at: string; takesSignIn: boolean },
  ) => Promise<void>;
  /** Moves the second step of a sign-in. @throws AppError data_keys_missing */
  moveTwoStep: (tx: Tx, merge: { from: number; into: number }) => Promise<void>;
  erasure: { dissolveWithin: (tx: Tx, user: number, by: Caller) => Promise<number[]> };
  sessions: { announce: (sessions: readonly number[]) => void };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

/** Makes one record of two of the same person. */
export function createMerging(dependencies: MergingDependencies & { desk: Pick<Desk, 'get'> }) {
  const { db, clock, audit, records, families, moveTraces, moveTwoStep, erasure, sessions, messages, desk } =
    dependencies;

  /** Both are locked, so that nobody books for either meanwhile; a visit that moves at this moment is met by the constraint. */
  async function mergeWithin(tx: Tx, from: number, into: number, by: Caller): Promise<number[]> {
    const locked = await records.lock(tx, [from, into]);
    const [duplicate, stays] = [from, into].map((patient) => locked.find(({ id }) => id === patient));
    if (!duplicate) throw await patientMissing(tx, from);
    if (!stays) throw await patientMissing(tx, into);
    if (await visitsOverlap(tx, from, into)) throw new AppError('visits_overlap');
    const takesSignIn = hasNoSignIn(stays.username) && !hasNoSignIn(duplicate.username);
    await moveTraces(tx, { from, into, by: by.id, at: clock.now().toISOString(), takesSignIn });
    if (takesSignIn) await moveTwoStep(tx, { from, into });
    await families.mustFit(tx, into);
    const ended = await erasure.dissolveWithin(tx, from, by);
    await records.takeOver(tx, duplicate, stays);
    const details = { merged: from };
    await audit.record(tx, { actor: by, action: 'patient.merge', subject: into, details });
    await messages.enqueue(tx, {
      user_id: into,
      kind: 'record_merged',
      key: `user:${into}:merged:${from}`,
    });
    // Whoever looks after somebody by the other record is reminded by this one, and by its quiet hours.
    await planReminders(tx, into);
    return ended;
  }

  return {
    /**
     * Moves visits, wishes, family ties, consents and what was told from one record to the other, and erases the rest of the
     * first, whose id is gone. What it held is given back. The other keeps its sign-in, or takes this one's.
     * @throws AppError patient_not_found, visits_overlap, not_with_oneself, too_many_dependants, too_many_guardians,
     * data_keys_missing, invalid_input (same_person)
     */
    async merge(from: number, into: number, caller: Caller) {
      if (from === into) throw invalidField('into', 'same_person');
      const ended = await transaction(db, (tx) => mergeWithin(tx, from, into, caller)).catch((error) => {
        if (databaseError(error)?.constraint === 'appointments_patient_no_overlap')
          throw new AppError('visits_overlap', { cause: error });
        throw error;
      });
      sessions.announce(ended);
      return desk.get(into);
    },
  };
}
