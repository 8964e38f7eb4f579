import { clientOf, type Tx } from '../../../db/client.ts';

/** Whether both have an active visit at one time. */
export async function visitsOverlap(tx: Tx, one: number, other: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'patients.visits-overlap',
    text: `
      select from appointments a join appointments b
        on b.patient_id = $2 and b.status in ('pending', 'confirmed') and b.date = a.date
        and a.start_time < b.end_time and b.start_time < a.end_time
      where a.patient_id = $1 and a.status in ('pending', 'confirmed') limit 1`,
    values: [one, other],
  });
  return rowCount !== 0;
}
