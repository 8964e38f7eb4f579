import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { doctorIsBookable } from '../availability/bookable.sql.ts';
import type { Bounds } from '../availability/policy.rules.ts';

/** The claims of the waiting list on slots: a slot with a claim is offered to those who wait before anybody else has it. */

/** A locked slot on which the waiting list has a claim. */
export interface ClaimedSlot {
  id: number;
  doctor: number;
  branch: number;
  specialization: string | null;
  date: string;
  start_time: string;
  end_time: string;
  held_until: string | null;
  /** It is offered to nobody before this, since the first of those who wait sleeps. */
  offer_after: string | null;
  /** Patients can book its doctor. */
  is_bookable: boolean;
}

/**
 * Locks a slot that is to be offered, or is offered: no booking, hold or move can decide over it meanwhile.
 * @returns undefined when it is gone or taken, or when the waiting list has no claim on it (any more)
 */
export async function lockSlot(tx: Tx, timeslot: number): Promise<ClaimedSlot | undefined> {
  const { rows } = await clientOf(tx).query<ClaimedSlot>({
    name: 'waitlist.lock-slot',
    text: `
      select s.id, s.doctor_id as doctor, s.branch_id as branch, d.specialization, s.date, s.start_time, s.end_time, s.held_until, s.offer_after,
        ${doctorIsBookable} as is_bookable
      from timeslots s join doctor_profiles d on d.id = s.doctor_id
      where s.id = $1 and s.is_waitlisted and not s.is_taken
      for no key update of s`,
    values: [timeslot],
  });
  return rows[0];
}

/** Whether anybody waits for a service of the doctor of a slot, which may take other slots of the day as well. */
export async function isWantedWithOthers(tx: Tx, timeslot: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.wanted-with-others',
    text: `
      select from timeslots s join doctor_services g on g.doctor_id = s.doctor_id
      where s.id = $1 and exists (
        select from waitlist_entries e
        where e.service_id = g.service_id and e.status = 'waiting' and s.date between e."from" and e."to")
      limit 1`,
    values: [timeslot],
  });
  return rowCount === 1;
}

/** Locks all slots of a doctor's day that nobody has booked, by their ids: a service may be offered several of them. */
export async function lockDayOf(tx: Tx, timeslot: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-day',
    text: `
      select from timeslots t
      where not t.is_taken and (t.doctor_id, t.date) = (select s.doctor_id, s.date from timeslots s where s.id = $1)
      order by t.id for no key update of t`,
    values: [timeslot],
  });
}

/** Gives up the claim on a locked slot, since nobody on the list can have it: now anybody can. */
export async function releaseSlot(tx: Tx, timeslot: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.release',
    text: `
      update timeslots set is_waitlisted = false, offer_after = null, held_by = null, held_until = null, held_with = null
      where id = $1`,
    values: [timeslot],
  });
}

/**
 * Keeps the claim on a slot that nobody is offered yet, whether an offer of it is over or none was made.
 * @param until when to look at it again at the earliest; null is any time
 */
export async function keepClaim(tx: Tx, timeslot: number, until: Date | null): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.keep-claim',
    text: `
      update timeslots set held_by = null, held_until = null, held_with = null, offer_after = $2
      where id = $1 and (held_by is not null or offer_after is distinct from $2)`,
    values: [timeslot, until],
  });
}

/**
 * Claims the free slots of some days that somebody waits for. Those who joined after a slot was published count as well: it was
 * too far ahead for anybody to book, so they were not late.
 * @param days the first and the last of them
 */
export async function claimDays(
  executor: Executor,
  { from, to }: { from: string; to: string },
  now: Date,
): Promise<void> {
  await clientOf(executor).query({
    name: 'waitlist.claim-days',
    text: `
      update timeslots set is_waitlisted = true, held_by = null, held_until = null, held_with = null
      where id in (
        select s.id from timeslots s
        where s.date between $1 and $2 and not s.is_taken and not s.is_waitlisted and (s.held_until is null or s.held_until <= $3)
          and exists (select from waitlist_entries where status = 'waiting')
          and (waitlist_wants(s.doctor_id, s.date, s.start_time, s.end_time, s.branch_id) or waitlist_wants(s.id))
        order by s.id for no key update of s skip locked)`,
    values: [from, to, now],
  });
}

/** Among all slots with a claim. Only who goes through all of them says so: the index of these is for nobody else (0050). */
const isAmongAll = 's.is_waitlisted and s.end_time > s.start_time';

/** A slot that waits to be offered, and where it stands in their order. */
export interface Passing {
  id: number;
  date: string;
  start_time: string;
}

/**
 * The slots that are to be offered to somebody, soonest first: those whose offer has lapsed, and those without an offer that
 * are within reach and wait for nobody to wake.
 * @param after the last that is known; left out, it begins with the first of all
 */
export async function listPassing(
  db: Db,
  { now, reach }: Pick<Bounds, 'now' | 'reach'>,
  limit: number,
  { date, start_time, id }: Passing = { date: '-infinity', start_time: '00:00', id: 0 },
): Promise<Passing[]> {
  const { rows } = await db.$client.query<Passing>({
    name: 'waitlist.passing',
    text: `
      select s.id, s.date, s.start_time from timeslots s
      where ${isAmongAll} and (s.date, s.start_time, s.id) > ($4::date, $5::time, $6::integer)
        and (s.held_until <= $1 or s.held_until is null and s.date <= $3
          and (s.offer_after is null or s.offer_after <= $1) and ${doctorIsBookable})
      order by s.date, s.start_time, s.id limit $2`,
    values: [now, limit, reach, date, start_time, id],
  });
  return rows;
}

/** Has a slot looked at again some seconds from now, by the clock of the database, which the queue goes by. */
export async function askAgain(db: Db, timeslot: number, key: string, seconds: number): Promise<void> {
  await db.$client.query({
    name: 'waitlist.ask-again',
    text: `
      select from graphile_worker.add_job('offer_waitlist', with_trace(json_build_object('timeslot', $1::integer)),
        run_at => now() + make_interval(secs => $3), job_key => $2)`,
    values: [timeslot, key, seconds],
  });
}

/**
 * Closes what has come to nothing: wishes for days that have passed, and claims on slots that have. Entries with an offer are
 * left alone, since the offer ends by itself.
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
      update timeslots s set is_waitlisted = false, offer_after = null
      where ${isAmongAll} and s.held_by is null and s.date < $1`,
    values: [today],
  });
}
