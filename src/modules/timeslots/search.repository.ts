import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Db } from '../../db/client.ts';
import { isOpenTo } from '../availability/bookable.sql.ts';
import { isBookable } from '../availability/people.sql.ts';
import { type Branches, isReached } from '../availability/reach.sql.ts';
import { SEARCH_LIMIT } from './search.rules.ts';
import type { OpenTimeslot } from './search.schemas.ts';

/**
 * Finds the earliest slots that somebody can have, across doctors, in two ways. A walk through the clinic's free slots in
 * order of time ends at the page's last row, however many doctors and booked slots there are. It is of no use where most of
 * what it meets does not count: then each doctor who counts is asked for their first slots. Neither way ever meets a booked
 * slot.
 */

export interface Search {
  now: Date;
  /** Slots must start later than this. */
  after: WallTime;
  /** The last day on which the waiting list's claim counts. */
  reach: string;
  /** The days that count, in order, at least one. Where `unbroken`, the first and the last of them. */
  days: readonly string[];
  unbroken: boolean;
  /** The times of day, HH:MM, between which a slot must lie. */
  starts: string;
  ends: string;
  /** Where a slot must lie. */
  branches: Branches;
  /** Both within what a search shows. */
  limit: number;
  offset: number;
  /** Only slots of this branch. */
  branch: number | undefined;
}

/** Which doctors count; null or undefined is any. */
export interface Narrowing {
  doctor?: number | undefined;
  specialization?: string | undefined;
  gender?: string | undefined;
  /** How many slots of each doctor are shown. */
  per_doctor?: number | undefined;
}

export interface Found {
  /** Exact up to SEARCH_LIMIT. */
  count: number;
  rows: OpenTimeslot[];
}

export interface SearchRow {
  count: number;
  cut: boolean;
  /** Null in the one row of an empty page. */
  id: number | null;
  date: string;
  start_time: string;
  end_time: string;
  branch: number;
  room: number | null;
  doctor: number;
  first_name: string | null;
  last_name: string | null;
  specialization: string | null;
}

export const toFound = (rows: SearchRow[]): Found => ({
  count: rows[0]?.count ?? 0,
  rows: rows.flatMap(({ id, doctor, first_name, last_name, specialization, ...row }) => {
    const { date, start_time, end_time, branch, room } = row;
    if (id === null) return [];
    const brief = { id: doctor, first_name, last_name, specialization };
    return [{ id, doctor: brief, date, start_time, end_time, branch, room }];
  }),
});

/** The parameters with which every search begins. */
export const searchValues = ({ now, after, days, starts, ends, limit, offset, reach }: Search): unknown[] => [
  after.date,
  after.time,
  days,
  starts,
  ends,
  now,
  limit,
  offset,
  reach,
];

/**
 * The doctor counts. It is asked for one slot after another, with a limit that tells the planner so: to join all at once it
 * would read every doctor.
 */
const bookable = isBookable('u', 'p');
/** What the indexes of free slots can tell. Each is a bound for them, so that they skip what lies outside. */
export const within = `not s.is_taken and (s.date, s.start_time) > ($1::date, $2::time)
  and s.start_time >= $4::time and s.start_time < $5::time`;
/** What only the row can tell. */
const open = `s.end_time <= $5::time
  and ${isOpenTo('null', { now: '$6', reach: '$9' })}`;
/** Days without gaps are asked for by their ends, which costs the index less than a list of them. */
export const onDays = (unbroken: boolean) =>
  unbroken ? 's.date between ($3::date[])[1] and ($3::date[])[2]' : 's.date = any ($3::date[])';

const page = (columns: string) =>
  `select counted.count, ${columns} from counted left join page on true order by page.date, page.start_time, page.id`;

/**
 * How many free slots a walk looks at: twice as many as a search shows, since some are held, or kept for the waiting list.
 * Only slots of doctors who cannot be booked come in greater numbers.
 */
const WALK = 2 * SEARCH_LIMIT;

export const narrowed = {
  doctor: (value: string) => `p.id = ${value}`,
  gender: (value: string) => `p.gender = ${value}`,
  // The value is folded once, not for each doctor.
  specialization: (value: string) => `search_fold(p.specialization) = (select specialization_fold(${value}))`,
};

/** Puts a value among the parameters of a statement, and gives the SQL for it. */
export const binder = (parameters: unknown[]) => (value: unknown) => `$${parameters.push(value)}`;
type Bind = ReturnType<typeof binder>;

/** The filters that have a value, and their conditions. */
function narrow(narrowing: Narrowing, bind: Bind) {
  const filters = (['doctor', 'gender', 'specialization'] as const).filter(
    (name) => narrowing[name] !== undefined,
  );
  return { filters, counts: filters.map((name) => narrowed[name](bind(narrowing[name]))) };
}

