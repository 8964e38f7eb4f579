import { adultsBornBy } from '../../core/age.ts';
import type { QuietHours } from '../../core/quiet.ts';
import { clientOf, type Tx } from '../../db/client.ts';
import { lockKeys } from '../../db/lock-keys.ts';
import { hasFewerAhead, isBusy } from '../availability/bookable.sql.ts';
import { isPatientHere } from '../availability/people.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';
import { freeRoom, keepRooms } from '../availability/rooms.sql.ts';
import { isForNewOrKnown, isOfAge, serviceMinutes } from '../availability/services.sql.ts';
import { isActive, isLapsed } from '../availability/visits.sql.ts';
import { readersOf } from '../patients/families/guardians.sql.ts';
import type { ClaimedSlot } from './claims.repository.ts';
import { isLive } from './entries.repository.ts';

/** Nobody else goes through the list until the transaction ends, some milliseconds later: so the order of joining is exact. */
export async function lockList(tx: Tx): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-list',
    text: 'select pg_advisory_xact_lock($1)',
    values: [lockKeys.waitingList],
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
 * Ends those of a doctor's day that nobody answered, in the same way: what a long visit takes may have been offered before,
 * slot by slot, and a slot has one offer at a time. The day is locked.
 */
export async function lapseOffersOfDay(tx: Tx, timeslot: number, now: Date): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lapse-day',
    text: `
      with offer as (
        update waitlist_offers o set outcome = 'lapsed' from timeslots s, timeslots t
        where s.id = $1 and t.doctor_id = s.doctor_id and t.date = s.date and not t.is_taken and t.is_waitlisted
          and t.held_until <= $2 and o.timeslot_id = t.id and o.outcome is null
        returning o.entry_id
      )
      update waitlist_entries set status = 'waiting' from offer where id = offer.entry_id and status = 'offered'`,
    values: [timeslot, now],
  });
}

/**
 * Whether the person who waits with the entry `e` could come to a slot, or to what a service takes from one on. It is asked of one after another, in the order
 * of joining, until somebody can. Those who had this offer before, since the slot became free, are passed over, by whichever
 * of their wishes it came. So are those who have a visit, or another offer, at that time. The visit that an offer would
 * replace is in nobody's way, unless it has begun or its patient has arrived: nothing could take its place any more.
 * @param time the SQL of a row with the slot's id and freeing, the date and the times
 */
const couldCome = (time: string) => `(
  select case
    when not exists (select from users u where u.id = e.patient_id and ${isPatientHere('u')}) then false
    when exists (
      select from waitlist_offers o join waitlist_entries mine on mine.id = o.entry_id
      where o.timeslot_id = s.id and o.freeing = s.freeing and mine.patient_id = e.patient_id
        and (mine.id = e.id or ${isLive('mine')})) then false
    when exists (
      select from appointments r
      where r.id = e.replaces_id and ${isActive('r')} and not ${isLapsed('r', 3)}
        and ((r.date, r.start_time) <= ($3::date, $4::time) or r.attendance is not null)) then false
    when ${isBusy('e.patient_id', 'e.replaces_id')} then false
    when exists (
      select from timeslots o
      where o.is_waitlisted and o.held_by = e.patient_id and o.held_until > $2::timestamptz and o.date = s.date
        and o.start_time < s.end_time and s.start_time < o.end_time) then false
    else ${hasFewerAhead('e.patient_id', 2, '$5', 'e.replaces_id')}
  end
  from ${time} s)`;
const SLOT = '(select id, freeing, date, start_time, end_time from timeslots where id = $1)';

/**
 * The first of those who wish for the slot in one way. The index of that way is read no further than it must be. `+ 0` keeps
 * the planner from the index of the last days, in whose order everybody would be judged before the first is known.
 */
const firstOf = (wish: string): string => `
  (select e.id as entry, e.patient_id as patient, e.created_at, e.replaces_id as replaces from waitlist_entries e
   where e.status = 'waiting' and ${wish} and $8::date >= e."from" and $8::date <= e."to" + 0
     and $9::time >= coalesce(e.after, '00:00') and $10::time <= coalesce(e.before, '24:00')
     and e.patient_id <> $6 and e.service_id is null and coalesce(e.branch_id, $11) = $11 and ${couldCome(SLOT)}
   order by e.created_at, e.id limit 1)`;

export interface First {
  entry: number;
  patient: number;
  created_at: string;
  /** What they are offered, in order. */
  slots: number[];
  /** The room that is kept for it, where the service needs one. */
  room: number | null;
  /** The visit whose place it would take. */
  replaces: number | null;
  /** When the first of it begins. */
  start_time: string;
  /** The quiet hours of all who are told: the patient's, or of those who look after them. */
  hours: QuietHours[];
}

/**
 * When those sleep who are told.
 * @param patient the SQL for the patient's id
 * @param adult the SQL for the last birth date of an adult
 */
const quietHours = (patient: string, adult: string): string => `(
  select json_agg(json_build_object('quiet', coalesce(p.quiet, true),
    'quiet_from', to_char(coalesce(p.quiet_from, '22:00'), 'HH24:MI'),
    'quiet_until', to_char(coalesce(p.quiet_until, '08:00'), 'HH24:MI')))
  from (${readersOf(patient, adult)}) reader left join notification_preferences p on p.user_id = reader.id) as hours`;

