import { clientOf, type Db } from '../../db/client.ts';
import { isOpenTo } from '../availability/bookable.sql.ts';
import { isBookable } from '../availability/people.sql.ts';
import { fitsFrom, mayFit, serviceMinutes } from '../availability/services.sql.ts';
import {
  binder,
  type Found,
  inPlace,
  type Narrowing,
  narrowed,
  onDays,
  type Search,
  type SearchRow,
  searchValues,
  toFound,
  within,
} from './search.repository.ts';
import { SEARCH_LIMIT } from './search.rules.ts';

/**
 * Finds the earliest slots from which a service fits. Where no free slot is as long as the service, only slots are looked at
 * that are followed by a free one, which `runs_on` tells: of a million slots, 95 % of them booked, these are some thousands.
 * Few doctors are asked one after another, for many the clinic's slots are walked through in order of time.
 */

type Wanted = Narrowing & { service: number; per_doctor: number };

/** As many doctors are asked each for theirs. */
const ASKED = 200;
/** How many slots a walk looks at in one statement, and how many statements it takes at most. */
const WINDOW = 2_000;
const WINDOWS = 5;

interface Givers {
  /** Up to ASKED, and one for more. */
  doctors: number;
  /** Some free slot is as long as the service. */
  has_long: boolean;
}

const FILTERS = ['doctor', 'gender', 'specialization'] as const;
const filtersOf = (wanted: Wanted) => FILTERS.filter((name) => wanted[name] !== undefined);
const conditionsOf = (wanted: Wanted, from: number) =>
  filtersOf(wanted).map((name, index) => `and ${narrowed[name](`$${from + index}`)}`);
const valuesOf = (wanted: Wanted) => filtersOf(wanted).map((name) => wanted[name]);

const GIVEN = `
  doctor_services g join services v on v.id = g.service_id and v.is_active
  join doctor_profiles p on p.id = g.doctor_id join users u on u.id = p.id and ${isBookable('u', 'p')}`;

async function findGivers(db: Db, { after }: Search, wanted: Wanted): Promise<Givers> {
  const { rows } = await clientOf(db).query<Givers>({
    name: `timeslots.search:givers:${filtersOf(wanted).join()}`,
    text: `
      with givers as materialized (
        select from ${filtersOf(wanted).length > 0 ? GIVEN : 'doctor_services g'}
        where g.service_id = $1 ${conditionsOf(wanted, 3).join(' ')} limit ${ASKED + 1}
      ), shortest as materialized (
        select min(${serviceMinutes}) as minutes from services v join doctor_services g on g.service_id = v.id where v.id = $1
      )
      select (select count(*)::integer from givers) as doctors, exists (
        select from timeslots s
        where not s.is_taken and s.end_time - s.start_time >= interval '5 minutes'
          and s.end_time - s.start_time >= make_interval(mins => (select minutes from shortest))
          and s.date >= $2::date) as has_long`,
    values: [wanted.service, after.date, ...valuesOf(wanted)],
  });
  return rows[0] ?? { doctors: 0, has_long: false };
}

const isOpen = isOpenTo('null', { now: '$6', reach: '$9' });
/** What is asked of a slot on from which it is to fit, and of each that it takes. */
const fits = (has_long: boolean) => `
  s.end_time <= $5::time and ${isOpen}
  ${has_long ? `and ${mayFit('s')}` : ''}
  and ${fitsFrom('s', `not s.is_taken and ${isOpen}`, '$6', { also: 'whole.ends <= $5::time' })}`;
const shown = `s.id, s.date, s.start_time, s.end_time, s.branch_id as branch, s.room_id as room, u.id as doctor, u.first_name, u.last_name, p.specialization`;
/** What an index tells: every free slot, or those that are followed by one. */
const candidates = (has_long: boolean, unbroken: boolean) =>
  `${has_long ? '' : 's.runs_on and '}${within} and ${onDays(unbroken)}`;

