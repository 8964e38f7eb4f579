import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { namesOf } from '../../../core/names.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import { planReminders } from '../../../db/queue/jobs.ts';
import type { Audit } from '../../audit/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import { correctProfile, saveProfile } from '../patients.repository.ts';
import * as repository from './families.repository.ts';
import { birthFault, endOf } from './families.rules.ts';
import {
  DEPENDANTS_MAX,
  type Dependant,
  type DependantChanges,
  GUARDIANS_MAX,
  type NewDependant,
} from './families.schemas.ts';
import { lockPeople } from './guardians.repository.ts';
import { isErasedWith } from './leaving.repository.ts';

interface Name {
  first_name?: string | undefined;
  last_name?: string | undefined;
}

interface FamiliesDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  records: {
    /** Makes a patient who has no sign-in. */
    make: (tx: Tx, name: Name) => Promise<number>;
  };
  users: {
    setContact: (tx: Tx, user: number, contact: Name) => Promise<void>;
    /** Erases somebody as part of another act, which has locked them. */
    eraseWithin: (tx: Tx, user: number, by: Caller) => Promise<unknown>;
  };
  consents: {
    accept: (tx: Tx, person: number, by?: number) => Promise<unknown>;
  };
  appointments: {
    callingOff: { aheadOf: (person: number) => { count: (tx: Tx) => Promise<number> } };
  };
  require_consent: boolean;
}