/** Who is offered a locked slot: the first by time of joining who wants it and could come. It also tells when those sleep who are told. */
export async function findFirst(
  tx: Tx,
  { id, doctor, branch, specialization, date, start_time, end_time }: ClaimedSlot,
  { now, wall, active_max }: Bounds,
): Promise<First | undefined> {
  const { rows } = await clientOf(tx).query<First>({
    name: 'waitlist.first',
    text: `
      select entry, patient, created_at, array[$1::integer] as slots, null::integer as room, replaces, $9::time as start_time,
        ${quietHours('first.patient', '$12')}
      from (
        select entry, patient, created_at, replaces
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
      branch,
      adultsBornBy(wall.date),
    ],
  });
  return rows[0];
}

/**
 * Who is offered what a service takes, a locked slot with others before and after it: the first by time of joining whose
 * service fits in, who is of its age, and for whom a room is free where it needs one. The doctor's day is locked.
 */
export async function findFirstForService(
  tx: Tx,
  { id, doctor, branch, specialization, date }: ClaimedSlot,
  { now, wall, after, active_max }: Bounds,
): Promise<First | undefined> {
  const { rows } = await clientOf(tx).query<First>({
    name: 'waitlist.first-for-service',
    text: `
      select e.id as entry, e.patient_id as patient, e.created_at, visit.slots, visit.room, e.replaces_id as replaces,
        visit.start_time,
        ${quietHours('e.patient_id', '$12')}
      from waitlist_entries e
      join services v on v.id = e.service_id and v.is_active
      join doctor_services g on g.service_id = v.id and g.doctor_id = $6
      cross join lateral (
        select o.slots, o.starts as start_time, found.room from visits_over($1, ${serviceMinutes}) o
        cross join lateral (select case when v.room_kind is not null then ${freeRoom({
          now: '$2',
          branch: '$11',
          kind: 'v.room_kind',
          date: '$8::date',
          starts: 'o.starts',
          ends: 'o.ends',
          slots: 'o.slots',
          visit: 'e.replaces_id',
          first: '(select f.room_id from timeslots f where f.id = o.first)',
        })} end as room offset 0) found
        where o.starts >= coalesce(e.after, '00:00') and o.ends <= coalesce(e.before, '24:00')
          and ($8::date, o.starts) > ($9::date, $10::time)
          and not exists (
            select from timeslots s
            where s.id = any (o.slots) and (s.is_taken or s.held_until > $2::timestamptz and s.id <> $1))
          and ${couldCome(`(
            select f.id, f.freeing, f.date, o.starts as start_time, o.ends as end_time from timeslots f where f.id = o.first)`)}
          and (v.room_kind is null or found.room is not null)
        order by o.starts limit 1
      ) visit
      where e.status = 'waiting' and (e.doctor_id = $6 or search_fold(e.specialization) = search_fold($7))
        and $8::date between e."from" and e."to" and coalesce(e.branch_id, $11) = $11 and e.patient_id <> $6
        and ${isOfAge('e.patient_id', '$8::date')} and ${isForNewOrKnown('e.patient_id')}
      order by e.created_at, e.id limit 1`,
    values: [
      id,
      now,
      wall.date,
      wall.time,
      active_max,
      doctor,
      specialization,
      date,
      after.date,
      after.time,
      branch,
      adultsBornBy(wall.date),
    ],
  });
  return rows[0];
}

/**
 * Offers locked slots to somebody, in one statement; the offer is of the first of them. Where a room comes with them it is kept
 * by a second one. The row of their entry decides against leaving, being deactivated and
 * being erased meanwhile, since all of these change it. The person's own row is not locked: whoever holds a slot or moves to
 * one locks that row before the slot.
 * @returns false when they have left since they were found
 * @throws the refusal by `room_uses_no_overlap` when somebody took the room in this very moment
 */
export async function makeOffer(
  tx: Tx,
  offer: Pick<First, 'entry' | 'patient' | 'slots' | 'room'> & {
    offered_at: Date;
    expires_at: Date;
  },
): Promise<boolean> {
  const client = clientOf(tx);
  const { rowCount } = await client.query({
    name: 'waitlist.offer',
    text: `
      with entry as (
        update waitlist_entries set status = 'offered' where id = $2 and status = 'waiting' returning id
      ), slot as (
        update timeslots set held_by = $3, held_until = $5, offer_after = null, is_waitlisted = true,
          held_with = case when id <> ($1::integer[])[1] then ($1::integer[])[1] end, held_room_id = $6
        where id = any ($1) and exists (select from entry)
      )
      insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at, freeing)
      select entry.id, s.id, $4, $5, s.freeing from entry, timeslots s where s.id = ($1::integer[])[1]`,
    values: [offer.slots, offer.entry, offer.patient, offer.offered_at, offer.expires_at, offer.room],
  });
  if (rowCount === 1 && offer.room !== null)
    await client.query({ ...keepRooms, values: [offer.slots, offer.offered_at] });
  return rowCount === 1;
}
