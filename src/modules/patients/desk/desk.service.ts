import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { namesOf } from '../../../core/names.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { LockedRecord, RecordFields } from '../../../core/records.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import type { Locale } from '../../../core/words.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import type { Updates } from '../../../events/updates.ts';
import type { Audit } from '../../audit/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import { setRelationship } from '../families/families.repository.ts';
import type { Families } from '../families/families.service.ts';
import { correctProfile, insertFromDesk } from '../patients.repository.ts';
import * as repository from './desk.repository.ts';
import type { DeskPatient, GuardianTie, NewPatient, PatientChanges, PatientSearch } from './desk.schemas.ts';

/** Patients as accounts, with a sign-in or without. */
export interface Records {
  /** Makes a patient who cannot sign in. @returns their id */
  make: (tx: Tx, fields: RecordFields) => Promise<number>;
  /** The patients among these, locked in the order of their ids. */
  lock: (tx: Tx, patients: readonly number[]) => Promise<LockedRecord[]>;
  correct: (tx: Tx, before: LockedRecord, fields: RecordFields) => Promise<void>;
  /** From now on messages go to the phone of a locked patient. */
  reach: (tx: Tx, patient: number) => Promise<void>;
  /** Hands on what an erased record had as an account. @param from, into as both were before it was erased */
  takeOver: (tx: Tx, from: LockedRecord, into: LockedRecord) => Promise<void>;
}

export interface DeskDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordShown'>;
  idempotency: Pick<Idempotency, 'once'>;
  records: Pick<Records, 'make' | 'lock' | 'correct'>;
  families: Pick<Families, 'tie'>;
  /** Those of these people whom messages reach. */
  reached: (executor: Executor, people: readonly number[]) => Promise<ReadonlySet<number>>;
  updates: Updates;
}

export type Desk = ReturnType<typeof createDesk>;

/** A patient whom nobody has, or whose record was merged into another. */
export const patientMissing = async (executor: Executor, patient: number): Promise<AppError> =>
  new AppError('patient_not_found', {
    merged_into: await repository.findMergedInto(executor, patient),
  });

const idOf = ({ id }: DeskPatient) => id;

