import type { Db } from '../../db/client.ts';
import { boundValues, canBeHad, inFamily, isBusy } from './bookable.sql.ts';
import type { Bounds } from './policy.rules.ts';
import type { Wanted } from './refusal.repository.ts';
import type { ServiceRefusals } from './refusal.rules.ts';
import { freeRoom } from './rooms.sql.ts';
import { isForNewOrKnown, isOfAge, runFrom, slotsOf } from './services.sql.ts';

/** What of a service refuses a slot, and which slots of those that it would take wait to be offered. */
export interface WhyService extends ServiceRefusals {
  service: number;
  passing: number[];
}

const own = `coalesce((select a.timeslot_id || a.further_timeslots from appointments a where a.id = $3::integer), '{}')`;

/**
 * Which rules of a service refuse somebody the slots from one on; all are false when what refused it has gone meanwhile. A
 * visit that moves keeps its service, whoever gives it now, and was for its patient when it was booked: only their age on
 * the other day counts.
 * @returns undefined when there is no service, or no such slot
 */
export async function whyServiceRefused(
  db: Db,
  { timeslot, patient, moving, service, account }: Wanted,
  bounds: Bounds,
): Promise<WhyService | undefined> {
  const { rows } = await db.$client.query<WhyService>({
    name: 'availability.why-service',
    text: `
      with wanted as materialized (
        select coalesce((select service_id from appointments where id = $3::integer), $12::integer) as id
      )
      select wanted.id as service, $3::integer is null and (v.id is null or g.service_id is null) as not_given,
        not coalesce(${isOfAge('$2', 'first.date')} and ($3::integer is not null or ${isForNewOrKnown('$2')}), true)
          as not_for_patient,
        v.id is not null and (run.slots is null or whole.had < cardinality(run.slots)) as too_short,
        ${isBusy('$2', '$3::integer', 'first', 'whole.ends')} as busy,
        coalesce(v.room_kind is not null and whole.had = cardinality(run.slots) and ${freeRoom({
          now: '$4',
          branch: 'first.branch_id',
          kind: 'v.room_kind',
          date: 'first.date',
          starts: 'first.start_time',
          ends: 'whole.ends',
          slots: 'run.slots',
          patient: '$2',
          visit: '$3::integer',
          first: 'first.room_id',
        })} is null, false) as no_room,
        whole.passing
      from wanted
      join timeslots first on first.id = $1
      left join services v on v.id = wanted.id and (v.is_active or $3::integer is not null)
      left join doctor_services g on g.doctor_id = first.doctor_id and g.service_id = v.id
      cross join lateral (${runFrom('first', '$3::integer')}) run
      cross join lateral (
        select count(*) filter (where ${canBeHad(inFamily('$2', '$13'), 4, own)}) as had, max(s.end_time) as ends,
          coalesce(array_agg(s.id) filter (
            where s.is_waitlisted and s.date <= $10::date and (s.held_until is null or s.held_until <= $4)), '{}') as passing
        from (${slotsOf('run')}) s
      ) whole
      where wanted.id is not null`,
    values: [timeslot, patient, moving, ...boundValues(bounds), service, account],
  });
  return rows[0];
}

/** Whether the doctor of a slot gives services, so that one of them can be named. */
export async function doctorGivesServices(db: Db, timeslot: number): Promise<boolean> {
  const { rowCount } = await db.$client.query({
    name: 'availability.gives-services',
    text: `
      select from timeslots s join doctor_services g on g.doctor_id = s.doctor_id
      join services v on v.id = g.service_id and v.is_active
      where s.id = $1 limit 1`,
    values: [timeslot],
  });
  return rowCount === 1;
}
