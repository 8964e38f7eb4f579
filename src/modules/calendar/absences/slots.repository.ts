import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { isActive } from '../../availability/visits.sql.ts';
import type { Span, SpanAhead } from './absences.rules.ts';

interface SpanSlot {
  id: number;
  date: string;
  start_time: string;
  end_time: string;
}

/** A doctor's slots that touch a span and have not begun. The trigger `timeslots_not_in_absence` judges the same. */
const inSpan = `doctor_id = $1 and date between $2::date and $3::date and (date, start_time) > ($6::date, $7::time)
  and tsrange($2::date + $4::time, $3::date + $5::time) && tsrange(date + start_time, date + end_time)`;

const valuesOf = ({ doctor, from, to, start_time, end_time, after }: SpanAhead) => [
  doctor,
  from,
  to,
  start_time,
  end_time,
  after.date,
  after.time,
];

/** The first free slots, held and offered ones too, with how many there are in all. */
export async function listFreeSlots(executor: Executor, span: SpanAhead, limit: number) {
  const { rows } = await clientOf(executor).query<SpanSlot & { count: number }>({
    name: 'timeslots.free-during',
    text: `
      select id, date, start_time, end_time, count(*) over ()::integer as count from timeslots
      where ${inSpan} and not is_taken order by date, start_time limit $8`,
    values: [...valuesOf(span), limit],
  });
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count, ...slot }) => slot) };
}

/** Whether any of the slots, free or not, lies in none of these branches. */
export async function touchesElsewhere(
  executor: Executor,
  span: SpanAhead,
  branches: readonly number[],
): Promise<boolean> {
  const { rows } = await clientOf(executor).query<{ touches: boolean }>({
    name: 'timeslots.elsewhere-during',
    text: `select exists (select from timeslots where ${inSpan} and branch_id <> all ($8::integer[])) as touches`,
    values: [...valuesOf(span), branches],
  });
  return rows[0]?.touches === true;
}

/**
 * Whether the doctor's week has hours in none of these branches that lie in an absence, from a day on: slots come back there where
 * it is taken back. Of hours that lie in it on no day of two weeks, none does.
 */
export async function opensElsewhere(
  executor: Executor,
  { doctor, from, to, start_time, end_time }: Span,
  today: string,
  branches: readonly number[],
): Promise<boolean> {
  const { rows } = await clientOf(executor).query<{ opens: boolean }>({
    name: 'schedules.elsewhere-during',
    text: `
      select exists (
        select from weekly_hours w
        cross join lateral (
          select greatest($2::date, $6::date, w.valid_from) as first, least($3::date, w.valid_until) as last
        ) days
        cross join generate_series(0, least(days.last - days.first, 13)) day
        where w.doctor_id = $1 and w.branch_id <> all ($7::integer[])
          and w.weekday = extract(isodow from days.first + day)
          and tsrange($2::date + $4::time, $3::date + $5::time)
            && tsrange(days.first + day + w.start_time, days.first + day + w.end_time)) as opens`,
    values: [doctor, from, to, start_time, end_time, today, branches],
  });
  return rows[0]?.opens === true;
}

/**
 * Waits for whoever decides over one of these slots, and keeps everybody else from them. A long visit that touches the span
 * has slots outside of it, which become free with it: all are locked in one order.
 */
export async function lockSlots(tx: Tx, span: SpanAhead): Promise<void> {
  await clientOf(tx).query({
    name: 'timeslots.lock-during',
    text: `
      select from timeslots where id in (
        select id from timeslots where ${inSpan}
        union
        select unnest(a.timeslot_id || a.further_timeslots) from appointments a
        where a.doctor_id = $1 and a.date between $2::date and $3::date and ${isActive('a')} and a.further_timeslots <> '{}'
          and tsrange($2::date + $4::time, $3::date + $5::time) && tsrange(a.date + a.start_time, a.date + a.end_time))
      order by id for update`,
    values: valuesOf(span),
  });
}

/** Removes the slots that nobody has. The appointments that are to be cancelled are cancelled before. */
export async function removeFreeSlots(tx: Tx, span: SpanAhead): Promise<SpanSlot[]> {
  const { rows } = await clientOf(tx).query<SpanSlot>({
    name: 'timeslots.remove-during',
    text: `
      with removed as (delete from timeslots where ${inSpan} and not is_taken returning id, date, start_time, end_time)
      select * from removed order by date, start_time`,
    values: valuesOf(span),
  });
  return rows;
}
