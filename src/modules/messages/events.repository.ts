import { clientOf, type Executor } from '../../db/client.ts';

export interface VisitRow {
  id: number;
  doctor_id: number;
  patient_id: number;
  status: 'pending' | 'confirmed' | 'cancelled';
  date: string;
  start_time: string;
  cancelled_by: number | null;
  cancel_reason: string | null;
  /** It took place, or its patient did not come, whatever the clock says. */
  is_over: boolean;
}

export async function findVisit(executor: Executor, appointment: number): Promise<VisitRow | undefined> {
  const { rows } = await clientOf(executor).query<VisitRow>({
    name: 'messages.visit',
    text: `
      select id, doctor_id, patient_id, status, date, start_time, cancelled_by, cancel_reason,
        coalesce(attendance <> 'arrived', false) as is_over
      from appointments where id = $1`,
    values: [appointment],
  });
  return rows[0];
}
