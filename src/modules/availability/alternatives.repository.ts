import type { Db } from '../../db/client.ts';
import type { OpenTimeslot } from './availability.schemas.ts';
import { boundValues, canBeHad, isBusy } from './bookable.sql.ts';
import { isBookable, isDoctorHere } from './people.sql.ts';
import type { Bounds } from './policy.rules.ts';
import { type Branches, isReached } from './reach.sql.ts';
import type { Place } from './refusal.repository.ts';

/**
 * What somebody can have instead of a slot. The nearest of its own doctor are read from the index, whatever else there is.
 * Those of other doctors are found by a walk through the clinic's free slots on either side of the wanted time, which meets
 * the nearest first. Where few of these are of the specialization, each of its doctors is asked for theirs. Neither way ever
 * meets a booked slot.
 */

export interface AlternativeRow extends Place {
  cut: boolean;
  /** Null in the one row of an empty answer. */
  id: number | null;
  end_time: string;
  branch: number;
  room: number | null;
  first_name: string | null;
  last_name: string | null;
  specialization: string | null;
}

/** How many slots of the doctor an answer names, and how many of others. */
export const EACH = 3;
/** How many free slots a walk looks at on either side: 5 to 10 ms among a million slots; to ask 1,000 doctors takes 55. */
const WALK = 100;

/** For whom the slots are. */
export interface Whose {
  /** What they could not attend is left out. */
  patient?: number | undefined;
  /** An appointment that is to move: it can go to its own doctor only, unless that one is out. */
  moving?: number | undefined;
  /** Where they must lie; anywhere by default. */
  branches?: Branches;
}

const values = (
  { doctor, date, start_time }: Place,
  { patient, moving, branches = null }: Whose,
  bounds: Bounds,
) => [doctor, date, start_time, patient, moving, ...boundValues(bounds), branches];

const fits = `${canBeHad('null', 6)} and not ${isBusy('$4', '$5::integer')} and ${isReached('s.branch_id', '$14')}`;
const bookable = isBookable('u', 'd');
const colleaguesWillDo = `not exists (
  select from appointments moving join users own on own.id = moving.doctor_id
  where moving.id = $5::integer and ${isDoctorHere('own')})`;
/**
 * The doctors of the same specialization, from its index. Asked of each slot that a walk meets, `search_fold` would cost more
 * than all the rest: when 200 want one slot at once, 3.7 ms of the database's time for each against 1.1.
 */
const colleagues = `colleagues as materialized (
  select d.id from doctor_profiles d
  where d.id <> $1 and ${colleaguesWillDo}
    and search_fold(d.specialization) = (select search_fold(specialization) from doctor_profiles where id = $1))`;
const distance = 'abs(extract(epoch from s.date + s.start_time - ($2::date + $3::time)))';
const later = { is: '(s.date, s.start_time) >= ($2::date, $3::time)', order: 'asc' };
const earlier = { is: '(s.date, s.start_time) < ($2::date, $3::time)', order: 'desc' };

/** A doctor's nearest on one side. */
const ofDoctor = (doctor: string, side: typeof later) => `(
  select s.* from timeslots s where s.doctor_id = ${doctor} and not s.is_taken and ${side.is} and ${fits}
  order by s.date ${side.order}, s.start_time ${side.order} limit ${EACH})`;

/** The clinic's nearest on one side, whether they can be had or not. */
const ofClinic = (side: typeof later) => `(
  select s.*, ${side === later} as is_later from timeslots s
  where not s.is_taken and ${side.is} and (s.date, s.start_time) > ($7::date, $8::time) and s.date <= $11::date
  order by s.date ${side.order}, s.start_time ${side.order}, s.id ${side.order} limit ${WALK})`;

const columns = `s.id, s.doctor_id as doctor, s.date, s.start_time, s.end_time, d.specialization, u.first_name,
  u.last_name, s.branch_id as branch, s.room_id as room`;
const near = 'order by place, date, start_time, id';

/** What the search for services says in the same words. */
export const alternatives = {
  columns,
  distance,
  bookable,
  colleaguesWillDo,
  values,
  sides: [later, earlier],
};

/** @returns slots of that doctor first, then of others, each by how far off it is */
export async function findAlternatives(
  db: Db,
  place: Place,
  whose: Whose,
  bounds: Bounds,
): Promise<OpenTimeslot[]> {
  const { rows } = await db.$client.query<AlternativeRow>({
    name: 'availability.alternatives',
    text: `
      with own as (
        select ${columns}, ${distance} as place
        from (${ofDoctor('$1', later)} union all ${ofDoctor('$1', earlier)}) s
        join users u on u.id = s.doctor_id join doctor_profiles d on d.id = u.id
        where ${bookable} ${near} limit ${EACH}
      ), ${colleagues}, walked as materialized (
        ${ofClinic(later)} union all ${ofClinic(earlier)}
      ), others as materialized (
        select ${columns}, ${distance} as place, s.is_later
        from walked s join colleagues on colleagues.id = s.doctor_id
          join doctor_profiles d on d.id = s.doctor_id join users u on u.id = d.id
        where ${bookable} and ${fits}
      ), shown as (
        (select true as same, * from own)
        union all
        (select false, id, doctor, date, start_time, end_time, specialization, first_name, last_name, branch, room, place
         from others ${near} limit ${EACH})
      )
      select shown.*, ${colleaguesWillDo} and exists (
        select from walked group by is_later
        having count(*) = ${WALK} and (select count(*) from others where others.is_later = walked.is_later) < ${EACH}
      ) as cut
      from (values (1)) one left join shown on true order by same desc, place, date, start_time, id`,
    values: values(place, whose, bounds),
  });
  if (!rows[0]?.cut) return toSlots(rows);
  const own = rows.filter(({ doctor }) => doctor === place.doctor);
  return toSlots([...own, ...(await askColleagues(db, place, whose, bounds))]);
}

async function askColleagues(db: Db, place: Place, whose: Whose, bounds: Bounds): Promise<AlternativeRow[]> {
  const { rows } = await db.$client.query<AlternativeRow>({
    name: 'availability.alternatives:each',
    text: `
      with ${colleagues}
      select ${columns}, ${distance} as place
      from colleagues join doctor_profiles d on d.id = colleagues.id join users u on u.id = d.id
      cross join lateral (${ofDoctor('d.id', later)} union all ${ofDoctor('d.id', earlier)}) s
      where ${bookable} ${near} limit ${EACH}`,
    values: values(place, whose, bounds),
  });
  return rows;
}

export const toSlots = (rows: AlternativeRow[]): OpenTimeslot[] =>
  rows.flatMap(({ id, doctor, first_name, last_name, specialization, ...row }) => {
    const { date, start_time, end_time, branch, room } = row;
    if (id === null) return [];
    const brief = { id: doctor, first_name, last_name, specialization };
    return [{ id, doctor: brief, date, start_time, end_time, branch, room }];
  });
