import { clientOf, type Executor, type Tx } from '../../db/client.ts';
import { isLive } from './entries.repository.ts';

interface Offered {
  patient: number;
  timeslot: number | null;
  expires_at: string | null;
  /** The visit whose place it would take. */
  replaces: number | null;
  service: number | null;
  is_over: boolean;
}

/** What an entry is offered, whether or not it has lapsed by now. */
export async function findOffer(executor: Executor, entry: number): Promise<Offered | undefined> {
  const { rows } = await clientOf(executor).query({
    name: 'waitlist.offer-of',
    text: `
      select e.patient_id as patient, o.timeslot_id as timeslot, o.expires_at, e.replaces_id as replaces,
        e.service_id as service, e.status in ('booked', 'left') as is_over
      from waitlist_entries e left join waitlist_offers o on o.entry_id = e.id and o.outcome is null
      where e.id = $1`,
    values: [entry],
  });
  return rows[0];
}

/** Locks a slot that is offered, with all that is offered together with it, so that whoever decides over it waits. @returns how many slots */
export async function lockTimeslot(tx: Tx, timeslot: number): Promise<number> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.lock-timeslot',
    text: `
      select from timeslots where id in (
        select $1::integer union all
        select w.id from timeslots w
        where w.held_by = (select held_by from timeslots where id = $1) and w.held_with = $1 and w.is_waitlisted)
      order by id for no key update`,
    values: [timeslot],
  });
  return rowCount ?? 0;
}

/**
 * Turns down the offer of a locked slot. The caller passes the slot on.
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
        update timeslots set held_by = null, held_until = null, held_with = null
        where exists (select from offer) and (id = $2 or held_with = $2 and is_waitlisted
          and held_by = (select patient_id from waitlist_entries where id = $1))
      )
      update waitlist_entries set status = $3 from offer where id = offer.entry_id`,
    values: [entry, timeslot, next],
  });
  return rowCount === 1;
}

/** A visit has given way to another: the patient's other wishes that were to replace it now replace that one. */
export async function passReplaced(tx: Tx, from: number, to: number, patient: number): Promise<void> {
  await clientOf(tx).query({
    name: 'waitlist.pass-replaced',
    text: `
      update waitlist_entries set replaces_id = $2
      where patient_id = $3 and replaces_id = $1 and ${isLive('waitlist_entries')}`,
    values: [from, to, patient],
  });
}
