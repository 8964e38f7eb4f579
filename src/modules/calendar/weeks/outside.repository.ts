import type { WallTime } from '../../../core/clock.ts';
import { clientOf, type Tx } from '../../../db/client.ts';
import { type Branches, isReached } from '../../availability/reach.sql.ts';
import { isStillToCome } from '../../availability/visits.sql.ts';

/** A visit that lies outside the hours of its doctor's week. */
interface Outside {
  id: number;
  date: string;
  start_time: string;
  end_time: string;
  patient: { id: number; first_name: string | null; last_name: string | null; phone: string | null };
}

/**
 * The visits ahead in slots that came from a doctor's week, for which the week as it stands now has no hours: each slot is in some
 * stretch of it, those of a long visit in two that touch. Slots that were published by hand never were in it.
 * @param asked.branches those whose visits are shown
 * @returns the first of them by time, with how many there are in all
 */
export async function listOutside(
  tx: Tx,
  doctor: number,
  { wall, branches, limit }: { wall: WallTime; branches: Branches; limit: number },
): Promise<{ count: number; rows: Outside[] }> {
  const { rows } = await clientOf(tx).query<Outside & { count: number }>({
    name: 'schedules.outside',
    text: `
      select a.id, a.date, a.start_time, a.end_time,
        json_build_object('id', p.id, 'first_name', p.first_name, 'last_name', p.last_name, 'phone', p.phone) as patient,
        count(*) over ()::integer as count
      from appointments a join users p on p.id = a.patient_id
      where a.doctor_id = $1 and a.date >= $2::date and ${isStillToCome('a', 2)} and ${isReached('a.branch_id', '$5')}
        and exists (
          select from timeslots s
          where s.id = any (a.timeslot_id || a.further_timeslots) and s.is_scheduled and not exists (
            select from weekly_hours w
            where w.doctor_id = $1 and w.branch_id = s.branch_id and w.weekday = extract(isodow from s.date)
              and s.date between coalesce(w.valid_from, '-infinity') and coalesce(w.valid_until, 'infinity')
              and w.start_time <= s.start_time and s.end_time <= w.end_time))
      order by a.date, a.start_time, a.id limit $4`,
    values: [doctor, wall.date, wall.time, limit, branches],
  });
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count, ...visit }) => visit) };
}
