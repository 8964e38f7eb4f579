import type { Db } from '../../db/client.ts';
import { type AlternativeRow, alternatives, EACH, toSlots, type Whose } from './alternatives.repository.ts';
import type { OpenTimeslot } from './availability.schemas.ts';
import { canBeHad, isBusy } from './bookable.sql.ts';
import type { Bounds } from './policy.rules.ts';
import { isReached } from './reach.sql.ts';
import type { Place } from './refusal.repository.ts';
import { fitsFrom, mayFit } from './services.sql.ts';

const { columns, distance, bookable, colleaguesWillDo, sides, values } = alternatives;

/** The patient has no other visit in the whole time. */
const isFreeFor = `not ${isBusy('$4', '$5::integer', 's', 'whole.ends')}`;

const nearest = sides.map(
  ({ is, order }) => `(
    select s.* from timeslots s
    where s.doctor_id = d.id and not s.is_taken and ${is} and ${isReached('s.branch_id', '$14')} and ${mayFit('s')}
      and ${fitsFrom('s', canBeHad('null', 6), '$6', { visit: '$5::integer', also: isFreeFor })}
    order by s.date ${order}, s.start_time ${order} limit ${EACH})`,
);

/**
 * What somebody can have of a service instead of a slot: the nearest starts from which it fits, of its doctor and then of
 * others who give it. Of one that is given no more there is nothing, unless a visit for it moves.
 */
export async function findServiceAlternatives(
  db: Db,
  place: Place,
  whose: Whose & { service: number },
  bounds: Bounds,
): Promise<OpenTimeslot[]> {
  const { rows } = await db.$client.query<AlternativeRow>({
    name: 'availability.alternatives:service',
    text: `
      with near as materialized (
        select d.id = $1 as same, ${columns}, ${distance} as place
        from doctor_services g join services v on v.id = g.service_id and (v.is_active or $5::integer is not null)
        join doctor_profiles d on d.id = g.doctor_id join users u on u.id = d.id
        cross join lateral (${nearest.join(' union all ')}) s
        where g.service_id = $15 and ${bookable} and (d.id = $1 or ${colleaguesWillDo})
      ), ranked as (
        select near.*, row_number() over (partition by same order by place, date, start_time, id) as rank from near
      )
      select * from ranked where rank <= ${EACH} order by same desc, place, date, start_time, id`,
    values: [...values(place, whose, bounds), whose.service],
  });
  return toSlots(rows);
}