/** Where a slot must lie; only where it matters, so that everybody else's statement is the one it was. */
export function inPlace({ branch, branches }: Search, bind: Bind) {
  const named = branch === undefined ? [] : [`and s.branch_id = ${bind(branch)}`];
  const reached = branches === null ? [] : [`and ${isReached('s.branch_id', bind(branches))}`];
  return {
    there: [...named, ...reached].join(' '),
    shape: [...(branch === undefined ? [] : ['branch']), ...(branches === null ? [] : ['branches'])],
  };
}

/**
 * Of one branch the walk also looks for whom the narrowing leaves: where that branch is small, it is done before each doctor
 * would be asked, most of whom work elsewhere.
 * @returns undefined when the walk met so many slots that do not count that it does not know the answer
 */
export async function walk(db: Db, search: Search, narrowing: Narrowing = {}): Promise<Found | undefined> {
  const parameters = searchValues(search);
  const bind = binder(parameters);
  const place = inPlace(search, bind);
  const { filters, counts } = narrow(narrowing, bind);
  const { per_doctor } = narrowing;
  const free = `
    select s.* from timeslots s where ${within} and ${onDays(search.unbroken)} ${place.there}
    order by s.date, s.start_time, s.id limit ${WALK}`;
  const met = (columns: string) => `
    select s.id, s.date, s.start_time, s.end_time, s.branch_id as branch, s.room_id as room, d.* ${columns}
    from (${free}) s cross join lateral (
      select u.id as doctor, u.first_name, u.last_name, p.specialization
      from users u join doctor_profiles p on p.id = u.id
      where ${['u.id = s.doctor_id', bookable, ...counts].join(' and ')} limit 1
    ) d
    where ${open}`;
  const nth = ', row_number() over (partition by s.doctor_id order by s.date, s.start_time) as nth';
  const counted =
    per_doctor === undefined ? met('') : `select * from (${met(nth)}) s where nth <= ${bind(per_doctor)}`;
  const shape = [
    ...(search.unbroken ? [] : ['days']),
    ...place.shape,
    ...filters,
    ...(per_doctor === undefined ? [] : ['per']),
  ];
  const { rows } = await clientOf(db).query<SearchRow>({
    name: `timeslots.search:${['walk', ...shape].join()}`,
    text: `
      with shown as materialized (
        ${counted}
        order by s.date, s.start_time, s.id limit ${SEARCH_LIMIT}
      ), counted as (
        select count(*)::int as count from shown
      ), page as (
        select * from shown order by date, start_time, id limit $7 offset $8
      )
      ${page(`counted.count < ${SEARCH_LIMIT} and exists (select from (${free}) s offset ${WALK - 1}) as cut, page.*`)}`,
    values: parameters,
  });
  return rows[0]?.cut ? undefined : toFound(rows);
}

/**
 * Asks each doctor who counts. The first question is for as many slots of each as fill the page if all have equally many.
 * The last of these, in order of time, bounds what is read next, so that nobody's whole calendar is read.
 */
export async function askEach(
  db: Db,
  search: Search,
  narrowing: Narrowing & { per_doctor: number },
): Promise<Found> {
  const parameters = searchValues(search);
  const bind = binder(parameters);
  const most = bind(narrowing.per_doctor);
  const { filters, counts } = narrow(narrowing, bind);
  const place = inPlace(search, bind);
  const free = (limit: string, more = '') => `(
    select s.id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id from timeslots s
    where s.doctor_id = doctor.id and ${within} and ${onDays(search.unbroken)} and ${open} ${place.there} ${more}
    order by s.date, s.start_time limit least(${most}::int, ${limit})
  ) s`;
  const reach = '$7::int + $8::int';
  const { rows } = await clientOf(db).query<SearchRow>({
    name: `timeslots.search:${['each', ...filters, ...(search.unbroken ? [] : ['days']), ...place.shape].join()}`,
    text: `
      with doctor as materialized (
        select u.*, p.specialization, count(*) over ()::int as doctors
        from doctor_profiles p cross join lateral (
          select u.id, u.first_name, u.last_name from users u where u.id = p.id and ${bookable} limit 1
        ) u
        where ${['true', ...counts].join(' and ')}
      ), counted as materialized (
        select count(*)::int as count
        from (select from doctor cross join lateral ${free(String(SEARCH_LIMIT))} limit ${SEARCH_LIMIT}) shown
      ), ahead as materialized (
        select s.date, s.start_time
        from doctor cross join lateral ${free(`(${reach} + doctors - 1) / doctors`)}
      ), bound as materialized (
        select date, start_time from (
          (select date, start_time from ahead order by date, start_time limit 1 offset ${reach} - 1)
          union all select '9999-12-31', '24:00'
        ) either order by date, start_time limit 1
      ), page as (
        select s.id, s.date, s.start_time, s.end_time, s.branch_id as branch, s.room_id as room, doctor.id as doctor,
          first_name, last_name, specialization
        from doctor cross join bound cross join lateral ${free(
          reach,
          'and s.date <= bound.date and (s.date, s.start_time) <= (bound.date, bound.start_time)',
        )}
        order by s.date, s.start_time, s.id limit $7 offset $8
      )
      ${page('page.*')}`,
    values: parameters,
  });
  return toFound(rows);
}
