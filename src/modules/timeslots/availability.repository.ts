import type { Bounds } from '../../core/policy.ts';
import type { Db } from '../../db/client.ts';
import { boundValues, isBusy, isWithinNumber } from '../../db/slots.ts';
import type { Refusals } from './availability.rules.ts';

/** A slot, for whom, and which of their appointments would move to it, if any. */
export interface Wanted {
  timeslot: number;
  patient: number;
  moving?: number | undefined;
}

/** When and with whom a slot is, or was. */
export interface Place {
  doctor: number;
  date: string;
  start_time: string;
}

/** The visit by which somebody has a slot already. */
export interface OwnVisit {
  id: number;
  timeslot: number;
  date: string;
  start_time: string;
  end_time: string;
  status: string;
}

/**
 * Which rules refuse somebody a slot at this moment; all false when what refused it has gone meanwhile. `passing` is a
 * slot that waits to be offered to the next on the waiting list, `closed` one that a holiday took, `mine` the visit by
 * which they have it already.
 */
export async function whyRefused(
  db: Db,
  { timeslot, patient, moving }: Wanted,
  bounds: Bounds,
): Promise<(Refusals & Place & { mine: OwnVisit | null }) | undefined> {
  const { rows } = await db.$client.query<Refusals & Place & { mine: OwnVisit | null }>({
    name: 'timeslots.why-refused',
    text: `
      select
        not exists (select from users where id = $2 and role = 'patient' and is_active) as no_patient,
        d.id is null as no_slot,
        exists (
          select from closed_timeslots c join holidays h on h.date = c.date where c.timeslot_id = $1) as closed,
        coalesce((s.date, own.lasts) <= ($5::date, $6::time), false) as begun,
        coalesce((s.date, own.lasts) <= ($7::date, $8::time) and not own.held, false) as too_soon,
        coalesce(s.date > $9::date and not own.held, false) as too_far,
        coalesce(s.doctor_id = $2, false) as oneself,
        coalesce(s.is_taken, false) as taken,
        coalesce(s.held_until > $4 and s.held_by <> $2, false) as held,
        coalesce(s.is_waitlisted and s.date <= $10::date and (s.held_until is null or s.held_until <= $4), false) as passing,
        ${isBusy('$2', '$3::integer')} as busy,
        coalesce($3::integer is null and not ${isWithinNumber('$2', 4, '$12')}, false) as too_many,
        s.doctor_id as doctor, s.date, s.start_time,
        (select json_build_object(
            'id', a.id, 'timeslot', a.timeslot_id, 'date', a.date, 'start_time', to_char(a.start_time, 'HH24:MI'),
            'end_time', to_char(a.end_time, 'HH24:MI'), 'status', a.status)
          from appointments a
          where s.is_taken and a.timeslot_id = s.id and a.patient_id = $2 and a.status in ('pending', 'confirmed')) as mine
      from (values ($1::integer)) wanted (id)
      left join timeslots s on s.id = wanted.id
      left join users u on u.id = s.doctor_id and u.role = 'doctor' and u.is_active
      left join doctor_profiles d on d.id = u.id and d.approved_at is not null
      cross join lateral (
        select coalesce(s.held_by = $2 and s.held_until > $4, false),
          case when $11::boolean then s.end_time else s.start_time end
      ) own (held, lasts)`,
    values: [timeslot, patient, moving, ...boundValues(bounds), bounds.active_max],
  });
  return rows[0];
}

/** At the time of which of these slots a patient has an appointment, other than `except`. */
export async function busyAt(
  db: Db,
  patient: number,
  slots: readonly number[],
  except: number | null = null,
): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'timeslots.busy-at',
    text: `select s.id from timeslots s where s.id = any ($2) and ${isBusy('$1', '$3::integer')}`,
    values: [patient, slots, except],
  });
  return rows.map(({ id }) => id);
}
