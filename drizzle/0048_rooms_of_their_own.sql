-- What is kept for a patient is in no way of their own visit.
--
-- Somebody held a time, or was offered one, and booked another at that time with another doctor, or moved a visit there: where the
-- room that was kept for them was the last of its kind they were refused. They cannot come to both, so that the visit has the room. As
-- much as it leaves is kept on, and all of it again when the visit goes.
--
-- Locks: SHARE ROW EXCLUSIVE on appointments for an instant. Processes of the version before go on working, and refuse as before.

-- As in 0043, and what is kept for its patient makes way for it as well.
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
    own := own || ARRAY(SELECT s.id FROM timeslots s WHERE s.held_by = NEW.patient_id AND s.held_room_id = NEW.room_id);
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
--> statement-breakpoint
-- Of the room that a visit takes, what is kept for its patient beside it is kept on.
CREATE TRIGGER appointments_use_room_shared AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.room_id IS NOT NULL AND NEW.status IN ('pending', 'confirmed')) EXECUTE FUNCTION appointments_keep_room();
