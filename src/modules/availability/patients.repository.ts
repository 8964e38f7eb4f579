import { clientOf, type Db, type Tx } from '../../db/client.ts';
import { LOCK_TOGETHER } from '../../db/limits.ts';
import { patientFor, unseen } from '../../db/sql.ts';
import { isBusy } from './bookable.sql.ts';
import { isPatientHere } from './people.sql.ts';

/**
 * Locks patients, by their ids, until the transaction ends: their holds, bookings, moves and wishes come one after another, and
 * nobody erases them meanwhile.
 * @returns those of them whom there are
 */
export async function lockPatients(tx: Tx, patients: readonly number[]): Promise<Set<number>> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'availability.lock-patients',
    text: `
      select u.id from users u where ${patientFor('$2')} and u.id = any (${unseen('$1', 'integer[]')}) and ${isPatientHere('u')}
      order by u.id for no key update`,
    values: [patients, patients.length > 1 ? LOCK_TOGETHER : null],
  });
  return new Set(rows.map(({ id }) => id));
}

/** Locks one patient. @returns whether there is such a patient */
export const lockPatient = async (tx: Tx, patient: number): Promise<boolean> =>
  (await lockPatients(tx, [patient])).has(patient);

/**
 * At the time of which of these slots a patient has an active appointment.
 * @param except the appointment that does not count, if any
 */
export async function busyAt(
  db: Db,
  patient: number,
  slots: readonly number[],
  except: number | null = null,
): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'availability.busy-at',
    text: `select s.id from timeslots s where s.id = any (${unseen('$2', 'integer[]')}) and ${isBusy('$1', '$3::integer')}`,
    values: [patient, slots, except],
  });
  return rows.map(({ id }) => id);
}

/** Those of these patients who have an active appointment at the time of one of these slots. */
export async function busyAmong(
  db: Db,
  patients: readonly number[],
  slots: readonly number[],
): Promise<Set<number>> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'availability.busy-among',
    text: `
      select p.id from unnest(${unseen('$1', 'integer[]')}) p (id)
      where exists (select from timeslots s where s.id = any (${unseen('$2', 'integer[]')}) and ${isBusy('p.id')})`,
    values: [patients, slots],
  });
  return new Set(rows.map(({ id }) => id));
}
