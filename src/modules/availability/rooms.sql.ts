/** A time in a branch for which a room is looked for, each part as SQL. */
interface RoomWanted {
  branch: string;
  kind: string;
  date: string;
  starts: string;
  ends: string;
  /** The ids of the visit's own slots: their room is kept for the visit. */
  slots: string;
  /** The visit that is about to move, whose use of a room does not count; null for none. */
  visit?: string;
  /** The room that is taken if it is free: that of the slots. */
  first: string;
  /** The one that is taken next: what a visit has by now. */
  kept?: string;
  /** A condition of its own on the room `r`: who else gets one in the same statement. */
  also?: string;
}

/**
 * A room of a kind that nobody uses at a time, null where there is none. Of several any one: those who want one at once
 * seldom want the same. Whoever takes it is judged by the constraint `room_uses_no_overlap`. They are asked for one after
 * another, each by its own uses, until one is free: with `exists` the server may look up who uses any room at that time.
 */
export const freeRoom = ({
  visit = 'null',
  first,
  kept = 'null',
  also = 'true',
  ...wanted
}: RoomWanted): string => `(
  select one.id from (
    select r.id from rooms r
    where r.branch_id = ${wanted.branch} and r.kind = ${wanted.kind} and r.is_active and ${also}
    order by r.id is not distinct from ${first} desc, r.id is not distinct from ${kept} desc, random()
  ) one
  where (
    select used.id from room_uses used
    where used.room_id = one.id
      and tsrange(used.date + used.start_time, used.date + used.end_time)
        && tsrange(${wanted.date} + ${wanted.starts}, ${wanted.date} + ${wanted.ends})
      and (used.timeslot_id is null or used.timeslot_id <> all (${wanted.slots}))
      and (used.appointment_id is null or used.appointment_id is distinct from ${visit})
    limit 1) is null
  limit 1)`;
