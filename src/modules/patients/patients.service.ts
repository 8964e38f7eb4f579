import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import * as repository from './patients.repository.ts';
import type { PatientProfileChanges } from './patients.schemas.ts';

export interface PatientsDependencies {
  db: Db;
  clock: Clock;
  users: {
    setContact: (
      tx: Tx,
      user: number,
      contact: Pick<PatientProfileChanges, 'first_name' | 'last_name' | 'phone'>,
    ) => Promise<void>;
  };
}

export type Patients = ReturnType<typeof createPatients>;

export function createPatients({ db, clock, users }: PatientsDependencies) {
  return {
    /** @throws AppError session_ended when they are erased in this very moment */
    async profile(patient: number) {
      const found = await repository.findProfile(db, patient);
      if (!found) throw new AppError('session_ended');
      return found;
    },

    changeProfile(patient: number, { date_of_birth, gender, ...contact }: PatientProfileChanges) {
      if (date_of_birth && date_of_birth > clock.wall().date)
        throw invalidField('date_of_birth', 'birth_in_future');
      return transaction(db, async (tx) => {
        await users.setContact(tx, patient, contact);
        await repository.saveProfile(tx, patient, { date_of_birth, gender });
        const changed = await repository.findProfile(tx, patient);
        if (!changed) throw new AppError('session_ended');
        return changed;
      });
    },
  };
}
