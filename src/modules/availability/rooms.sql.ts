/**
 * A use of a room counts while it lasts. What is kept for a hold or an offer counts until that ends: nobody takes the row away
 * then, `room_use` in the migrations does where it stands in the way. So it does with what is kept for whose visit it is: they
 * cannot come to both.
 * It is asked of a row `used` of `room_uses`.
 * @param now the SQL for the instant
 * @param patient the SQL for the id of whose visit it is; left out, it is nobody's
 */
export const isUseCounted = (now: string, patient?: string): string =>
  `(not used.is_held or room_is_kept(used.timeslot_id, used.room_id, ${now}::timestamptz)${
    patient === undefined
      ? ''
      : ` and not exists (select from timeslots mine where mine.id = used.timeslot_id and mine.held_by = ${patient})`
  })`;

/** A time in a branch for which a room is looked for, each part as SQL. */
interface RoomWanted {
  /** The instant at which holds are judged. */
  now: string;
  branch: string;
  kind: string;
  date: string;
  starts: string;
  ends: string;
  /** The ids of the visit's own slots: their room, and what is kept with them, is for the visit. */
  slots: string;
  /** Whose visit it is, of whom nothing else is kept at that time; nobody's by default. */
  patient?: string;
  /** The visit that is about to move, whose use of a room does not count; null for none. */
  visit?: string;
  /** The room that is taken if it is free: that of the slots. */
  first: string;
  /** The one that is taken next: what a visit has by now, or what is kept for it. */
  kept?: string;
  /** A condition of its own on the room `r`: who else gets one in the same statement. */
  also?: string;
}

/**
 * A room of a kind that nobody uses at a time, null where there is none. Of several any one: those who want one at once
 * seldom want the same. Whoever takes it is judged by the constraint `room_uses_no_overlap`. They are asked for one after
 * another, each by its own uses, until one is free: with `exists` the server may look up who uses any room at that time.
 */
export const freeRoom = (wanted: RoomWanted): string => `(${freeRooms(wanted)} limit 1)`;

/** All of them that are free, as a query, in the order in which they are taken. */
export const freeRooms = ({
  patient,
  visit = 'null',
  first,
  kept = 'null',
  also = 'true',
  ...wanted
}: RoomWanted): string => `
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
      and ${isUseCounted(wanted.now, patient)}
    limit 1) is null`;

/**
 * The statement that keeps the rooms with which slots have just been held or offered (`held_room_id`), one after another. Its values:
 * the ids of the slots; the instant. What a visit of the same patient has of the room stays with that: they come in its place. The
 * constraint `room_uses_no_overlap` refuses it when somebody took or closed one of them in this very moment.
 */
export const keepRooms = {
  name: 'availability.keep-rooms',
  text: 'select from timeslots_keep_rooms($1::integer[], $2::timestamptz)',
};
