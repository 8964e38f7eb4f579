import { clientOf, type Tx } from '../../db/client.ts';
import { isLive } from './entries.repository.ts';

/** Locks the slots that are held for somebody or offered to them, a long visit's all at once, in the order of their ids. */
export async function lockHeld(tx: Tx, patients: readonly number[]): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'waitlist.lock-held',
    text: `
      with held as (
        select id, doctor_id, date from timeslots
        where held_by = any ($1) and not is_waitlisted and held_with is null
        union
        select s.id, s.doctor_id, s.date from waitlist_entries e
        join waitlist_offers o on o.entry_id = e.id and o.outcome is null join timeslots s on s.id = o.timeslot_id
        where e.patient_id = any ($1)
      )
      select s.id from timeslots s
      where s.id in (
        select id from held
        union all
        select f.id from held join timeslots f on f.doctor_id = held.doctor_id and f.date = held.date and f.held_with = held.id)
      order by s.id for no key update`,
    values: [patients],
  });
  return rows.map(({ id }) => id);
}

/** Gives locked slots back, with the offers of them. @returns how many of them others wait for */
export async function giveBack(
  tx: Tx,
  patients: readonly number[],
  timeslots: readonly number[],
): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: 'waitlist.give-back',
    text: `
      with given as (
        update timeslots set held_by = null, held_until = null, held_with = null
        where id = any ($2) and held_by = any ($1)
        returning is_waitlisted
      ), declined as (
        update waitlist_offers o set outcome = 'declined' from waitlist_entries e
        where o.timeslot_id = any ($2) and o.outcome is null and e.id = o.entry_id and e.patient_id = any ($1)
      )
      select count(*)::int as count from given where is_waitlisted`,
    values: [patients, timeslots],
  });
  return rows[0]?.count ?? 0;
}

/** Takes somebody off the list, with all their wishes. @returns how many they had */
export async function leaveAll(tx: Tx, patients: readonly number[]): Promise<number> {
  const { rowCount } = await clientOf(tx).query({
    name: 'waitlist.leave-all',
    text: `update waitlist_entries set status = 'left' where patient_id = any ($1) and ${isLive('waitlist_entries')}`,
    values: [patients],
  });
  return rowCount ?? 0;
}
