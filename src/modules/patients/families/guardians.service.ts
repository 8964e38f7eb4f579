import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import type { Db, Executor, Tx } from '../../../db/client.ts';
import { isGuardian, lockPeople } from './guardians.repository.ts';

export type Guardians = ReturnType<typeof createGuardians>;

/** Who may act for whom. Whoever books, holds, waits or reads for somebody else asks here. */
export function createGuardians({ db, clock }: { db: Db; clock: Clock }) {
  const adult = () => adultsBornBy(clock.wall().date);

  /** Whether a patient may act for another now: the tie is there, and the other is not 18 yet by the clinic's clock. */
  const actsFor = (caller: Caller, patient: number, executor: Executor = db): Promise<boolean> =>
    isGuardian(executor, caller.id, patient, adult());

  return {
    /** The latest day of birth of adults, for statements that ask themselves (guardians.sql.ts). */
    adult,

    /**
     * The patient for whom somebody acts: themself where they name nobody, or one of their family. Those who are on no
     * patient's side name whom they mean. It asks the database only where a patient names somebody else.
     * @throws AppError patient_not_found (they do not look after them, as for anybody who is not there), invalid_input when
     * nobody is named
     */
    async patientFor(named: number | undefined, caller: Caller): Promise<number> {
      if (sideOf(caller.role) !== 'patient') {
        if (named === undefined) throw invalidField('patient', 'required');
        return named;
      }
      if (named === undefined || named === caller.id) return caller.id;
      if (!(await actsFor(caller, named))) throw new AppError('patient_not_found');
      return named;
    },

    /**
     * The same once more, in the act itself: both are locked, so that whoever takes the tie away, or erases one of them,
     * comes before it or after it. Whoever acts for themself, or works for the clinic, is not asked.
     * @throws AppError patient_not_found
     */
    async mustStillActFor(tx: Tx, caller: Caller, patient: number): Promise<void> {
      if (sideOf(caller.role) !== 'patient' || patient === caller.id) return;
      await lockPeople(tx, [caller.id, patient]);
      if (!(await actsFor(caller, patient, tx))) throw new AppError('patient_not_found');
    },
  };
}
