import { AppError } from '../../../core/errors.ts';
import { namesOf } from '../../../core/names.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Locale } from '../../../core/words.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import * as repository from './specializations.repository.ts';
import type { NewSpecialization, Specialization, SpecializationChanges } from './specializations.schemas.ts';

interface SpecializationsDependencies {
  db: Db;
  audit: Pick<Audit, 'record'>;
}

export type Specializations = ReturnType<typeof createSpecializations>;

/** The clinic's list of what doctors are. What doctors, services and wishes are called follows it, by triggers. */
export function createSpecializations({ db, audit }: SpecializationsDependencies) {
  async function mustFind(tx: Tx, id: number): Promise<Specialization> {
    const found = await repository.findSpecialization(tx, id);
    if (!found) throw new AppError('specialization_not_found');
    return found;
  }

  return {
    list: (page: PageRequest, reader: Locale): Promise<Page<Specialization>> =>
      repository.listSpecializations(db, reader, page),

    /** @throws AppError name_taken, by the unique index */
    add: ({ name, names }: NewSpecialization, caller: Caller): Promise<Specialization> =>
      transaction(db, async (tx) => {
        const id = await repository.insert(tx, { name, ...columnsOf(names) });
        const details = { specialization: id };
        await audit.record(tx, { actor: caller, action: 'specialization.create', details });
        return mustFind(tx, id);
      }),

    /** @throws AppError specialization_not_found, name_taken */
    change: (id: number, { name, names }: SpecializationChanges, caller: Caller): Promise<Specialization> =>
      transaction(db, async (tx) => {
        await lock(tx, [id]);
        await repository.update(tx, id, { name, ...columnsOf(names) });
        const fields = namesOf({ name, ...columnsOf(names) });
        const details = { specialization: id, fields };
        await audit.record(tx, { actor: caller, action: 'specialization.update', details });
        return mustFind(tx, id);
      }),

    /**
     * Makes one of two: all names, doctors, services and wishes of the first become the other's, and the first is gone.
     * @throws AppError specialization_not_found, of either
     */
    join: (id: number, into: number, caller: Caller): Promise<Specialization> =>
      transaction(db, async (tx) => {
        await lock(tx, id === into ? [id] : [id, into]);
        if (id !== into) {
          await repository.joinTo(tx, id, into);
          const details = { specialization: id, into };
          await audit.record(tx, { actor: caller, action: 'specialization.join', details });
        }
        return mustFind(tx, into);
      }),
  };
}

async function lock(tx: Tx, ids: readonly number[]): Promise<void> {
  const found = await repository.lock(tx, ids);
  if (found.length < ids.length) throw new AppError('specialization_not_found');
}

/** A name that is left out is undefined, and stays as it is. */
const columnsOf = (names: NewSpecialization['names']) => ({
  name_uz: names?.uz,
  name_ru: names?.ru,
  name_en: names?.en,
});
