import { AppError } from '../../core/errors.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import * as repository from './doctors.repository.ts';
import type { Doctor, DoctorFilters, DoctorProfileChanges } from './doctors.schemas.ts';

export interface DoctorsDependencies {
  db: Db;
  users: {
    setContact: (
      tx: Tx,
      user: number,
      names: Pick<DoctorProfileChanges, 'first_name' | 'last_name'>,
    ) => Promise<void>;
  };
}

export type Doctors = ReturnType<typeof createDoctors>;

export function createDoctors({ db, users }: DoctorsDependencies) {
  return {
    list: ({ search = [], specialization, page, page_size }: DoctorFilters) =>
      repository.listDoctors(db, { search, specialization }, { page, page_size }),

    /** @throws AppError doctor_not_found, also for a deactivated one */
    async get(doctor: number): Promise<Doctor> {
      const found = await repository.findDoctor(db, doctor);
      if (!found) throw new AppError('doctor_not_found');
      return found;
    },

    /** @throws AppError session_ended when they are erased in this very moment */
    async profile(doctor: number) {
      const found = await repository.findProfile(db, doctor);
      if (!found) throw new AppError('session_ended');
      return found;
    },

    changeProfile: (doctor: number, { first_name, last_name, ...profile }: DoctorProfileChanges) =>
      transaction(db, async (tx) => {
        await users.setContact(tx, doctor, { first_name, last_name });
        await repository.saveProfile(tx, doctor, profile);
        const changed = await repository.findProfile(tx, doctor);
        if (!changed) throw new AppError('session_ended');
        return changed;
      }),
  };
}
