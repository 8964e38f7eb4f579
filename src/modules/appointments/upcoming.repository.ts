import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Tx } from '../../db/client.ts';
import { isStillToCome } from '../availability/visits.sql.ts';

/** What is still to come of a person, as patient and as doctor. */
const upcoming = `(a.doctor_id = $1 or a.patient_id = $1) and ${isStillToCome('a', 2)}`;

export async function countUpcoming(tx: Tx, person: number, wall: WallTime): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: 'appointments.count-upcoming',
    text: `select count(*)::integer as count from appointments a where ${upcoming}`,
    values: [person, wall.date, wall.time],
  });
  return rows[0]?.count ?? 0;
}

/** Locks all that is still to come of a person, in the order of their ids; before any slot, as everybody does. */
export async function lockUpcoming(tx: Tx, person: number, wall: WallTime): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.lock-upcoming',
    text: `select from appointments a where ${upcoming} order by a.id for no key update`,
    values: [person, wall.date, wall.time],
  });
}

/**
 * Cancels all that is still to come of a person. The mark of somebody who came early goes with the visit.
 * @returns whose visits they were
 */
export async function cancelUpcoming(
  tx: Tx,
  person: number,
  { by, reason, now, wall }: { by: number; reason: string | null; now: Date; wall: WallTime },
): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ patient: number }>({
    name: 'appointments.cancel-upcoming',
    text: `
      with cancelled as (
        update appointments a set
          status = 'cancelled', cancelled_by = $4, cancel_reason = $5, updated_by = $4, updated_at = $6,
          attendance = null, attendance_marked_at = null
        where ${upcoming}
        returning a.patient_id
      )
      select distinct patient_id as patient from cancelled`,
    values: [person, wall.date, wall.time, by, reason, now],
  });
  return rows.map(({ patient }) => patient);
}
