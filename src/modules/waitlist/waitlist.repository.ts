import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Executor, type Tx } from '../../db/client.ts';
import { isLapsed } from '../availability/visits.sql.ts';

export interface Wish {
  patient: number;
  doctor: number | null;
  specialization: string | null;
  from: string;
  to: string;
  after: string | null;
  before: string | null;
  /** The visit that they would rather have at another time. */
  replaces: number | null;
}

/**
 * Holds a patient until the transaction ends: what they wish at once is counted one after the other, and nobody joins
 * while they are being erased.
 */
export async function lockPatient(tx: Tx, patient: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.lock-patient',
    text: `select from users where id = $1 and role = 'patient' and is_active for no key update`,
    values: [patient],
  });
  return rowCount === 1;
}

/**
 * Keeps the status of a visit as it is until the transaction ends: whoever cancels it meanwhile waits, and then sees who
 * would rather have had another time.
 */
export async function lockReplaced(tx: Tx, visit: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-replaced',
    text: 'select from appointments where id = $1 for share',
    values: [visit],
  });
}

/** What can be wrong with a wish of a locked patient. */
export interface Refusals {
  no_doctor: boolean;
  known: boolean;
  live: number;
  /** The visit that is to be replaced is not theirs, or none; of what remains: */
  no_visit: boolean;
  decided: boolean;
  begun: boolean;
  attended: boolean;
  /** The wish asks for others than the visit's doctor, and not for those of their specialization. */
  other_doctor: boolean;
}

/** It must be a statement of its own, after the lock: an earlier snapshot would miss what was wished meanwhile. */
export async function judgeWish(tx: Tx, wish: Wish, wall: WallTime): Promise<Refusals | undefined> {
  const { rows } = await clientOf(tx).query<Refusals>({
    name: 'waitlist.judge',
    text: `
      select
        not exists (
          select from users u join doctor_profiles d on d.id = u.id
          where u.role = 'doctor' and u.is_active and d.approved_at is not null
            and (u.id = $2 or u.id in (
              select id from doctor_profiles where search_fold(specialization) = search_fold($3)))) as no_doctor,
        mine.*,
        $8::integer is not null and visit.id is null as no_visit,
        coalesce(visit.status not in ('pending', 'confirmed') or visit.lapsed, false) as decided,
        coalesce((visit.date, visit.start_time) <= ($9::date, $10::time), false) as begun,
        coalesce(visit.attendance in ('completed', 'no_show'), false) as attended,
        coalesce(visit.doctor_id <> $2, true) and coalesce(search_fold(visit.specialization) <> search_fold($3), true)
          and visit.id is not null as other_doctor
      from (
        select count(*)::int as live,
          coalesce(bool_or(
            doctor_id is not distinct from $2 and search_fold(specialization) is not distinct from search_fold($3)
            and "from" = $4 and "to" = $5 and after is not distinct from $6::time and before is not distinct from $7::time
          ), false) as known
        from waitlist_entries where patient_id = $1 and status in ('waiting', 'offered')
      ) mine
      left join (
        select a.id, a.status, a.date, a.start_time, a.attendance, a.doctor_id, d.specialization,
          ${isLapsed('a', 9)} as lapsed
        from appointments a join doctor_profiles d on d.id = a.doctor_id where a.id = $8 and a.patient_id = $1
      ) visit on true`,
    values: [
      wish.patient,
      wish.doctor,
      wish.specialization,
      wish.from,
      wish.to,
      wish.after,
      wish.before,
      wish.replaces,
      wall.date,
      wall.time,
    ],
  });
  return rows[0];
}

export async function insertEntry(tx: Tx, wish: Wish, created_at: Date): Promise<number> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'waitlist.insert',
    text: `
      insert into waitlist_entries (
        patient_id, doctor_id, specialization, "from", "to", after, before, replaces_id, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
    values: [
      wish.patient,
      wish.doctor,
      wish.specialization,
      wish.from,
      wish.to,
      wish.after,
      wish.before,
      wish.replaces,
      created_at,
    ],
  });
  return rows[0]?.id ?? 0;
}

export interface Offered {
  patient: number;
  timeslot: number | null;
  expires_at: string | null;
  /** The visit whose place it would take. */
  replaces: number | null;
  is_over: boolean;
}

/** What an entry is offered, whether or not it has lapsed by now. */
export async function findOffer(executor: Executor, entry: number): Promise<Offered | undefined> {
  const { rows } = await clientOf(executor).query({
    name: 'waitlist.offer-of',
    text: `
      select e.patient_id as patient, o.timeslot_id as timeslot, o.expires_at, e.replaces_id as replaces,
        e.status in ('booked', 'left') as is_over
      from waitlist_entries e left join waitlist_offers o on o.entry_id = e.id and o.outcome is null
      where e.id = $1`,
    values: [entry],
  });
  return rows[0];
}

/** Locks a slot, so that whoever decides over it waits. */
export async function lockTimeslot(tx: Tx, timeslot: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.lock-timeslot',
    text: 'select from timeslots where id = $1 for no key update',
    values: [timeslot],
  });
}

/**
 * Turns down the offer of a locked slot; the slot is to be passed on.
 * @param next what becomes of the entry
 * @returns false when the offer is over
 */
export async function declineOffer(
  tx: Tx,
  { entry, timeslot }: { entry: number; timeslot: number },
  next: 'waiting' | 'left',
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.decline',
    text: `
      with offer as (
        update waitlist_offers set outcome = 'declined' where entry_id = $1 and timeslot_id = $2 and outcome is null
        returning entry_id
      ), slot as (
        update timeslots set held_by = null, held_until = null where id = $2 and exists (select from offer)
      )
      update waitlist_entries set status = $3 from offer where id = offer.entry_id`,
    values: [entry, timeslot, next],
  });
  return rowCount === 1;
}

/** A visit has given way to another appointment: whatever else of theirs was to take its place takes the place of that one. */
export async function passReplaced(tx: Tx, from: number, to: number, patient: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.pass-replaced',
    text: `
      update waitlist_entries set replaces_id = $2
      where patient_id = $3 and replaces_id = $1 and status in ('waiting', 'offered')`,
    values: [from, to, patient],
  });
}

/** @returns false when it does not wait, or has just been offered something */
export async function leave(tx: Tx, entry: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.leave',
    text: `update waitlist_entries set status = 'left' where id = $1 and status = 'waiting'`,
    values: [entry],
  });
  return rowCount === 1;
}