/** Who looks after whom: parents and their children, and whoever else books for somebody under 18. */
export function createFamilies(dependencies: FamiliesDependencies) {
  const { db, clock, audit, idempotency, records, users, consents, appointments } = dependencies;
  const adult = () => adultsBornBy(clock.wall().date);

  const shown = ({ tied_at, ...row }: repository.DependantRow): Dependant => ({
    ...row,
    until: endOf(row.date_of_birth),
  });

  async function find(executor: Executor, guardian: number, dependant: number): Promise<Dependant> {
    const [row] = await repository.listDependants(executor, guardian, adult(), dependant);
    if (!row) throw new AppError('patient_not_found');
    return shown(row);
  }

  function mustBeChild(born: string | undefined): void {
    const fault = born === undefined ? undefined : birthFault(born, clock.wall().date);
    if (fault) throw invalidField('date_of_birth', fault);
  }

  /** Whose tie an admin takes away finds it in their own log, as they find there that it was made. */
  async function noteRemoved(tx: Tx, child: number, guardian: number, by: Caller): Promise<void> {
    const details = { child, guardian };
    for (const subject of by.id === guardian ? [child] : [child, guardian])
      await audit.record(tx, { actor: by, action: 'family.remove', subject, details });
  }

  /**
   * Lets somebody act for a patient; both are locked with it. Saying so again changes nothing.
   * @returns false where the tie was there before
   * @throws AppError too_many_dependants, too_many_guardians
   */
  async function tieAnew(tx: Tx, wanted: Parameters<typeof repository.tie>[1]): Promise<boolean> {
    const { guardian, dependant } = wanted;
    await lockPeople(tx, [guardian, dependant]);
    const { dependants, guardians, is_tied } = await repository.countTies(tx, wanted, adult());
    if (is_tied) return false;
    if (dependants >= DEPENDANTS_MAX) throw new AppError('too_many_dependants');
    if (guardians >= GUARDIANS_MAX) throw new AppError('too_many_guardians');
    return repository.tie(tx, { ...wanted, guardian, dependant });
  }

  /** The same for a patient who may have visits ahead: the new guardian is reminded of those that are planned already. */
  async function tie(tx: Tx, wanted: Parameters<typeof repository.tie>[1]): Promise<boolean> {
    const isNew = await tieAnew(tx, wanted);
    if (isNew) await planReminders(tx, wanted.dependant);
    return isNew;
  }

  return {
    tie,

    /**
     * Judges the ties of somebody who was given those of another record of theirs, and is locked.
     * @throws AppError too_many_dependants, too_many_guardians
     */
    async mustFit(tx: Tx, person: number): Promise<void> {
      const both = { guardian: person, dependant: person };
      const { dependants, guardians } = await repository.countTies(tx, both, adult());
      if (dependants > DEPENDANTS_MAX) throw new AppError('too_many_dependants');
      if (guardians > GUARDIANS_MAX) throw new AppError('too_many_guardians');
    },

    /** Those whom a patient looks after now. */
    list: async ({ id }: Caller): Promise<Dependant[]> =>
      (await repository.listDependants(db, id, adult())).map(shown),

    /** @throws AppError patient_not_found */
    get: (dependant: number, { id }: Caller): Promise<Dependant> => find(db, id, dependant),

    /**
     * A patient without a sign-in, looked after by whoever says so.
     * @param request asks for it to be done once only
     * @throws AppError too_many_dependants, session_ended (the guardian is erased in this very moment), invalid_input
     * (birth_in_future, not_a_child, consent_required), request_in_progress, idempotency_key_reused
     */
    async add(wanted: NewDependant, caller: Caller, request?: Keyed): Promise<Once<Dependant>> {
      const { accept_terms, relationship, first_name, last_name, date_of_birth, gender } = wanted;
      mustBeChild(date_of_birth);
      if (dependencies.require_consent && accept_terms !== true)
        throw invalidField('accept_terms', 'consent_required');
      const make = async (tx: Tx) => {
        // Holds the guardian's row, so that of two children at once each counts the other.
        await users.setContact(tx, caller.id, {});
        const dependant = await records.make(tx, { first_name, last_name });
        await saveProfile(tx, dependant, { date_of_birth, gender });
        await repository.setRegisteredBy(tx, dependant, caller.id);
        await tieAnew(tx, { guardian: caller.id, dependant, relationship, by: caller.id });
        if (accept_terms === true) await consents.accept(tx, dependant, caller.id);
        await audit.record(tx, { actor: caller, action: 'family.add', subject: dependant });
        return find(tx, caller.id, dependant);
      };
      return transaction(db, (tx) =>
        idempotency.once(
          tx,
          caller,
          request,
          ({ id }: Dependant) => id,
          () => make(tx),
        ),
      );
    },

    /** @throws AppError patient_not_found, version_mismatch, invalid_input (birth_in_future, not_a_child) */
    async change(
      dependant: number,
      changes: DependantChanges,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<Dependant> {
      const { relationship, first_name, last_name, date_of_birth, gender } = changes;
      mustBeChild(date_of_birth);
      const tied = { guardian: caller.id, dependant };
      return transaction(db, async (tx) => {
        await lockPeople(tx, [caller.id, dependant]);
        const before = await find(tx, caller.id, dependant);
        unchanged?.(before);
        await users.setContact(tx, dependant, { first_name, last_name });
        if (date_of_birth !== undefined || gender !== undefined)
          await correctProfile(tx, dependant, { date_of_birth, gender }, { adult: adult() });
        if (relationship !== undefined) await repository.setRelationship(tx, tied, relationship);
        await audit.record(tx, {
          actor: caller,
          action: 'family.change',
          subject: dependant,
          details: { fields: namesOf(changes) },
        });
        return find(tx, caller.id, dependant);
      });
    },

    /**
     * Somebody no longer looks after a patient. With the last tie goes a patient whom nobody would miss: without visits, and
     * without a record that the desk made.
     * @param by the guardian, or an admin
     * @throws AppError patient_not_found (there is no such tie), dependant_has_visits with their `count` (nobody else looks
     * after them), provider_unavailable (who is erased cannot be noted beside the backups)
     */
    async remove(dependant: number, guardian: number, by: Caller): Promise<void> {
      await transaction(db, async (tx) => {
        await lockPeople(tx, [guardian, dependant]);
        const { guardians, is_tied, is_child } = await repository.countTies(
          tx,
          { guardian, dependant },
          adult(),
        );
        // Over somebody who is grown up the tie is over anyway, and a guardian knows of it no more.
        if (!is_tied || (!is_child && by.id === guardian)) throw new AppError('patient_not_found');
        const isLast = is_child && guardians === 1;
        const count = isLast ? await appointments.callingOff.aheadOf(dependant).count(tx) : 0;
        if (count > 0) throw new AppError('dependant_has_visits', { count });
        const isMissed = !isLast || !(await isErasedWith(tx, { guardian, dependant }));
        await repository.untie(tx, { guardian, dependant });
        await noteRemoved(tx, dependant, guardian, by);
        if (!isMissed) await users.eraseWithin(tx, dependant, by);
      });
    },
  };
}

export type Families = ReturnType<typeof createFamilies>;
