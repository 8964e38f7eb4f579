-- A doctor's slots never overlap; touching ones are fine.
ALTER TABLE timeslots ADD CONSTRAINT timeslots_no_overlap
  EXCLUDE USING gist (doctor_id WITH =, tsrange(date + start_time, date + end_time) WITH &&);
--> statement-breakpoint
-- A patient never holds two active appointments at once, with whichever doctors.
ALTER TABLE appointments ADD CONSTRAINT appointments_patient_no_overlap
  EXCLUDE USING gist (patient_id WITH =, tsrange(date + start_time, date + end_time) WITH &&)
  WHERE (status IN ('pending', 'confirmed'));
--> statement-breakpoint
-- pending -> confirmed -> cancelled, or pending -> cancelled. Nothing leaves cancelled, nothing goes back.
CREATE FUNCTION appointments_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ((OLD.status, NEW.status) IN (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'cancelled'))) THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_status_moves', TABLE = 'appointments',
      MESSAGE = format('an appointment cannot move from %s to %s', OLD.status, NEW.status);
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_status_moves BEFORE UPDATE OF status ON appointments
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION appointments_status_moves();
--> statement-breakpoint
-- A slot is published once and for all: its appointments hold a copy of its times, which must stay true.
CREATE FUNCTION timeslots_never_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE check_violation USING CONSTRAINT = 'timeslots_never_move', TABLE = 'timeslots',
    MESSAGE = 'a slot keeps its doctor and its times; delete it and publish another';
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_never_move BEFORE UPDATE OF doctor_id, date, start_time, end_time ON timeslots
  FOR EACH ROW EXECUTE FUNCTION timeslots_never_move();
--> statement-breakpoint
-- Every API process hears which session has ended, in the moment it commits.
CREATE FUNCTION sessions_tell_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('session_ended', NEW.id::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER sessions_tell_ended AFTER UPDATE OF ended_at ON sessions
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
  EXECUTE FUNCTION sessions_tell_ended();
