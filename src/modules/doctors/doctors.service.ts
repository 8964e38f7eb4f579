import { AppError } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Unchanged } from '../../core/unchanged.ts';
import type { Locale } from '../../core/words.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { MayLag } from '../../db/links/replica.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './doctors.repository.ts';
import type { Doctor, DoctorFilters, DoctorProfileChanges } from './doctors.schemas.ts';

interface DoctorsDependencies {
  db: Db;
  memory: Pick<Memory, 'recall'>;
  mayLag: MayLag;
  audit: Pick<Audit, 'record'>;
  users: {
    setContact: (
      tx: Tx,
      user: number,
      names: Pick<DoctorProfileChanges, 'first_name' | 'last_name'>,
      check?: () => Promise<void>,
    ) => Promise<void>;
  };
}

export type Doctors = ReturnType<typeof createDoctors>;

export function createDoctors({ db, memory, mayLag, audit, users }: DoctorsDependencies) {
  return {
    /** What somebody searches for is seldom searched for again; all else of the directory is remembered. */
    list(
      { search = [], specialization, page, page_size }: DoctorFilters,
      reader: Locale,
    ): Promise<Page<Doctor>> {
      const list = (from: Db) =>
        repository.listDoctors(from, { search, specialization, reader }, { page, page_size });
      if (search.length > 0) return mayLag(list);
      const key = `${reader} ${page} ${page_size} ${specialization ?? ''}`;
      return memory.recall(
        'doctors',
        key,
        () => true,
        () => list(db),
      );
    },

    /** @throws AppError doctor_not_found, also for one who is deactivated or waits for approval */
    async get(doctor: number): Promise<Doctor> {
      const found = await repository.findDoctor(db, doctor);
      if (!found) throw new AppError('doctor_not_found');
      return found;
    },

    /** @throws AppError doctor_not_found unless somebody works here as one, let in yet or not */
    async mustWork(doctor: number): Promise<void> {
      if (!(await repository.isActiveDoctor(db, doctor))) throw new AppError('doctor_not_found');
    },

    /** @throws AppError session_ended when they are erased in this very moment */
    async profile(doctor: number) {
      const found = await repository.findProfile(db, doctor);
      if (!found) throw new AppError('session_ended');
      return found;
    },

    /** @throws AppError session_ended, version_mismatch */
    changeProfile: (caller: Caller, changes: DoctorProfileChanges, unchanged?: Unchanged) =>
      transaction(db, async (tx) => {
        const { first_name, last_name, ...profile } = changes;
        const { id: doctor } = caller;
        await users.setContact(tx, doctor, { first_name, last_name }, async () =>
          unchanged?.((await repository.findProfile(tx, doctor)) ?? {}),
        );
        await repository.saveProfile(tx, doctor, profile, { field: 'specialization' });
        await audit.record(tx, {
          actor: caller,
          action: 'profile.update',
          subject: doctor,
          details: { fields: Object.keys(changes) },
        });
        const changed = await repository.findProfile(tx, doctor);
        if (!changed) throw new AppError('session_ended');
        return changed;
      }),
  };
}
