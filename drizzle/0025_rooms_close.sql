-- The locks of appointments, room_uses and rooms are those of adding triggers and dropping constraints, for a moment. The version
-- before runs on it: it meets a room that has closed as one that is in use, and looks for another.
--
-- A room is locked before visits and slots, as everywhere. A foreign key locks it at the end of a statement instead: who confirms a
-- visit in a room and who closes the room waited for each other, until the server ended one of them as a deadlock.
ALTER TABLE "room_uses" DROP CONSTRAINT "room_uses_room_id_rooms_id_fk";
--> statement-breakpoint
ALTER TABLE "appointments" DROP CONSTRAINT "appointments_room_id_rooms_id_fk";
--> statement-breakpoint
-- Nobody gets an examination in a room that is closed in this very moment, or deleted. Whoever closes one has it locked, and is
-- waited for: what is asked then sees what they wrote. They in turn wait for no slot and no visit of whoever comes to the room
-- from elsewhere. The room of the visit's own slot needs no lock: whoever closes it takes its slots first.
CREATE FUNCTION appointments_room_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM timeslots WHERE id = NEW.timeslot_id AND room_id = NEW.room_id) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM rooms WHERE id = NEW.room_id AND branch_id = NEW.branch_id AND is_active FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE exclusion_violation USING CONSTRAINT = 'room_uses_no_overlap', TABLE = 'room_uses',
      MESSAGE = 'the room is closed';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_room_is_open_booked AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.room_id IS NOT NULL AND NEW.status IN ('pending', 'confirmed'))
  EXECUTE FUNCTION appointments_room_is_open();
--> statement-breakpoint
CREATE TRIGGER appointments_room_is_open_moved AFTER UPDATE OF room_id ON appointments
  FOR EACH ROW WHEN (NEW.room_id IS NOT NULL AND NEW.status IN ('pending', 'confirmed')
    AND OLD.room_id IS DISTINCT FROM NEW.room_id)
  EXECUTE FUNCTION appointments_room_is_open();
--> statement-breakpoint
-- A visit keeps its room when its slots are gone. Whoever deletes a room has it locked by now, and then looks.
CREATE FUNCTION rooms_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM appointments WHERE room_id = OLD.id) THEN
    RAISE foreign_key_violation USING CONSTRAINT = 'rooms_in_use', TABLE = 'rooms',
      MESSAGE = 'something hangs on this room';
  END IF;
  RETURN OLD;
END $$;
--> statement-breakpoint
CREATE TRIGGER rooms_in_use BEFORE DELETE ON rooms FOR EACH ROW EXECUTE FUNCTION rooms_in_use();