/** Patients at the desk: how they are found, registered and corrected. */
export function createDesk(dependencies: DeskDependencies) {
  const { db, clock, audit, idempotency, records, families, reached, updates } = dependencies;

  async function withReach(
    executor: Executor,
    rows: readonly repository.PatientRow[],
  ): Promise<DeskPatient[]> {
    if (rows.length === 0) return [];
    const all = await reached(
      executor,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({ ...row, reachable: all.has(row.id) }));
  }

  async function get(patient: number, executor: Executor = db): Promise<DeskPatient> {
    const row = await repository.findPatient(executor, patient);
    if (!row) throw await patientMissing(executor, patient);
    const [shown] = await withReach(executor, [row]);
    return shown as DeskPatient;
  }

  const adult = () => adultsBornBy(clock.wall().date);

  function refuseUnborn(date_of_birth: string | null | undefined): void {
    if (date_of_birth && date_of_birth > clock.wall().date)
      throw invalidField('date_of_birth', 'birth_in_future');
  }

  /** Who may be the one who is registered, under a lock by which nobody else registers them meanwhile. */
  async function likely(tx: Tx, { phone, date_of_birth, confirm_new, ...patient }: NewPatient) {
    const marks = [phone, date_of_birth].flatMap((mark) => mark ?? []);
    await repository.lockRegistering(tx, marks);
    if (confirm_new || marks.length === 0) return [];
    const name = `${patient.first_name} ${patient.last_name}`;
    return repository.findLikely(tx, {
      name,
      phone: phone ?? null,
      date_of_birth: date_of_birth ?? null,
    });
  }

  return {
    /** @throws AppError patient_not_found */
    get,

    /** The patients who fit, in the order of the reader's alphabet, or those who have changed. @throws AppError too_old */
    async find(
      { page, page_size, cursor, search = [], phone, born, updated_since }: PatientSearch & PageRequest,
      reader: Locale,
    ): Promise<Page<DeskPatient>> {
      if (updated_since !== undefined) {
        const rows = async (ids: readonly number[]) => withReach(db, await repository.findPatients(db, ids));
        return updates.page('patients', { updated_since, page_size, cursor }, { rows });
      }
      const filters = { search, phone: phone ?? null, born: born ?? null, reader };
      const found = await repository.listPatients(db, filters, { page, page_size, cursor });
      return { ...found, rows: await withReach(db, found.rows) };
    },

    /**
     * Registers a patient without a sign-in.
     * @param request asks for it to be done once only, also with `confirm_new`
     * @throws AppError patient_may_exist with the candidates, unless `confirm_new`; invalid_input (birth_in_future),
     * request_in_progress, idempotency_key_reused
     */
    async register(patient: NewPatient, caller: Caller, request?: Keyed): Promise<Once<DeskPatient>> {
      const { confirm_new, date_of_birth, gender, ...account } = patient;
      refuseUnborn(date_of_birth);
      const { registered, candidates } = await transaction(db, async (tx) => {
        let found: repository.PatientRow[] = [];
        const registered = await idempotency.once(tx, caller, request, idOf, async () => {
          found = await likely(tx, patient);
          if (found.length > 0) return undefined;
          const id = await records.make(tx, account);
          await insertFromDesk(tx, id, { date_of_birth, gender }, caller.id);
          await audit.record(tx, { actor: caller, action: 'patient.register', subject: id });
          return get(id, tx);
        });
        return { registered, candidates: await withReach(tx, found) };
      });
      if (registered) return registered;
      const people = candidates.map(({ id }) => id);
      await audit.recordShown(caller, { action: 'patient.find', people, details: { likely: true } });
      throw new AppError('patient_may_exist', { candidates });
    },

    /**
     * Corrects what is said of a patient. Whoever can sign in is told of a confirmed contact that is replaced, and can take
     * that back, as where an admin does so.
     * @throws AppError patient_not_found, invalid_input (birth_in_future, needed_by_guardians)
     */
    async correct(
      patient: number,
      changes: PatientChanges,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<DeskPatient> {
      const { date_of_birth, gender, ...account } = changes;
      refuseUnborn(date_of_birth);
      return transaction(db, async (tx) => {
        const [before] = await records.lock(tx, [patient]);
        if (!before) throw await patientMissing(tx, patient);
        unchanged?.(await get(patient, tx));
        await records.correct(tx, before, account);
        await correctProfile(tx, patient, { date_of_birth, gender }, { adult: adult() });
        const details = { fields: namesOf(changes) };
        await audit.record(tx, { actor: caller, action: 'patient.update', subject: patient, details });
        return get(patient, tx);
      });
    },

    /**
     * Ties a child to whoever looks after them; both are locked. Repeating it corrects what they are to each other.
     * @throws AppError patient_not_found, not_a_dependant, too_many_dependants, too_many_guardians, invalid_input (same_person)
     */
    async tie(child: number, { guardian, relationship }: GuardianTie, caller: Caller): Promise<DeskPatient> {
      if (guardian === child) throw invalidField('guardian', 'same_person');
      return transaction(db, async (tx) => {
        const locked = await records.lock(tx, [child, guardian]);
        for (const patient of [child, guardian])
          if (!locked.some(({ id }) => id === patient)) throw await patientMissing(tx, patient);
        const { date_of_birth } = await get(child, tx);
        if (date_of_birth === null || date_of_birth <= adult()) throw new AppError('not_a_dependant');
        const both = { guardian, dependant: child };
        const isNew = await families.tie(tx, { ...both, relationship, by: caller.id });
        if (!isNew) await setRelationship(tx, both, relationship);
        for (const subject of [child, guardian])
          await audit.record(tx, {
            actor: caller,
            action: 'patient.tie',
            subject,
            details: { child, guardian },
          });
        return get(child, tx);
      });
    },
  };
}
