-- Most statements take an exclusive lock on one table for an instant (appointments, the audit, the type of events) and read
-- no row. The two indexes of the audit read it once, while nobody can write to it: none of its rows belongs into them, so
-- that it is one look through the table and nothing to sort.

-- A visit that is given to another doctor keeps its history, which names both.
ALTER TYPE "appointment_event_kind" ADD VALUE 'doctor_changed';
--> statement-breakpoint
-- Nobody gets a visit with a doctor who is out. Whoever books or moves has locked the slot by now, and whoever puts a doctor
-- out locks their slots before they commit: this statement, which sees what has been committed since the booking's own
-- statement began, decides for whoever waited.
CREATE FUNCTION appointments_doctor_works() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM users WHERE id = NEW.doctor_id AND role = 'doctor' AND is_active) THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_doctor_works', TABLE = 'appointments',
      MESSAGE = 'the doctor does not work here';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_doctor_works_booked BEFORE INSERT ON appointments
  FOR EACH ROW WHEN (NEW.status <> 'cancelled') EXECUTE FUNCTION appointments_doctor_works();
--> statement-breakpoint
CREATE TRIGGER appointments_doctor_works_moved BEFORE UPDATE OF timeslot_id ON appointments
  FOR EACH ROW WHEN (NEW.timeslot_id <> OLD.timeslot_id) EXECUTE FUNCTION appointments_doctor_works();
--> statement-breakpoint
-- An appointment that moves takes the doctor and the times of its new slot with it, and only an active one moves. It goes to
-- another doctor only where its own is out.
CREATE OR REPLACE FUNCTION appointments_move_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status NOT IN ('pending', 'confirmed') OR NOT EXISTS (
    SELECT FROM timeslots s
    WHERE s.id = NEW.timeslot_id AND s.doctor_id = NEW.doctor_id
      AND (s.date, s.start_time, s.end_time) = (NEW.date, NEW.start_time, NEW.end_time)
  ) OR NEW.doctor_id <> OLD.doctor_id AND EXISTS (
    SELECT FROM users WHERE id = OLD.doctor_id AND role = 'doctor' AND is_active
  ) THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_move_whole', TABLE = 'appointments',
      MESSAGE = 'an appointment moves to a slot of its doctor, with the times of that slot';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
DROP TRIGGER appointments_move_whole ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_move_whole BEFORE UPDATE OF timeslot_id, doctor_id ON appointments
  FOR EACH ROW WHEN (NEW.timeslot_id <> OLD.timeslot_id OR NEW.doctor_id <> OLD.doctor_id)
  EXECUTE FUNCTION appointments_move_whole();
--> statement-breakpoint
-- Stands after the move itself, which `appointments_record` writes: triggers of one event fire by name.
CREATE FUNCTION appointments_record_doctor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO appointment_events (appointment_id, at, kind, by, details)
  VALUES (NEW.id, NEW.updated_at, 'doctor_changed', NEW.updated_by,
    jsonb_build_object('from_doctor', OLD.doctor_id, 'to_doctor', NEW.doctor_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_record_doctor AFTER UPDATE OF doctor_id ON appointments
  FOR EACH ROW WHEN (NEW.doctor_id <> OLD.doctor_id) EXECUTE FUNCTION appointments_record_doctor();
--> statement-breakpoint
-- One entry for all whom one look has shown, such as a page of an export; each of them sees it in their log. And one for a
-- look that repeats itself, such as a calendar that is fetched every quarter of an hour: `once` names it and its day.
ALTER TABLE "audit_entries" ADD COLUMN "people" integer[];
--> statement-breakpoint
ALTER TABLE "audit_entries" ADD COLUMN "once" text;
--> statement-breakpoint
CREATE INDEX "audit_entries_people" ON "audit_entries" USING gin ("people") WHERE people is not null;
--> statement-breakpoint
CREATE UNIQUE INDEX "audit_entries_once" ON "audit_entries" USING btree ("once") WHERE once is not null;
