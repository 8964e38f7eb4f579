import { clientOf, type Db, type Tx } from '../../db/client.ts';
import { LOCK_TOGETHER } from '../../db/limits.ts';
import { patientFor, unseen } from '../../db/sql.ts';
import { isBusy } from './bookable.sql.ts';
import { isPatientHere } from './people.sql.ts';
import { runFrom, slotsOf } from './services.sql.ts';

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

/** Slots to which somebody could come, each alone, or from each on for a service. */
interface Starts {
  slots: readonly number[];
  service: number | null;
}

/**
 * The slots `s` with the time `whole.ends` at which somebody would be done who comes to one: with a service, at the end of the last
 * slot that it takes.
 * @param service the SQL for its id; left out where one slot will do
 */
const startsOf = (slots: string, service?: string): string => `(
  select * from timeslots s where s.id = any (${unseen(slots, 'integer[]')})) s
  cross join lateral (${
    service === undefined
      ? 'select s.end_time as ends'
      : `select coalesce(max(l.end_time), s.end_time) as ends
         from doctor_services g join services v on v.id = g.service_id
         cross join lateral (${runFrom('s')}) run
         cross join lateral (${slotsOf('run')}) l
         where g.doctor_id = s.doctor_id and g.service_id = ${service}`
  }) whole`;

/**
 * At the time of which of these slots, or of what a service takes from one on, a patient has an active appointment.
 * @param except the appointment that does not count, if any
 */
export async function busyAt(
  db: Db,
  patient: number,
  { slots, service }: Starts,
  except: number | null = null,
): Promise<number[]> {
  const isLong = service !== null;
  const { rows } = await db.$client.query<{ id: number }>({
    name: `availability.busy-at${isLong ? ':service' : ''}`,
    text: `
      select s.id from ${startsOf('$2', isLong ? '$4' : undefined)}
      where ${isBusy('$1', '$3::integer', 's', 'whole.ends')}`,
    values: [patient, slots, except, ...(isLong ? [service] : [])],
  });
  return rows.map(({ id }) => id);
}

/** Those of these patients who have an active appointment at the time of one of these slots, or of what a service takes from it on. */
export async function busyAmong(
  db: Db,
  patients: readonly number[],
  { slots, service }: Starts,
): Promise<Set<number>> {
  const isLong = service !== null;
  const { rows } = await db.$client.query<{ id: number }>({
    name: `availability.busy-among${isLong ? ':service' : ''}`,
    text: `
      select p.id from unnest(${unseen('$1', 'integer[]')}) p (id)
      where exists (
        select from ${startsOf('$2', isLong ? '$3' : undefined)} where ${isBusy('p.id', 'null', 's', 'whole.ends')})`,
    values: [patients, slots, ...(isLong ? [service] : [])],
  });
  return new Set(rows.map(({ id }) => id));
}
