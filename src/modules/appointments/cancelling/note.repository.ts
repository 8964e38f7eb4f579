import { clientOf, type Tx } from '../../../db/client.ts';
import type { Owners } from '../appointments.rules.ts';

interface NoteChange {
  /** Null takes it away. */
  note: string | null;
  now: Date;
  /** Whose it must be; anybody's by default. */
  owners: Owners;
  /** The versions for which the change is meant; undefined is any. */
  expected?: readonly number[] | undefined;
}

/**
 * Writes what the clinic notes of a visit. Its patient is locked first, as everywhere: what is noted before they are erased
 * is erased with them, and nothing is noted of them afterwards.
 * @returns whose visit it is; undefined when some rule refused or the same is noted already
 */
export async function writeNote(
  tx: Tx,
  appointment: number,
  { note, now, owners, expected }: NoteChange,
): Promise<{ patient: number } | undefined> {
  const { rows } = await clientOf(tx).query<{ patient: number }>({
    name: 'appointments.note',
    text: `
      with patient as materialized (
        select u.id from appointments a join users u on u.id = a.patient_id
        where a.id = $1 and u.deleted_at is null for share of u
      )
      update appointments a set note = $2, updated_at = $3 from patient
      where a.id = $1 and a.patient_id = patient.id and a.note is distinct from $2
        and ($4::integer[] is null or a.version = any($4::integer[]))
        and a.doctor_id = coalesce($5, a.doctor_id) and a.patient_id = coalesce($6, a.patient_id)
      returning a.patient_id as patient`,
    values: [appointment, note, now, expected, owners.doctor, owners.patient],
  });
  return rows[0];
}
