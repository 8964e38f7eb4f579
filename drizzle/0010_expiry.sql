-- Requests that nobody answers end as `expired`, and every message keeps the time it speaks of.
-- Locks, until the migration commits: first ROW EXCLUSIVE on notifications and messages, whose rows are filled in before
-- anything else is locked; then ACCESS EXCLUSIVE on appointments (its constraint and triggers are replaced; the constraint
-- costs one read of the table). New values of a type can be used by later transactions only: nothing here that is parsed at
-- once names them, and the bodies of plpgsql functions are parsed when they first run.
--
-- The time that a message of before speaks of, as far as it can be known: where the visit was before the first move after
-- the message was written, or where it is. Only for visits that are active or have moved; of the others nothing changes.
UPDATE notifications n SET params = n.params || jsonb_build_object(
  'date', coalesce((
    SELECT e.details -> 'from' ->> 'date' FROM appointment_events e
    WHERE e.appointment_id = a.id AND e.kind = 'moved' AND e.at > n.created_at ORDER BY e.id LIMIT 1), a.date::text),
  'start_time', coalesce((
    SELECT e.details -> 'from' ->> 'start_time' FROM appointment_events e
    WHERE e.appointment_id = a.id AND e.kind = 'moved' AND e.at > n.created_at ORDER BY e.id LIMIT 1),
    left(a.start_time::text, 5)))
FROM appointments a
WHERE a.id = n.appointment_id AND NOT n.params ? 'date'
  AND (a.status IN ('pending', 'confirmed')
    OR a.id IN (SELECT appointment_id FROM appointment_events WHERE kind = 'moved'));
--> statement-breakpoint
UPDATE messages m SET params = m.params || jsonb_build_object(
  'date', coalesce((
    SELECT e.details -> 'from' ->> 'date' FROM appointment_events e
    WHERE e.appointment_id = a.id AND e.kind = 'moved' AND e.at > m.created_at ORDER BY e.id LIMIT 1), a.date::text),
  'start_time', coalesce((
    SELECT e.details -> 'from' ->> 'start_time' FROM appointment_events e
    WHERE e.appointment_id = a.id AND e.kind = 'moved' AND e.at > m.created_at ORDER BY e.id LIMIT 1),
    left(a.start_time::text, 5)))
FROM appointments a
WHERE a.id = m.appointment_id AND NOT m.params ? 'date'
  AND (a.status IN ('pending', 'confirmed')
    OR a.id IN (SELECT appointment_id FROM appointment_events WHERE kind = 'moved'));
--> statement-breakpoint
ALTER TYPE "public"."appointment_status" ADD VALUE IF NOT EXISTS 'expired';
--> statement-breakpoint
ALTER TYPE "public"."appointment_event_kind" ADD VALUE IF NOT EXISTS 'expired' BEFORE 'moved';
--> statement-breakpoint
-- What is no longer active can lose its slot.
ALTER TABLE "appointments" DROP CONSTRAINT "appointments_active_has_slot";
--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_active_has_slot" CHECK (status not in ('pending', 'confirmed') or timeslot_id is not null) NOT VALID;
--> statement-breakpoint
ALTER TABLE "appointments" VALIDATE CONSTRAINT "appointments_active_has_slot";
--> statement-breakpoint
-- pending -> confirmed -> cancelled, or pending -> cancelled, or pending -> expired, which nobody does but the system
-- itself. Nothing leaves cancelled and expired; confirmed goes back to pending only with a move to another slot.
CREATE OR REPLACE FUNCTION appointments_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.status, NEW.status) IN (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'cancelled'))
    OR (OLD.status, NEW.status) = ('confirmed', 'pending') AND NEW.timeslot_id <> OLD.timeslot_id
    OR (OLD.status, NEW.status) = ('pending', 'expired') AND NEW.updated_by IS NULL
  THEN
    RETURN NEW;
  END IF;
  RAISE check_violation USING CONSTRAINT = 'appointments_status_moves', TABLE = 'appointments',
    MESSAGE = format('an appointment cannot move from %s to %s', OLD.status, NEW.status);
END $$;
--> statement-breakpoint
-- Only an active appointment moves.
CREATE OR REPLACE FUNCTION appointments_move_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status NOT IN ('pending', 'confirmed') OR NOT EXISTS (
    SELECT FROM timeslots s
    WHERE s.id = NEW.timeslot_id AND s.doctor_id = NEW.doctor_id AND s.doctor_id = OLD.doctor_id
      AND (s.date, s.start_time, s.end_time) = (NEW.date, NEW.start_time, NEW.end_time)
  ) THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_move_whole', TABLE = 'appointments',
      MESSAGE = 'an appointment moves to a slot of its doctor, with the times of that slot';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- A request that expires gives its slot back. The slot is over: nobody waits for it, so the waiting list is not asked.
CREATE FUNCTION appointments_leave_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE timeslots SET is_taken = false WHERE id = OLD.timeslot_id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_leave_slot AFTER UPDATE OF status ON appointments
  FOR EACH ROW
  WHEN (OLD.status IN ('pending', 'confirmed') AND NEW.status NOT IN ('pending', 'confirmed', 'cancelled'))
  EXECUTE FUNCTION appointments_leave_slot();
--> statement-breakpoint
DROP TRIGGER appointments_take_slot_booked ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_take_slot_booked AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.status IN ('pending', 'confirmed')) EXECUTE FUNCTION appointments_take_slot();
--> statement-breakpoint
DROP TRIGGER appointments_take_slot_changed ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_take_slot_changed AFTER UPDATE OF status, timeslot_id ON appointments
  FOR EACH ROW
  WHEN (OLD.status IN ('pending', 'confirmed') AND NEW.status IN ('pending', 'confirmed', 'cancelled'))
  EXECUTE FUNCTION appointments_take_slot();
--> statement-breakpoint
-- The outbox of appointments. What is told of a change is told with the time and the version that the visit had then,
-- however late the message is written. A visit that its patient's arrival confirms is told to nobody: they stand there.
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
  ELSIF NEW.status = 'confirmed' AND NEW.attendance IS NOT NULL THEN
    RETURN NULL;
  ELSE
    told := told || jsonb_build_object('event', NEW.status, 'by', NEW.updated_by);
  END IF;
  PERFORM queue_job('appointment_event', told::json);
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER appointments_tell_booked ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_tell_booked AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.status IN ('pending', 'confirmed')) EXECUTE FUNCTION appointments_tell();
--> statement-breakpoint
DROP TRIGGER appointments_tell_changed ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_tell_changed AFTER UPDATE OF status, timeslot_id ON appointments
  FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status
    OR NEW.status IN ('pending', 'confirmed') AND NEW.timeslot_id IS DISTINCT FROM OLD.timeslot_id)
  EXECUTE FUNCTION appointments_tell();
