import { adultsBornBy } from '../../core/age.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import type { Unchanged } from '../../core/unchanged.ts';
import type { Db, Tx } from '../../db/client.ts';
import { createDesk, type DeskDependencies } from './desk/desk.service.ts';
import { createMerging, type MergingDependencies } from './desk/merging.service.ts';
import { createReaching, type ReachingDependencies } from './desk/reaching.service.ts';
import * as repository from './patients.repository.ts';
import type { PatientProfileChanges } from './patients.schemas.ts';

interface PatientsDependencies extends DeskDependencies, ReachingDependencies, MergingDependencies {
  db: Db;
  clock: Clock;
  audit: DeskDependencies['audit'];
  families: DeskDependencies['families'] & MergingDependencies['families'];
  records: DeskDependencies['records'] & ReachingDependencies['records'] & MergingDependencies['records'];
  messages: ReachingDependencies['messages'] & MergingDependencies['messages'];
  users: {
    setContact: (
      tx: Tx,
      user: number,
      contact: Pick<PatientProfileChanges, 'first_name' | 'last_name' | 'phone'>,
      check?: () => Promise<void>,
    ) => Promise<void>;
  };
  contacts: {
    /** Does `work` in a transaction, if whoever asks may give up what is confirmed, and tells it. */
    change: <Result>(
      caller: Caller,
      wanted: { phone?: string | null | undefined },
      proof: Pick<PatientProfileChanges, 'password' | 'proof_code'>,
      work: (tx: Tx) => Promise<Result>,
    ) => Promise<Result>;
  };
}

export type Patients = ReturnType<typeof createPatients>;

export function createPatients(dependencies: PatientsDependencies) {
  const { db, clock, audit, users, contacts } = dependencies;
  const desk = createDesk(dependencies);
  return {
    desk,
    reaching: createReaching({ ...dependencies, desk }),
    merging: createMerging({ ...dependencies, desk }),

    /** @throws AppError session_ended when they are erased in this very moment */
    async profile(patient: number) {
      const found = await repository.findProfile(db, patient);
      if (!found) throw new AppError('session_ended');
      return found;
    },

    changeProfile(caller: Caller, changes: PatientProfileChanges, unchanged?: Unchanged) {
      const { password, proof_code, ...given } = changes;
      const { first_name, last_name, phone, ...profile } = given;
      const contact = { first_name, last_name, phone };
      const { id: patient } = caller;
      const { date: today } = clock.wall();
      if (profile.date_of_birth && profile.date_of_birth > today)
        throw invalidField('date_of_birth', 'birth_in_future');
      return contacts.change(caller, contact, { password, proof_code }, async (tx) => {
        await users.setContact(tx, patient, contact, async () =>
          unchanged?.((await repository.findProfile(tx, patient)) ?? {}),
        );
        await repository.correctProfile(tx, patient, profile, { adult: adultsBornBy(today) });
        await audit.record(tx, {
          actor: caller,
          action: 'profile.update',
          subject: patient,
          details: { fields: Object.keys(given) },
        });
        const changed = await repository.findProfile(tx, patient);
        if (!changed) throw new AppError('session_ended');
        return changed;
      });
    },
  };
}
