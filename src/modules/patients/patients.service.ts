import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './patients.repository.ts';
import type { PatientProfileChanges } from './patients.schemas.ts';

export interface PatientsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  users: {
    setContact: (
      tx: Tx,
      user: number,
      contact: Pick<PatientProfileChanges, 'first_name' | 'last_name' | 'phone'>,
    ) => Promise<void>;
  };
}

export type Patients = ReturnType<typeof createPatients>;

export function createPatients({ db, clock, audit, users }: PatientsDependencies) {
  return {
    /** @throws AppError session_ended when they are erased in this very moment */
    async profile(patient: number) {
      const found = await repository.findProfile(db, patient);
      if (!found) throw new AppError('session_ended');
      return found;
    },

    changeProfile(caller: Caller, changes: PatientProfileChanges) {
      const { date_of_birth, gender, ...contact } = changes;
      const { id: patient } = caller;
      if (date_of_birth && date_of_birth > clock.wall().date)
        throw invalidField('date_of_birth', 'birth_in_future');
      return transaction(db, async (tx) => {
        await users.setContact(tx, patient, contact);
        await repository.saveProfile(tx, patient, { date_of_birth, gender });
        await audit.record(tx, {
          actor: caller,
          action: 'profile.update',
          subject: patient,
          details: { fields: Object.keys(changes) },
        });
        const changed = await repository.findProfile(tx, patient);
        if (!changed) throw new AppError('session_ended');
        return changed;
      });
    },
  };
}
