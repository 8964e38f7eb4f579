-- What is held or offered for a service that needs a room keeps one.
--
-- A hold and an offer of the waiting list kept slots and no room. Somebody else could have the last one of the kind meanwhile, with
-- another doctor, and whoever held the slots was refused what they had been promised.
--
-- A room is kept by a row of room_uses for each slot, until the next one of the visit begins, so that it goes where its slot goes.
-- Whether such a row counts is read off its slot: as long as that is held with that room. So whatever ends a hold gives the room
-- back, time included, in the version before as well. The row stays until whoever wants the room takes it away, in the order in
-- which rooms are taken: deleting it with the hold would lock rooms in another order, and two could wait for each other.
--
-- Locks: ACCESS EXCLUSIVE on room_uses and timeslots. Both columns are null or have a constant default, so that no row is written
-- again; room_uses is read once for its check (0.1 s for a million). Processes of the version before go on working: to them a room
-- that is kept is in use, by a slot of those that are kept with it, and so is one that was kept until nobody needed it any more.
-- What they hold keeps no room.
ALTER TABLE "room_uses" ADD COLUMN "is_held" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "held_room_id" integer;--> statement-breakpoint
ALTER TABLE "room_uses" ADD CONSTRAINT "room_uses_held_with_slot" CHECK (not is_held or timeslot_id is not null);
--> statement-breakpoint
-- A room is kept with a slot at a time. Asked of rows with `is_held` alone, of which there are few.
CREATE FUNCTION room_is_kept(slot integer, room integer, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT s.held_room_id = room AND s.held_until > at FROM timeslots s WHERE s.id = slot), false)
$$;
--> statement-breakpoint
DROP FUNCTION room_use(integer, date, time, time, integer, integer);
--> statement-breakpoint
-- A room that is written beside another use of it is refused as by the constraint. ON CONFLICT, since two plain inserts that
-- overlap can wait for each other until the server ends one as a deadlock. What was kept there makes way where it is over by the
-- time of whoever asks, or was kept for their own slots. It is tried once more whether or not there was any: somebody else
-- may have taken it away, and have been waited for.
CREATE FUNCTION room_use(
  room integer, day date, starts time, ends time, slot integer, visit integer, held boolean, own integer[], at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR attempt IN 1..2 LOOP
    INSERT INTO room_uses (room_id, date, start_time, end_time, timeslot_id, appointment_id, is_held)
    VALUES (room, day, starts, ends, slot, visit, held)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN;
    END IF;
    IF attempt = 1 THEN
      DELETE FROM room_uses WHERE id IN (
        SELECT u.id FROM room_uses u
        WHERE u.room_id = room AND tsrange(u.date + u.start_time, u.date + u.end_time) && tsrange(day + starts, day + ends)
          AND u.is_held AND (u.timeslot_id = ANY (own) OR NOT room_is_kept(u.timeslot_id, u.room_id, at))
        ORDER BY u.id FOR UPDATE);
    END IF;
  END LOOP;
  RAISE exclusion_violation USING CONSTRAINT = 'room_uses_no_overlap', TABLE = 'room_uses',
    MESSAGE = 'the room is in use at that time';
END $$;
--> statement-breakpoint
-- Keeps the rooms that slots name in `held_room_id`, for the caller has just held or offered them. What the slots have of their
-- room anyway is left out, and so is what the visit has that an offer would replace. Rows are written in the order of the rooms
-- and of the times, as for visits: two who take the same ones would otherwise wait for each other.
CREATE FUNCTION timeslots_keep_rooms(held integer[], replaced integer, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
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
        WHERE u.room_id = s.held_room_id AND NOT u.is_held AND (u.timeslot_id = s.id OR u.appointment_id = replaced)
      ), '{}')) free
    WHERE s.id = ANY (held) AND s.held_room_id IS NOT NULL
    ORDER BY room, s.date, starts OFFSET 0
  ) part;
END $$;
--> statement-breakpoint
-- A slot with a room keeps it while it stands. It lies in its own branch.
CREATE OR REPLACE FUNCTION timeslots_use_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM rooms WHERE id = NEW.room_id AND branch_id = NEW.branch_id) THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_room_of_branch', TABLE = 'timeslots',
      MESSAGE = 'the room is in another branch';
  END IF;
  PERFORM room_use(NEW.room_id, NEW.date, NEW.start_time, NEW.end_time, NEW.id, NULL, false, '{}', NEW.created_at);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- As in 0040, and what was kept for the visit's own slots makes way for it.
CREATE OR REPLACE FUNCTION appointments_use_room() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  uses boolean := NEW.room_id IS NOT NULL AND NEW.status IN ('pending', 'confirmed');
  own integer[] := NEW.timeslot_id || NEW.further_timeslots;
  slots tsmultirange;
  is_of_slot boolean;
BEGIN
  IF uses THEN
    SELECT range_agg(tsrange(s.date + s.start_time, s.date + s.end_time)), bool_or(s.id = NEW.timeslot_id)
    INTO slots, is_of_slot
    FROM timeslots s WHERE s.id = ANY (own) AND s.room_id = NEW.room_id;
  END IF;
  -- OLD is null where a visit is booked.
  IF uses AND is_of_slot IS NOT TRUE AND OLD.room_id IS DISTINCT FROM NEW.room_id THEN
    PERFORM FROM rooms WHERE id = NEW.room_id AND branch_id = NEW.branch_id AND is_active FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE exclusion_violation USING CONSTRAINT = 'room_uses_no_overlap', TABLE = 'room_uses',
        MESSAGE = 'the room is closed';
    END IF;
  END IF;
  IF OLD.room_id IS NOT NULL THEN
    DELETE FROM room_uses WHERE appointment_id = OLD.id;
  END IF;
  IF uses AND slots IS NULL THEN
    PERFORM room_use(NEW.room_id, NEW.date, NEW.start_time, NEW.end_time, NULL, NEW.id, false, own, NEW.updated_at);
  ELSIF uses THEN
    PERFORM room_use(NEW.room_id, NEW.date, lower(free)::time, CASE WHEN upper(free) = (NEW.date + 1)::timestamp
        THEN '24:00' ELSE upper(free)::time END, NULL, NEW.id, false, own, NEW.updated_at)
    FROM unnest(tsmultirange(tsrange(NEW.date + NEW.start_time, NEW.date + NEW.end_time)) - slots) free;
  END IF;
  RETURN NULL;
END $$;
