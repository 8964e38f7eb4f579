import type { Db } from '../../../db/client.ts';

/** What is asked before a doctor books for a patient: whose the slot is, null where there is none, and whether they have seen them. */
interface Acquaintance {
  slot_of: number | null;
  has_seen: boolean;
}

/** A doctor has seen a patient once a visit of theirs to this doctor is completed. */
export async function findAcquaintance(
  db: Db,
  { doctor, patient, timeslot }: { doctor: number; patient: number; timeslot: number },
): Promise<Acquaintance> {
  const { rows } = await db.$client.query<Acquaintance>({
    name: 'appointments.acquaintance',
    text: `
      select (select s.doctor_id from timeslots s where s.id = $3) as slot_of, exists (
        select from appointments a where a.patient_id = $2 and a.doctor_id = $1 and a.attendance = 'completed') as has_seen`,
    values: [doctor, patient, timeslot],
  });
  return rows[0] ?? { slot_of: null, has_seen: false };
}
