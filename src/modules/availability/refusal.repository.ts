import type { Db } from '../../db/client.ts';
import { unseen } from '../../db/sql.ts';
import { boundValues, isBusy, isHeldByAccount, isWithinNumber } from './bookable.sql.ts';
import { isDoctorHere, isLetIn, isPatientHere } from './people.sql.ts';
import { isHoliday } from './places.sql.ts';
import type { Bounds } from './policy.rules.ts';
import type { Branches } from './reach.sql.ts';
import type { Refusals } from './refusal.rules.ts';
import { isActive } from './visits.sql.ts';

/** Which slot somebody wants. */
export interface Wanted {
  timeslot: number;
  patient: number;
  /** The appointment of theirs that would move to it; left out where they book. */
  moving?: number | undefined;
  /** The patient who asks, for themself or for one of their family. */
  account?: number | undefined;
  /** Where what is offered instead must lie; anywhere by default. */
  branches?: Branches;
  /** What they would come for. A visit that moves keeps its own. */
  service?: number | undefined;
  /** It is offered to them as it is: nobody asks for a service any more. */
  offered?: boolean;
}

/** When and with whom a slot is, or was. */
export interface Place {
  doctor: number;
  date: string;
  start_time: string;
}

/** The visit by which somebody has a slot already. */
interface OwnVisit {
  id: number;
  timeslot: number;
  date: string;
  start_time: string;
  end_time: string;
  status: string;
}

/** What refuses a slot, when and with whom it is, and the visit by which they have it already. */
export interface Why extends Refusals, Place {
  mine: OwnVisit | null;
}

/**
 * Which rules refuse each of these a slot at this moment, in their order; all are false when what refused it has gone meanwhile. `passing` says
 * that the slot waits to be offered to the next on the waiting list, `closed` that a holiday took it or the closing of its branch.
 */
export async function whyRefused(
  db: Db,
  wanted: readonly Pick<Wanted, 'timeslot' | 'patient' | 'moving' | 'account'>[],
  bounds: Bounds,
): Promise<Why[]> {
  const { rows } = await db.$client.query<Why>({
    name: 'availability.why-refused',
    text: `
      select
        not exists (select from users p where p.id = wanted.patient and ${isPatientHere('p')}) as no_patient,
        d.id is null as no_slot,
        exists (
          select from closed_timeslots c where c.timeslot_id = wanted.id and (
            ${isHoliday('c', 'c.branch_id')}
            or exists (select from branches b where b.id = c.branch_id and not b.is_active))) as closed,
        coalesce((s.date, own.lasts) <= ($5::date, $6::time), false) as begun,
        coalesce((s.date, own.lasts) <= ($7::date, $8::time) and not own.held, false) as too_soon,
        coalesce(s.date > $9::date and not own.held, false) as too_far,
        coalesce(s.doctor_id = wanted.patient, false) as oneself,
        coalesce(s.is_taken, false) and not exists (
          select from appointments own
          where own.id = wanted.moving and s.id = any (own.timeslot_id || own.further_timeslots) and ${isActive('own')}) as taken,
        coalesce(s.held_until > $4, false) and not own.held as held,
        coalesce(s.is_waitlisted and s.date <= $10::date and (s.held_until is null or s.held_until <= $4), false) as passing,
        ${isBusy('wanted.patient', 'wanted.moving')} as busy,
        coalesce(wanted.moving is null and not ${isWithinNumber('wanted.patient', 4, '$12')}, false) as too_many,
        s.doctor_id as doctor, s.date, s.start_time,
        (select json_build_object(
            'id', a.id, 'timeslot', a.timeslot_id, 'date', a.date, 'start_time', to_char(a.start_time, 'HH24:MI'),
            'end_time', to_char(a.end_time, 'HH24:MI'), 'status', a.status)
          from appointments a
          where s.is_taken and a.patient_id = wanted.patient and a.date = s.date and ${isActive('a')}
            and s.id = any (a.timeslot_id || a.further_timeslots)) as mine
      from unnest(${unseen('$1', 'integer[]')}, ${unseen('$2', 'integer[]')}, ${unseen('$3', 'integer[]')},
        ${unseen('$13', 'integer[]')})
        with ordinality wanted (id, patient, moving, account, nth)
      left join timeslots s on s.id = wanted.id
      left join users u on u.id = s.doctor_id and ${isDoctorHere('u')}
      left join doctor_profiles d on d.id = u.id and ${isLetIn('d')}
      cross join lateral (
        select coalesce((s.held_by = wanted.patient or ${isHeldByAccount('wanted.account')}) and s.held_until > $4, false),
          case when $11::boolean then s.end_time else s.start_time end
      ) own (held, lasts)
      order by wanted.nth`,
    values: [
      wanted.map(({ timeslot }) => timeslot),
      wanted.map(({ patient }) => patient),
      wanted.map(({ moving }) => moving ?? null),
      ...boundValues(bounds),
      bounds.active_max,
      wanted.map(({ account }) => account ?? null),
    ],
  });
  return rows;
}
