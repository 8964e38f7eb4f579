import { ADULT, bornBy } from '../../core/age.ts';
import type { QuietHours } from '../../core/quiet.ts';
import { clientOf, type Tx } from '../../db/client.ts';
import { appointmentsAhead, isBusy } from '../availability/bookable.sql.ts';
import { isPatientHere } from '../availability/people.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';
import { isActive, isLapsed } from '../availability/visits.sql.ts';
import { readersOf } from '../patients/families/guardians.sql.ts';
import type { ClaimedSlot } from './claims.repository.ts';
import { isLive } from './entries.repository.ts';

/** The lock under which the list is gone through, for one offer at a time: so the order of joining is exact. */
const LIST = 7_420_136;

/** Nobody else goes through the list until the transaction ends, which is some milliseconds later. */
export async function lockList(tx: Tx): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-list',
    text: 'select pg_advisory_xact_lock($1)',
    values: [LIST],
  });
}

/** Ends the offer of a locked slot that nobody answered. Whoever had it waits on, in their place. */
export async function lapseOffer(tx: Tx, timeslot: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lapse',
    text: `
      with offer as (
        update waitlist_offers set outcome = 'lapsed' where timeslot_id = $1 and outcome is null returning entry_id
      )
      update waitlist_entries set status = 'waiting' from offer where id = offer.entry_id and status = 'offered'`,
    values: [timeslot],
  });
}

/**
 * Whether the person who waits with the entry `e` could come to the slot `$1`. It is asked of one after another, in the order
 * of joining, until somebody can. Those who had this offer before, since the slot became free, are passed over, by whichever
 * of their wishes it came. So are those who have a visit, or another offer, at that time. The visit that an offer would
 * replace is in nobody's way, unless it has begun.
 */
const COULD_COME = `(
  select case
    when not exists (select from users u where u.id = e.patient_id and ${isPatientHere('u')}) then false
    when exists (
      select from waitlist_offers o join waitlist_entries mine on mine.id = o.entry_id
      where o.timeslot_id = s.id and o.freeing = s.freeing and mine.patient_id = e.patient_id
        and (mine.id = e.id or ${isLive('mine')})) then false
    when exists (
      select from appointments r
      where r.id = e.replaces_id and ${isActive('r')} and not ${isLapsed('r', 3)}
        and ((r.date, r.start_time) <= ($3::date, $4::time) or r.attendance in ('completed', 'no_show'))) then false
    when ${isBusy('e.patient_id', 'e.replaces_id')} then false
    when exists (
      select from timeslots o
      where o.is_waitlisted and o.held_by = e.patient_id and o.held_until > $2::timestamptz and o.date = s.date
        and o.start_time < s.end_time and s.start_time < o.end_time) then false
    when $5::integer is not null then ${appointmentsAhead('e.patient_id', 2, 'e.replaces_id')} < $5
    else true
  end
  from timeslots s where s.id = $1)`;

/**
 * The first of those who wish for the slot in one way. The index of that way is read no further than it must be. `+ 0` keeps
 * the planner from the index of the last days, in whose order everybody would be judged before the first is known.
 */
const firstOf = (wish: string): string => `
  (select e.id as entry, e.patient_id as patient, e.created_at from waitlist_entries e
   where e.status = 'waiting' and ${wish} and $8::date >= e."from" and $8::date <= e."to" + 0
     and $9::time >= coalesce(e.after, '00:00') and $10::time <= coalesce(e.before, '24:00')
     and e.patient_id <> $6 and ${COULD_COME}
   order by e.created_at, e.id limit 1)`;

export interface First {
  entry: number;
  patient: number;
  /** The quiet hours of all who are told: the patient's, or of those who look after them. */
  hours: QuietHours[];
}

/** Who is offered a locked slot: the first by time of joining who wants it and could come. It also tells when those sleep who are told. */
export async function findFirst(
  tx: Tx,
  { id, doctor, specialization, date, start_time, end_time }: ClaimedSlot,
  { now, wall, active_max }: Bounds,
): Promise<First | undefined> {
  const { rows } = await clientOf(tx).query<First>({
    name: 'waitlist.first',
    text: `
      select entry, patient, (
          select json_agg(json_build_object('quiet', coalesce(p.quiet, true),
            'quiet_from', to_char(coalesce(p.quiet_from, '22:00'), 'HH24:MI'),
            'quiet_until', to_char(coalesce(p.quiet_until, '08:00'), 'HH24:MI')))
          from (${readersOf('first.patient', '$11')}) reader left join notification_preferences p on p.user_id = reader.id
        ) as hours
      from (
        select entry, patient
        from (${firstOf('e.doctor_id = $6')} union all ${firstOf('search_fold(e.specialization) = search_fold($7)')}) first
        order by created_at, entry limit 1
      ) first`,
    values: [
      id,
      now,
      wall.date,
      wall.time,
      active_max,
      doctor,
      specialization,
      date,
      start_time,
      end_time,
      bornBy(wall.date, ADULT),
    ],
  });
  return rows[0];
}

/**
 * Offers a locked slot to somebody, in one statement. The row of their entry decides against leaving, being deactivated and
 * being erased meanwhile, since all of these change it. The person's own row is not locked: whoever holds a slot or moves to
 * one locks that row before the slot.
 * @returns false when they have left since they were found
 */
export async function makeOffer(
  tx: Tx,
  offer: { timeslot: number; entry: number; patient: number; offered_at: Date; expires_at: Date },
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.offer',
    text: `
      with entry as (
        update waitlist_entries set status = 'offered' where id = $2 and status = 'waiting' returning id
      ), slot as (
        update timeslots set held_by = $3, held_until = $5, offer_after = null
        where id = $1 and exists (select from entry)
      )
      insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at, freeing)
      select entry.id, $1, $4, $5, s.freeing from entry, timeslots s where s.id = $1`,
    values: [offer.timeslot, offer.entry, offer.patient, offer.offered_at, offer.expires_at],
  });
  return rowCount === 1;
}
