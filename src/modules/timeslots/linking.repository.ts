import { clientOf, type Tx } from '../../db/client.ts';

/**
 * Writes which of a doctor's slots are followed by one that nobody has booked (`runs_on`), on one day, or from a day on. They
 * are locked in the order of their ids; what is right already is not written again. Triggers keep it from then on.
 */
export async function linkSlots(tx: Tx, doctor: number, from: string, to: string): Promise<void> {
  const values = [doctor, from, to];
  await clientOf(tx).query({
    name: 'timeslots.lock-to-link',
    text: 'select from timeslots where doctor_id = $1 and date between $2 and $3 order by id for no key update',
    values,
  });
  await clientOf(tx).query({
    name: 'timeslots.link',
    text: `
      update timeslots t set runs_on = l.follows
      from (
        select s.id, coalesce(
          lead(s.start_time) over day - s.end_time <= make_interval(mins => s.break_minutes)
            and not lead(s.is_taken) over day and lead(s.branch_id) over day = s.branch_id
            and lead(s.room_id) over day is not distinct from s.room_id, false) as follows
        from timeslots s where s.doctor_id = $1 and s.date between $2 and $3
        window day as (partition by s.date order by s.start_time)
      ) l
      where t.id = l.id and t.runs_on <> l.follows`,
    values,
  });
}
