import { COUNT_LIMIT, type Page, type PageRequest } from '../../core/page.ts';
import { clientOf, type Db } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import { doctorIsBookable, isOpenTo } from '../availability/bookable.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';
import { type Branches, isReached } from '../availability/reach.sql.ts';
import { fitsFrom, mayFit } from '../availability/services.sql.ts';
import type { Timeslot } from './timeslots.schemas.ts';

export interface FreePage extends Page<Timeslot> {
  /** When the first hold ends by itself, ISO 8601; null when nothing is held, or the page has no row. */
  held_until: string | null;
}

/** Whose slots count, and where. */
interface Shown {
  /** Also the slot that has begun and is not over. */
  running: boolean;
  branches: Branches;
  /** Only in this one. */
  branch: number | undefined;
}

/** The doctor's slots between two days that nobody has booked. @param from the number of the first parameter of a place */
const untaken = ({ running, branches, branch }: Shown, from = 10) => {
  const inBranches = [
    ...(branches ? [`and ${isReached('s.branch_id', `$${from}`)}`] : []),
    ...(branch ? [`and s.branch_id = $${branches ? from + 1 : from}`] : []),
  ].join(' ');
  return `s.doctor_id = $1 and s.date between $2 and $3 and not s.is_taken ${inBranches}
  and (s.date, ${running ? 's.end_time' : 's.start_time'}) > ($4::date, $5::time)`;
};
const isFree = (shown: Shown) => `${untaken(shown)}
  and ${isOpenTo('null', { now: '$6', reach: '$7' })}`;

/** The slots from which a service of the doctor fits. */
const given = (service: string) => `
  join doctor_services g on g.doctor_id = s.doctor_id and g.service_id = ${service}
  join services v on v.id = g.service_id and v.is_active`;
const fits = `${mayFit('s')} and ${fitsFrom('s', `not s.is_taken and ${isOpenTo('null', { now: '$6', reach: '$7' })}`, '$6')}`;

/**
 * A doctor's bookable slots of several days, a first page for each day, as `listFree` finds them: in one statement. That of a
 * day counts its rows, looks for holds and reads the page, each by itself; here each row is read once.
 * @param days one after another
 */
export async function listFreeDays(
  db: Db,
  doctor: number,
  days: readonly string[],
  { now, after, reach, running }: Pick<Bounds, 'now' | 'after' | 'reach' | 'running'>,
  page_size: number,
  { branches = null, branch }: { branches?: Branches; branch?: number | undefined } = {},
): Promise<FreePage[]> {
  const shown = { running, branches, branch };
  const place = [...(branches ? [branches] : []), ...(branch ? [branch] : [])];
  const shape = [
    ...(running ? [':running'] : []),
    ...(branches ? [':branches'] : []),
    ...(branch ? [':branch'] : []),
  ];
  type Row = Timeslot & { is_free: boolean; held_until: string | null };
  const { rows } = await clientOf(db).query<Row>({
    name: `timeslots.free-days${shape.join('')}`,
    text: `
      select s.id, s.doctor_id as doctor, s.date, s.start_time, s.end_time, s.branch_id as branch, s.room_id as room,
        true as is_available, ${isOpenTo('null', { now: '$6', reach: '$7' })} as is_free,
        case when s.held_until > $6 then s.held_until end as held_until
      from timeslots s
      where ${untaken(shown, 8)} and (select ${doctorIsBookable} from (select $1::integer as doctor_id) s)
      order by s.date, s.start_time`,
    values: [doctor, days[0], days.at(-1), after.date, after.time, now, reach, ...place],
  });
  const byDay = Map.groupBy(rows, ({ date }) => date);
  return days.map((day) => {
    const all = byDay.get(day) ?? [];
    const free = all.filter(({ is_free }) => is_free);
    const held = all.flatMap(({ held_until }) => held_until ?? []).toSorted();
    return {
      count: free.length,
      more: free.length > page_size,
      held_until: free.length > 0 ? (held[0] ?? null) : null,
      rows: free.slice(0, page_size).map(({ is_free, held_until, ...row }) => row),
    };
  });
}

/**
 * A doctor's bookable slots, soonest first.
 * @param where the first and the last of the days; the branch, if only one counts
 * @param only where they may lie, and from which a service fits
 */
export async function listFree(
  db: Db,
  doctor: number,
  { branch, ...days }: { from: string; to: string; branch?: number | undefined },
  { now, after, reach, running }: Pick<Bounds, 'now' | 'after' | 'reach' | 'running'>,
  page: PageRequest,
  { branches = null, service }: { branches?: Branches; service?: number | undefined } = {},
): Promise<FreePage> {
  const shown = { running, branches, branch };
  const place = [...(branches ? [branches] : []), ...(branch ? [branch] : [])];
  const slots = service === undefined ? 'timeslots s' : `timeslots s ${given(`$${10 + place.length}`)}`;
  const free = service === undefined ? isFree(shown) : `${isFree(shown)} and ${fits}`;
  const shape = [
    ...(running ? [':running'] : []),
    ...(branches ? [':branches'] : []),
    ...(branch ? [':branch'] : []),
    ...(service === undefined ? [] : [':service']),
    ...(page.cursor === undefined ? [] : [`:after${page.cursor === null ? '' : ':place'}`]),
  ].join('');
  const { cursor } = page;
  const before = 9 + place.length + (service === undefined ? 0 : 1);
  const isAfter = cursor ? `and (s.date, s.start_time) > ($${before + 1}::date, $${before + 2}::time)` : '';
  const count = `(select count(*)::integer from (select from ${slots} where ${free} limit ${COUNT_LIMIT}) counted)`;
  const run = async (window: { limit: number; offset: number }) => {
    const { rows } = await clientOf(db).query<Timeslot & { count: number; held_until: string | null }>({
      name: `timeslots.free${shape}`,
      text: `
        select s.id, s.doctor_id as doctor, s.date, s.start_time, s.end_time, s.branch_id as branch, s.room_id as room,
          true as is_available, ${cursor === undefined ? count : '0'} as count,
          (select min(s.held_until) from timeslots s where ${untaken(shown)} and s.held_until > $6) as held_until
        from ${slots}
        where ${free} and (select ${doctorIsBookable} from (select $1::integer as doctor_id) s) ${isAfter}
        order by s.date, s.start_time limit $8 offset $9`,
      values: [
        ...[doctor, days.from, days.to, after.date, after.time, now, reach, window.limit, window.offset],
        ...place,
        ...(service === undefined ? [] : [service]),
        ...(cursor ?? []),
      ],
    });
    return rows;
  };
  const found = await fetchPage(page, run, ({ date, start_time }) => [date, start_time]);
  return {
    ...found,
    held_until: found.rows[0]?.held_until ?? null,
    rows: found.rows.map(({ held_until, ...row }) => row),
  };
}
