-- What a visit had of a room that is kept for its patient is kept from then on, when the visit leaves it.
--
-- Somebody is offered a time in place of their visit, and both overlap in one room: the visit's own time stays with the visit. When
-- that was cancelled or moved, nobody kept this time for the offer. Others had it, and who accepted the offer was refused.
--
-- Locks: SHARE ROW EXCLUSIVE on appointments for an instant. Processes of the version before go on working.

-- Slots that are about to go keep nothing: whoever takes them away has them locked, and is not waited for. The visit's own slots are
-- free by now, since their triggers come first by name. What cannot be kept, as the room closes or somebody was faster, is left: the
-- visit leaves all the same, and whoever accepts the offer is told that no room is free.
CREATE FUNCTION appointments_keep_room() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- OLD is null where a visit is booked.
  kept integer[] := ARRAY(
    SELECT s.id FROM timeslots s
    WHERE s.held_by = NEW.patient_id AND s.held_until > NEW.updated_at AND s.date IN (OLD.date, NEW.date)
      AND s.held_room_id IN (OLD.room_id, NEW.room_id)
    ORDER BY s.id FOR KEY SHARE SKIP LOCKED);
BEGIN
  IF kept <> '{}' THEN
    BEGIN
      PERFORM timeslots_keep_rooms(kept, NEW.updated_at);
    EXCEPTION WHEN exclusion_violation THEN
      NULL;
    END;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_use_room_left AFTER UPDATE OF status, timeslot_id, further_timeslots, room_id ON appointments
  FOR EACH ROW WHEN ((OLD.room_id IS NOT NULL OR NEW.room_id IS NOT NULL) AND OLD.status IN ('pending', 'confirmed'))
  EXECUTE FUNCTION appointments_keep_room();
