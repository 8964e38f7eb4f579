import type { QuietHours } from '../../core/quiet.ts';
import { clientOf, type Db, type Tx } from '../../db/client.ts';
import { appointmentsAhead, doctorIsBookable, isBusy } from '../availability/bookable.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';
import { isLapsed } from '../availability/visits.sql.ts';

/** A slot that the waiting list has a claim on, locked. */
export interface WaitlistedSlot {
  id: number;
  doctor: number;
  specialization: string | null;
  date: string;
  start_time: string;
  end_time: string;
  held_until: string | null;
  /** It is offered to nobody before this: whoever has the first claim on it sleeps. */
  offer_after: string | null;
  /** The doctor is there and has been let in. */
  is_bookable: boolean;
}

/** Under which lock the list is gone through: one offer at a time, so that the order of joining is exact. */
const LIST = 7_420_136;

/**
 * Locks a slot that is to be offered, or is offered; no booking, hold or move can decide over it meanwhile.
 * @returns undefined when it is gone, taken, or the waiting list has no claim on it (any more)
 */
export async function lockSlot(tx: Tx, timeslot: number): Promise<WaitlistedSlot | undefined> {
  const { rows } = await clientOf(tx).query<WaitlistedSlot>({
    name: 'waitlist.lock-slot',
    text: `
      select s.id, s.doctor_id as doctor, d.specialization, s.date, s.start_time, s.end_time, s.held_until, s.offer_after,
        ${doctorIsBookable} as is_bookable
      from timeslots s join doctor_profiles d on d.id = s.doctor_id
      where s.id = $1 and s.is_waitlisted and not s.is_taken
      for no key update of s`,
    values: [timeslot],
  });
  return rows[0];
}

/** Nobody else goes through the list until the transaction ends: some milliseconds. */
export async function lockList(tx: Tx): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-list',
    text: 'select pg_advisory_xact_lock($1)',
    values: [LIST],
  });
}

/** Ends the offer of a locked slot that nobody answered: whoever had it waits on, in their place. */
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
 * Whether whoever waits with the entry `e` could come to the slot `$1`; asked of one after another, in the order of
 * joining, until somebody can. Whoever had this offer before, since the slot became free, is passed over, by whichever of
 * their wishes it came; so is whoever has a visit, or another offer, at that time. The visit that it would replace is in
 * nobody's way, unless it has begun.
 */