/** Each doctor who gives it, for as many as are shown. */
async function askEach(db: Db, search: Search, wanted: Wanted, has_long: boolean): Promise<SearchRow[]> {
  const { unbroken } = search;
  const parameters = [
    ...searchValues({ ...search, limit: SEARCH_LIMIT }),
    wanted.service,
    wanted.per_doctor,
    ...valuesOf(wanted),
  ];
  const place = inPlace(search, binder(parameters));
  const { rows } = await clientOf(db).query<SearchRow>({
    name: `timeslots.search:service,each:${[has_long, unbroken, ...filtersOf(wanted), ...place.shape].join()}`,
    text: `
      select ${shown}
      from ${GIVEN} cross join lateral (
        select s.* from timeslots s
        where s.doctor_id = g.doctor_id and ${candidates(has_long, unbroken)} ${place.there} and ${fits(has_long)}
        order by s.date, s.start_time limit least($11::integer, $7::integer)
      ) s
      where g.service_id = $10 and $8::integer >= 0 ${conditionsOf(wanted, 12).join(' ')}
      order by s.date, s.start_time, s.id limit $7`,
    values: parameters,
  });
  return rows;
}

interface Step extends SearchRow {
  /** Whether it fits; the last of the slots that were looked at says where to go on. */
  fits: boolean;
}

/** The clinic's slots in order of time, until enough fit. */
async function walk(db: Db, search: Search, wanted: Wanted, has_long: boolean): Promise<SearchRow[]> {
  const { unbroken } = search;
  const found: SearchRow[] = [];
  const seen = new Map<number, number>();
  let from = { date: search.after.date, start_time: '00:00', id: 0 };
  for (let window = 0; window < WINDOWS && found.length < SEARCH_LIMIT; window += 1) {
    const parameters = [
      ...searchValues({ ...search, limit: WINDOW }),
      ...[wanted.service, from.date, from.start_time, from.id],
      ...valuesOf(wanted),
    ];
    const place = inPlace(search, binder(parameters));
    const { rows } = await clientOf(db).query<Step>({
      name: `timeslots.search:service,walk:${[has_long, unbroken, ...filtersOf(wanted), ...place.shape].join()}`,
      text: `
        with walked as materialized (
          select s.* from timeslots s
          where ${candidates(has_long, unbroken)} ${place.there}
            and (s.date, s.start_time, s.id) > ($11::date, $12::time, $13::integer) and $8::integer >= 0
          order by s.date, s.start_time, s.id limit $7
        ), service as materialized (
          select * from services where id = $10 and is_active
        ), fit as materialized (
          select s.* from walked s cross join service v
          join doctor_services g on g.doctor_id = s.doctor_id and g.service_id = v.id
          where ${fits(has_long)}
        ), fitting as (
          select ${shown}, true as fits
          from fit s
          cross join lateral (select * from doctor_profiles where id = s.doctor_id limit 1) p
          cross join lateral (select * from users where id = s.doctor_id limit 1) u
          where ${isBookable('u', 'p')} ${conditionsOf(wanted, 14).join(' ')}
        ), last as (
          select s.id, s.date, s.start_time, s.end_time, s.branch_id, s.room_id, null::integer, null, null, null, false
          from walked s order by s.date desc, s.start_time desc, s.id desc limit 1 offset 0
        )
        select * from fitting union all select * from last where (select count(*) from walked) = $7
        order by date, start_time, id, fits desc`,
      values: parameters,
    });
    for (const row of rows.filter((step) => step.fits)) {
      const before = seen.get(row.doctor) ?? 0;
      seen.set(row.doctor, before + 1);
      if (before < wanted.per_doctor) found.push(row);
    }
    const last = rows.findLast((step) => !step.fits);
    if (!last?.id) break;
    from = { date: last.date, start_time: last.start_time, id: last.id };
  }
  return found.slice(0, SEARCH_LIMIT);
}

/** @returns the page of what fits; its count is exact up to SEARCH_LIMIT, or as far as a walk looks */
export async function searchForService(db: Db, search: Search, wanted: Wanted): Promise<Found> {
  const { doctors, has_long } = await findGivers(db, search, wanted);
  if (doctors === 0) return { count: 0, rows: [] };
  const find = doctors <= ASKED ? askEach : walk;
  const rows = await find(db, search, wanted, has_long);
  const { offset, limit } = search;
  return { count: rows.length, rows: toFound(rows.slice(offset, offset + limit)).rows };
}
