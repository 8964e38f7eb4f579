import type { WallOffsets } from '../../core/clock.ts';
import type { Locale } from '../../core/words.ts';
import { clientOf, type Executor } from '../../db/client.ts';
import { nameOrder } from '../../db/search.ts';
import type { Grouping, Measures } from './statistics.schemas.ts';

/** By what rows `x` of timeslots and of appointments are counted together; never null, so that both can be joined on it. */
const keys: Record<Grouping, string> = {
  day: 'x.date',
  // Its Monday, by numbers of days: a million calls of date_trunc take three times as long.
  week: "x.date - (x.date - date '0001-01-01') % 7",
  month: "date_trunc('month', x.date::timestamp)::date",
  doctor: 'x.doctor_id',
  // However it is written: the directory finds them together too.
  specialization: 'd.folded',
  branch: 'x.branch_id',
  // Weekday and hour as one number: 2 and 10 are 210. 1 January of the year 1 was a Monday.
  hour: "((x.date - date '0001-01-01') % 7 + 1) * 100 + extract(hour from x.start_time)::int",
};

/** What else a row shows of its key, and by what rows are in order. */
const shown: Record<Grouping, { columns: string; from: string; order: (reader: Locale) => string }> = {
  day: { columns: 'key::date as period', from: '', order: () => 'key' },
  week: { columns: 'key::date as period', from: '', order: () => 'key' },
  month: { columns: 'key::date as period', from: '', order: () => 'key' },
  doctor: {
    columns: 'key::integer as doctor_id, u.first_name, u.last_name',
    from: 'left join users u on u.id = key',
    order: (reader) => `${nameOrder('u.last_name', reader)}, ${nameOrder('u.first_name', reader)}, key`,
  },
  specialization: {
    columns: 'n.name as specialization',
    // Of its spellings the commonest is shown.
    from: `left join (
      select folded, mode() within group (order by specialization) as name from doctor group by folded
    ) n on n.folded = key`,
    order: (reader) => `${nameOrder('n.name', reader)} nulls last, key`,
  },
  branch: {
    columns: 'key::integer as branch_id, b.name as branch_name',
    from: 'left join branches b on b.id = key',
    order: () => 'key',
  },
  hour: { columns: 'key / 100 as weekday, key % 100 as hour', from: '', order: () => 'key' },
};

export interface StatisticsRowOf extends Measures {
  is_total: boolean;
  period?: string;
  doctor_id?: number;
  first_name?: string | null;
  last_name?: string | null;
  specialization?: string | null;
  branch_id?: number;
  branch_name?: string | null;
  weekday?: number;
  hour?: number;
}

/**
 * The rows of a range and their total, in one statement that reads each of the two tables once. It has no name: planned
 * for its own range each time, it reads a week by index and ten years from end to end, where a plan for any range would
 * go through the index row by row.
 */
export async function countVisits(
  executor: Executor,
  by: Grouping,
  {
    from,
    to,
    doctor,
    branch,
    offsets,
  }: {
    from: string;
    to: string;
    doctor: number | undefined;
    branch: number | undefined;
    offsets: WallOffsets;
  },
  reader: Locale,
): Promise<StatisticsRowOf[]> {
  const joined = by === 'specialization' ? 'join doctor d on d.id = x.doctor_id' : '';
  const where = `where x.date between $1 and $2 and ($3::integer is null or x.doctor_id = $3)
    and ($6::integer is null or x.branch_id = $6)`;
  const { columns, from: names, order } = shown[by];
  const { rows } = await clientOf(executor).query<StatisticsRowOf>({
    text: `
      with doctor as materialized (
        select id, specialization, coalesce(search_fold(specialization), '') as folded from doctor_profiles
      ), slots as (
        select grouping(key) = 1 as is_total, key, count(*) as published, count(*) filter (where is_taken) as held
        from (select ${keys[by]} as key, x.is_taken from timeslots x ${joined} ${where}) as slot
        group by grouping sets ((key), ())
      ), visits as (
        select grouping(key) = 1 as is_total, key, count(*) as booked,
          count(*) filter (where status = 'cancelled') as cancelled,
          count(*) filter (where cancelled_late) as late_cancelled,
          count(*) filter (where attendance = 'no_show') as no_shows,
          count(*) filter (where attendance = 'completed') as completed,
          count(*) filter (where status = 'expired') as expired,
          percentile_cont(0.5) within group (order by lead) / 3600 as lead_hours
        from (
          select ${keys[by]} as key, x.status, x.cancelled_late, x.attendance,
            date_part('epoch', x.date + x.start_time) - date_part('epoch', x.created_at)
              - ($5::int[])[1 + width_bucket(x.date + x.start_time, $4::timestamp[])] as lead
          from appointments x ${joined} ${where}
        ) as visit
        group by grouping sets ((key), ())
      ), counted as (
        select coalesce(s.is_total, v.is_total) as is_total, coalesce(s.key, v.key) as key,
          coalesce(published, 0) as published, coalesce(booked, 0) as booked, coalesce(cancelled, 0) as cancelled,
          coalesce(late_cancelled, 0) as late_cancelled, coalesce(no_shows, 0) as no_shows,
          coalesce(completed, 0) as completed, coalesce(expired, 0) as expired,
          round(held::numeric / nullif(published, 0), 4)::float8 as fill_rate,
          round(lead_hours::numeric, 1)::float8 as median_lead_time_hours
        from slots s
        -- The total has no key: it is put beside the total by a key of its own.
        full join visits v on (s.is_total, coalesce(s.key::text, '')) = (v.is_total, coalesce(v.key::text, ''))
      )
      select is_total, ${columns}, published, booked, cancelled, late_cancelled, no_shows, completed, fill_rate,
        median_lead_time_hours, expired
      from counted ${names}
      order by is_total desc, ${order(reader)}`,
    values: [from, to, doctor, offsets.since, offsets.seconds, branch],
  });
  return rows;
}
