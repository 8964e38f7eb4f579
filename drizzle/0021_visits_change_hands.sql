-- Visits change hands: what is told of a visit says which doctor had it before and what it was before, and a corrected
-- patient stands in its history.
--
-- Locks: SHARE ROW EXCLUSIVE on appointments for an instant, while the trigger is made. No row is read.
--
-- The outbox of appointments. What is told of a change is told with the time and the version that the visit had then,
-- however late the message is written. A visit that its patient's arrival confirms is told to nobody: they stand there.
-- `was` is the status before a cancellation: what was confirmed is called off, what was pending is declined.
CREATE OR REPLACE FUNCTION appointments_tell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told jsonb := jsonb_build_object('appointment', NEW.id, 'version', NEW.version,
    'to', jsonb_build_object('date', NEW.date, 'start_time', left(NEW.start_time::text, 5)));
BEGIN
  IF current_setting('clinic.quiet', true) IS NOT DISTINCT FROM 'on' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    told := told || jsonb_build_object('event', 'booked', 'status', NEW.status);
  ELSIF NEW.status IN ('pending', 'confirmed') AND NEW.timeslot_id <> OLD.timeslot_id THEN
    told := told || jsonb_build_object('event', 'moved', 'status', NEW.status,
      'from', jsonb_build_object('date', OLD.date, 'start_time', left(OLD.start_time::text, 5)));
    IF NEW.doctor_id <> OLD.doctor_id THEN
      told := told || jsonb_build_object('from_doctor', OLD.doctor_id, 'by', NEW.updated_by);
    END IF;
  ELSIF NEW.status = 'confirmed' AND NEW.attendance IS NOT NULL THEN
    RETURN NULL;
  ELSE
    told := told || jsonb_build_object('event', NEW.status, 'by', NEW.updated_by, 'was', OLD.status);
  END IF;
  PERFORM queue_job('appointment_event', told::json);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Whose visit it was and is, whatever path corrects it. Who merges records needs the same, and either may come first.
CREATE OR REPLACE FUNCTION appointments_record_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO appointment_events (appointment_id, at, kind, by, details)
  VALUES (NEW.id, NEW.updated_at, 'patient_changed', NEW.updated_by,
    jsonb_build_object('from_patient', OLD.patient_id, 'to_patient', NEW.patient_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER appointments_record_patient AFTER UPDATE OF patient_id ON appointments
  FOR EACH ROW WHEN (NEW.patient_id <> OLD.patient_id) EXECUTE FUNCTION appointments_record_patient();
