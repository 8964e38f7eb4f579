-- A room that is deleted leaves nothing of what was kept in it, and nothing is kept in a room that closes in that moment.
--
-- What is kept stays in room_uses until somebody wants the room. Nobody wants one that was deleted: its rows stayed for good, those
-- of holds that had long ended as well. And a hold did not ask whether the room that it keeps had closed, or was gone, by then.
--
-- Locks: SHARE ROW EXCLUSIVE on rooms for an instant. room_uses is read once. Processes of the version before go on working, by the
-- function that they call: it asks the new one, and goes when they have gone.

-- Keeps the rooms that slots name in `held_room_id`, for the caller has just held or offered them. What the slots have of their
-- room anyway is left out, and so is what a visit of the same patient has, in whose place they would come. Rows are written in the
-- order of the rooms and of the times, as for visits: two who take the same ones would otherwise wait for each other.
--
-- A room that is locked is about to close or to go, and is refused as by the constraint: the caller looks for one once more. Whoever
-- closes it waits for slots, which the caller has locked by now, so that waiting for them could be waiting for each other. The room
-- of the slots themselves needs no lock: whoever closes it takes them first.
CREATE FUNCTION timeslots_keep_rooms(held integer[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted integer[] := ARRAY(
    SELECT DISTINCT s.held_room_id FROM timeslots s WHERE s.id = ANY (held) AND s.held_room_id IS DISTINCT FROM s.room_id);
BEGIN
  IF (SELECT count(*) FROM (SELECT FROM rooms WHERE id = ANY (wanted) AND is_active ORDER BY id FOR KEY SHARE SKIP LOCKED) open)
    < cardinality(array_remove(wanted, NULL))
  THEN
    RAISE exclusion_violation USING CONSTRAINT = 'room_uses_no_overlap', TABLE = 'room_uses',
      MESSAGE = 'the room is closed';
  END IF;
  PERFORM room_use(part.room, part.date, part.starts, part.ends, part.id, NULL, true, ARRAY[part.id], at)
  FROM (
    SELECT s.id, s.held_room_id AS room, s.date, lower(free)::time AS starts,
      CASE WHEN upper(free) = (s.date + 1)::timestamp THEN '24:00' ELSE upper(free)::time END AS ends
    FROM timeslots s
    CROSS JOIN LATERAL (
      SELECT coalesce(min(n.start_time), s.end_time) AS lasts FROM timeslots n
      WHERE n.id = ANY (held) AND n.start_time > s.start_time AND coalesce(n.held_with, n.id) = coalesce(s.held_with, s.id)
    ) whole
    CROSS JOIN LATERAL unnest(
      tsmultirange(tsrange(s.date + s.start_time, s.date + whole.lasts)) - coalesce((
        SELECT range_agg(tsrange(u.date + u.start_time, u.date + u.end_time)) FROM room_uses u
        WHERE u.room_id = s.held_room_id AND NOT u.is_held AND tsrange(u.date + u.start_time, u.date + u.end_time)
            && tsrange(s.date + s.start_time, s.date + whole.lasts)
          AND (u.timeslot_id = s.id
            OR EXISTS (SELECT FROM appointments a WHERE a.id = u.appointment_id AND a.patient_id = s.held_by))
      ), '{}')) free
    WHERE s.id = ANY (held) AND s.held_room_id IS NOT NULL
    ORDER BY room, s.date, starts OFFSET 0
  ) part;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION timeslots_keep_rooms(held integer[], replaced integer, at timestamptz) RETURNS void LANGUAGE sql AS $$
  SELECT timeslots_keep_rooms(held, at)
$$;
--> statement-breakpoint
-- After the foreign keys, whose triggers come first by name: of a room in which nothing is. Whoever keeps one there has it locked,
-- and was waited for.
CREATE FUNCTION rooms_keep_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM room_uses WHERE room_id = OLD.id AND is_held;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER rooms_keep_nothing AFTER DELETE ON rooms FOR EACH ROW EXECUTE FUNCTION rooms_keep_nothing();
--> statement-breakpoint
DELETE FROM room_uses u WHERE u.is_held AND NOT EXISTS (SELECT FROM rooms r WHERE r.id = u.room_id);
