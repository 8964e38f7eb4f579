import type { VisitForCalendar } from '../../../core/icalendar.ts';
import type { Db } from '../../../db/client.ts';
import { CALENDAR_COLUMNS, CALENDAR_JOINS } from '../../../db/icalendar-columns.ts';
import { guardiansOf } from '../../patients/families/guardians.sql.ts';

/** A visit as the invitation to it says it. */
export interface InvitedVisit extends VisitForCalendar {
  /** Whether the reader takes part in it as it is now: its doctor, its patient, or who looks after them. */
  is_theirs: boolean;
  is_own: boolean;
  reader: readonly [first_name: string | null, last_name: string | null];
}

/** @param adult the latest day of birth of adults */
export async function findInvited(
  db: Db,
  { appointment_id, user_id }: { appointment_id: number; user_id: number },
  adult: string,
): Promise<InvitedVisit | undefined> {
  const { rows } = await db.$client.query<InvitedVisit>({
    name: 'messages.invited',
    text: `
      select ${CALENDAR_COLUMNS}, $2 in (a.doctor_id, a.patient_id) as is_own,
        $2 in (a.doctor_id, a.patient_id) or $2 in (${guardiansOf('a.patient_id', '$3')}) as is_theirs,
        array[r.first_name, r.last_name] as reader
      from appointments a
      join users r on r.id = $2
      ${CALENDAR_JOINS}
      where a.id = $1`,
    values: [appointment_id, user_id, adult],
  });
  return rows[0];
}
