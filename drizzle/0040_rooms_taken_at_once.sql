-- A visit's room is judged and taken by one trigger, where two looked at its slots before: it is a part of what a booking in a
-- room costs. What is refused and which rows are locked stays, in the same order.
--
-- Locks: appointments, for the moment in which two triggers go. Processes of the version before go on working.

-- A visit uses its room from its start to its end while it is active. Where its slots have that room, only the breaks between
-- them are left to take; otherwise nobody gets a room that is closed in this very moment, or deleted. Whoever closes one has it
-- locked, and is waited for: what is asked then sees what they wrote. They in turn wait for no slot and no visit of whoever
-- comes to the room from elsewhere. The room of the visit's own slot needs no lock: whoever closes it takes its slots first.
CREATE OR REPLACE FUNCTION appointments_use_room() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  uses boolean := NEW.room_id IS NOT NULL AND NEW.status IN ('pending', 'confirmed');
  slots tsmultirange;
  is_of_slot boolean;
BEGIN
  IF uses THEN
    SELECT range_agg(tsrange(s.date + s.start_time, s.date + s.end_time)), bool_or(s.id = NEW.timeslot_id)
    INTO slots, is_of_slot
    FROM timeslots s WHERE s.id = ANY (NEW.timeslot_id || NEW.further_timeslots) AND s.room_id = NEW.room_id;
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
    PERFORM room_use(NEW.room_id, NEW.date, NEW.start_time, NEW.end_time, NULL, NEW.id);
  ELSIF uses THEN
    PERFORM room_use(NEW.room_id, NEW.date, lower(free)::time, CASE WHEN upper(free) = (NEW.date + 1)::timestamp
        THEN '24:00' ELSE upper(free)::time END, NULL, NEW.id)
    FROM unnest(tsmultirange(tsrange(NEW.date + NEW.start_time, NEW.date + NEW.end_time)) - slots) free;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER appointments_room_is_open_booked ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_room_is_open_moved ON appointments;
--> statement-breakpoint
DROP FUNCTION appointments_room_is_open();
