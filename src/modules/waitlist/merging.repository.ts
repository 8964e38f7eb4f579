import { clientOf, type Tx } from '../../db/client.ts';

/**
 * Moves what somebody waits for, with the slots that are offered to them, to their other record. What they hold, for
 * whomever, is given back. Slots are locked in the order of their ids, and a long visit's all at once.
 */
export async function moveWishes(tx: Tx, { from, into }: { from: number; into: number }): Promise<void> {
  const client = clientOf(tx);
  for (;;) {
    await client.query({
      name: 'waitlist.move-held',
      text: `
        with held as (
          select id, doctor_id, date from timeslots
          where (held_by = $1 or last_held_by = $1 and held_by is not null) and not is_waitlisted and held_with is null
          union
          select s.id, s.doctor_id, s.date from waitlist_entries e
          join waitlist_offers o on o.entry_id = e.id and o.outcome is null join timeslots s on s.id = o.timeslot_id
          where e.patient_id = $1
        ), locked as materialized (
          select s.id from timeslots s
          where (s.held_by = $1 or s.last_held_by = $1 and s.held_by is not null and not s.is_waitlisted)
            and (s.doctor_id, s.date) in (select doctor_id, date from held)
          order by s.id for no key update
        )
        update timeslots set held_by = case when is_waitlisted then $2::integer end,
          held_until = case when is_waitlisted then held_until end,
          held_with = case when is_waitlisted then held_with end
        where id in (select id from locked)`,
      values: [from, into],
    });
    const { rowCount } = await client.query({
      name: 'waitlist.move-entries',
      text: 'update waitlist_entries set patient_id = $2 where patient_id = $1',
      values: [from, into],
    });
    // An offer that is being made has locked their entry first: this waited for it, and the next round moves the slot.
    if (!rowCount) return;
  }
}