const COULD_COME = `(
  select case
    when not exists (select from users u where u.id = e.patient_id and u.role = 'patient' and u.is_active) then false
    when exists (
      select from waitlist_offers o join waitlist_entries mine on mine.id = o.entry_id
      where o.timeslot_id = s.id and o.freeing = s.freeing and mine.patient_id = e.patient_id
        and (mine.id = e.id or mine.status in ('waiting', 'offered'))) then false
    when exists (
      select from appointments r
      where r.id = e.replaces_id and r.status in ('pending', 'confirmed') and not ${isLapsed('r', 3)}
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
 * The first of those who wish for it in one way, by the index of that way: no further is read than it must be. `+ 0` keeps
 * the planner from the index of the last days: in its order everybody would be judged before the first is known.
 */
const firstOf = (wish: string): string => `
  (select e.id as entry, e.patient_id as patient, e.created_at from waitlist_entries e
   where e.status = 'waiting' and ${wish} and $8::date >= e."from" and $8::date <= e."to" + 0
     and $9::time >= coalesce(e.after, '00:00') and $10::time <= coalesce(e.before, '24:00')
     and e.patient_id <> $6 and ${COULD_COME}
   order by e.created_at, e.id limit 1)`;

export interface First extends QuietHours {
  entry: number;
  patient: number;
}

/** Who is offered a locked slot: the first by time of joining who wants it and could come; and when they sleep. */
export async function findFirst(
  tx: Tx,
  { id, doctor, specialization, date, start_time, end_time }: WaitlistedSlot,
  { now, wall, active_max }: Bounds,
): Promise<First | undefined> {
  const { rows } = await clientOf(tx).query<First>({
    name: 'waitlist.first',
    text: `
      select entry, patient, coalesce(p.quiet, true) as quiet,
        to_char(coalesce(p.quiet_from, '22:00'), 'HH24:MI') as quiet_from,
        to_char(coalesce(p.quiet_until, '08:00'), 'HH24:MI') as quiet_until
      from (
        select entry, patient
        from (${firstOf('e.doctor_id = $6')} union all ${firstOf('search_fold(e.specialization) = search_fold($7)')}) first
        order by created_at, entry limit 1
      ) first left join notification_preferences p on p.user_id = patient`,
    values: [id, now, wall.date, wall.time, active_max, doctor, specialization, date, start_time, end_time],
  });
  return rows[0];
}

/**
 * Offers a locked slot to somebody, in one statement. Their entry decides against whoever leaves, is deactivated or erased
 * meanwhile: its row is what all of them change. Their own row is not locked, since whoever holds a slot or moves to one
 * locks it before the slot.
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

/** Nobody on the list can have a locked slot: it is anybody's. */
export async function releaseSlot(tx: Tx, timeslot: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.release',
    text: `
      update timeslots set is_waitlisted = false, offer_after = null, held_by = null, held_until = null where id = $1`,
    values: [timeslot],
  });
}

/**
 * An offer is over, or none has been made, and nobody is offered it yet: the waiting list keeps its claim.
 * @param until before which it need not be looked at again; null is any time
 */
export async function keepClaim(tx: Tx, timeslot: number, until: Date | null): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.keep-claim',
    text: `
      update timeslots set held_by = null, held_until = null, offer_after = $2
      where id = $1 and (held_by is not null or offer_after is distinct from $2)`,
    values: [timeslot, until],
  });
}

/**
 * The free slots of a day that somebody waits for, whoever joined first or last, become the list's: those who joined after
 * a slot was published have had nothing of it, as long as nobody could book it.
 */
export async function claimDay(db: Db, day: string, now: Date): Promise<void> {
  await db.$client.query({
    name: 'waitlist.claim-day',
    text: `
      update timeslots set is_waitlisted = true, held_by = null, held_until = null
      where id in (
        select s.id from timeslots s
        where s.date = $1 and not s.is_taken and not s.is_waitlisted and (s.held_until is null or s.held_until <= $2)
          and exists (select from waitlist_entries where status = 'waiting')
          and waitlist_wants(s.doctor_id, s.date, s.start_time, s.end_time)
        order by s.id for no key update of s skip locked)`,
    values: [day, now],
  });
}

/**
 * The slots that are to be offered to somebody, soonest first: those without an offer that are within reach and wait for
 * nobody to wake, and whose offer has lapsed.
 */
export async function listPassing(
  db: Db,
  { now, reach }: Pick<Bounds, 'now' | 'reach'>,
  limit: number,
): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'waitlist.passing',
    text: `
      select s.id from timeslots s
      where s.is_waitlisted and (s.held_until <= $1 or s.held_until is null and s.date <= $3
        and (s.offer_after is null or s.offer_after <= $1) and ${doctorIsBookable})
      order by s.date, s.start_time, s.id limit $2`,
    values: [now, limit, reach],
  });
  return rows.map(({ id }) => id);
}

/** Looks at a slot again some seconds from now, by the database's clock, which is the queue's. */
export async function askAgain(db: Db, timeslot: number, key: string, seconds: number): Promise<void> {
  await db.$client.query({
    name: 'waitlist.ask-again',
    text: `
      select from graphile_worker.add_job('offer_waitlist', json_build_object('timeslot', $1::integer),
        run_at => now() + make_interval(secs => $3), job_key => $2)`,
    values: [timeslot, key, seconds],
  });
}

/** What is held for somebody, or offered to them; locked, in the order of their ids. */
export async function lockHeld(tx: Tx, patient: number): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'waitlist.lock-held',
    text: `
      select s.id from timeslots s
      where s.id in (
        select id from timeslots where held_by = $1 and not is_waitlisted
        union all
        select o.timeslot_id from waitlist_entries e join waitlist_offers o on o.entry_id = e.id
        where e.patient_id = $1 and o.outcome is null)
      order by s.id for no key update`,
    values: [patient],
  });
  return rows.map(({ id }) => id);
}

/** Gives locked slots back, with the offers of them. @returns how many of them others wait for */
export async function giveBack(tx: Tx, patient: number, timeslots: readonly number[]): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: 'waitlist.give-back',
    text: `
      with given as (
        update timeslots set held_by = null, held_until = null where id = any ($2) and held_by = $1
        returning is_waitlisted
      ), declined as (
        update waitlist_offers o set outcome = 'declined' from waitlist_entries e
        where o.timeslot_id = any ($2) and o.outcome is null and e.id = o.entry_id and e.patient_id = $1
      )
      select count(*)::int as count from given where is_waitlisted`,
    values: [patient, timeslots],
  });
  return rows[0]?.count ?? 0;
}

/** Takes somebody off the list, with all their wishes. @returns how many they had */
export async function leaveAll(tx: Tx, patient: number): Promise<number> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.leave-all',
    text: `update waitlist_entries set status = 'left' where patient_id = $1 and status in ('waiting', 'offered')`,
    values: [patient],
  });
  return rowCount ?? 0;
}

/**
 * Closes what has come to nothing: wishes for days that have passed, and the claim on slots that have. Entries with an
 * offer are left alone: it ends by itself.
 */
export async function closePast(db: Db, today: string): Promise<void> {
  await db.$client.query({
    name: 'waitlist.close-entries',
    text: `update waitlist_entries set status = 'left' where status = 'waiting' and "to" < $1`,
    values: [today],
  });
  await db.$client.query({
    name: 'waitlist.close-slots',
    text: `
      update timeslots set is_waitlisted = false, offer_after = null
      where is_waitlisted and held_by is null and date < $1`,
    values: [today],
  });
}
