-- What follows keeps timeslots.is_taken true to the appointments; this makes it true to begin with.
UPDATE timeslots SET is_taken = true
WHERE EXISTS (SELECT FROM appointments a WHERE a.timeslot_id = timeslots.id AND a.status IN ('pending', 'confirmed'));
--> statement-breakpoint
INSERT INTO clinic_settings DEFAULT VALUES;
--> statement-breakpoint
-- Two absences of a doctor never overlap, nor do two stretches of their week that are valid on one day.
ALTER TABLE absences ADD CONSTRAINT absences_no_overlap
  EXCLUDE USING gist (doctor_id WITH =, tsrange("from" + start_time, "to" + end_time) WITH &&);
--> statement-breakpoint
ALTER TABLE weekly_hours ADD CONSTRAINT weekly_hours_no_overlap
  EXCLUDE USING gist (
    doctor_id WITH =,
    weekday WITH =,
    tsrange(date '2000-01-01' + start_time, date '2000-01-01' + end_time) WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
--> statement-breakpoint
-- The slots that fit between two times of a day, each a break after the one before. Counted in minutes: a time of day goes
-- round at midnight, and the slot that ends at 24:00 would be lost.
CREATE FUNCTION slots_between(starts time, ends time, slot_minutes integer, break_minutes integer)
RETURNS TABLE (start_time time, end_time time) LANGUAGE sql IMMUTABLE AS $$
  SELECT make_time(at / 60, at % 60, 0), make_time((at + slot_minutes) / 60, (at + slot_minutes) % 60, 0)
  FROM generate_series(
    extract(epoch FROM starts)::integer / 60,
    extract(epoch FROM ends)::integer / 60 - slot_minutes,
    slot_minutes + break_minutes) at
$$;
--> statement-breakpoint
-- The one answer to "may this patient have this slot?", beside whether it is taken: every path to a booking asks it of
-- the slot's row, which it has locked. `now` is the application's clock.
CREATE FUNCTION timeslot_is_open_to(
  held_by integer, held_until timestamptz, is_waitlisted boolean, patient integer, now timestamptz
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN held_until > now THEN held_by = patient ELSE NOT is_waitlisted END
$$;
--> statement-breakpoint
-- Whether anybody on the waiting list wants a slot like this. Who may have it is decided when it is offered.
CREATE FUNCTION waitlist_wants(doctor integer, day date, starts time, ends time) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM waitlist_entries e
    WHERE e.status = 'waiting' AND e.doctor_id = doctor
      AND day BETWEEN e."from" AND e."to" AND starts >= coalesce(e.after, '00:00') AND ends <= coalesce(e.before, '24:00')
  ) OR EXISTS (
    SELECT FROM waitlist_entries e
    WHERE e.status = 'waiting'
      AND search_fold(e.specialization) = (SELECT search_fold(d.specialization) FROM doctor_profiles d WHERE d.id = doctor)
      AND day BETWEEN e."from" AND e."to" AND starts >= coalesce(e.after, '00:00') AND ends <= coalesce(e.before, '24:00')
  )
$$;
--> statement-breakpoint
-- Lets the waiting list know, in the transaction that frees a slot. The job has no key: whoever frees another slot would
-- wait for this transaction to end.
CREATE FUNCTION waitlist_tell() RETURNS void LANGUAGE sql AS $$
  SELECT FROM queue_job('offer_waitlist', '{}')
$$;
--> statement-breakpoint
-- A slot is taken while an active appointment holds it, and free in the moment it does not: whatever path the change takes.
CREATE FUNCTION appointments_take_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was_waitlisted boolean;
  now_waitlisted boolean;
  told boolean := current_setting('clinic.quiet', true) IS DISTINCT FROM 'on';
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status <> 'cancelled'
    AND (NEW.status = 'cancelled' OR NEW.timeslot_id IS DISTINCT FROM OLD.timeslot_id)
  THEN
    UPDATE timeslots SET is_taken = false, is_waitlisted = told AND waitlist_wants(doctor_id, date, start_time, end_time)
    WHERE id = OLD.timeslot_id
    RETURNING is_waitlisted INTO now_waitlisted;
    IF now_waitlisted THEN
      PERFORM waitlist_tell();
    END IF;
  END IF;
  IF NEW.status <> 'cancelled' AND (TG_OP = 'INSERT' OR NEW.timeslot_id IS DISTINCT FROM OLD.timeslot_id) THEN
    SELECT is_waitlisted INTO was_waitlisted FROM timeslots WHERE id = NEW.timeslot_id FOR NO KEY UPDATE;
    UPDATE timeslots SET is_taken = true, held_by = NULL, held_until = NULL, is_waitlisted = false
    WHERE id = NEW.timeslot_id;
    -- An offer is taken up by booking the slot, in whichever way. Booked for somebody else it is over, and they wait on.
    IF was_waitlisted THEN
      WITH offer AS (
        UPDATE waitlist_offers o
        SET outcome = (CASE WHEN e.patient_id = NEW.patient_id THEN 'accepted' ELSE 'withdrawn' END)::offer_outcome
        FROM waitlist_entries e
        WHERE o.timeslot_id = NEW.timeslot_id AND o.outcome IS NULL AND e.id = o.entry_id
        RETURNING o.entry_id, o.outcome
      )
      UPDATE waitlist_entries
      SET status = (CASE WHEN offer.outcome = 'accepted' THEN 'booked' ELSE 'waiting' END)::waitlist_status,
        appointment_id = CASE WHEN offer.outcome = 'accepted' THEN NEW.id END
      FROM offer WHERE id = offer.entry_id;
    END IF;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_take_slot_booked AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.status <> 'cancelled') EXECUTE FUNCTION appointments_take_slot();
--> statement-breakpoint
CREATE TRIGGER appointments_take_slot_changed AFTER UPDATE OF status, timeslot_id ON appointments
  FOR EACH ROW WHEN (OLD.status <> 'cancelled') EXECUTE FUNCTION appointments_take_slot();
--> statement-breakpoint
-- New slots are offered to the waiting list before anybody else can see them.
CREATE FUNCTION timeslots_offer_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.quiet', true) IS NOT DISTINCT FROM 'on'
    OR NOT EXISTS (SELECT FROM waitlist_entries WHERE status = 'waiting')
  THEN
    RETURN NULL;
  END IF;
  UPDATE timeslots t SET is_waitlisted = true FROM published p
  WHERE t.id = p.id AND waitlist_wants(p.doctor_id, p.date, p.start_time, p.end_time);
  IF FOUND THEN
    PERFORM waitlist_tell();
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_offer_new AFTER INSERT ON timeslots
  REFERENCING NEW TABLE AS published FOR EACH STATEMENT EXECUTE FUNCTION timeslots_offer_new();
--> statement-breakpoint
-- A slot that goes takes its offer with it: whoever had it waits on, in their place.
CREATE FUNCTION timeslots_withdraw_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH offer AS (
    UPDATE waitlist_offers SET outcome = 'withdrawn' WHERE timeslot_id = OLD.id AND outcome IS NULL RETURNING entry_id
  )
  UPDATE waitlist_entries SET status = 'waiting' FROM offer WHERE id = offer.entry_id AND status = 'offered';
  RETURN OLD;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_withdraw_offer BEFORE DELETE ON timeslots
  FOR EACH ROW WHEN (OLD.is_waitlisted) EXECUTE FUNCTION timeslots_withdraw_offer();
--> statement-breakpoint
-- The outbox of offers, whatever path they take: that there is one, that it lapsed, or that its slot is gone. Whoever took
-- it up or turned it down knows. With all that the message says, since the slot may be gone when it is written.
CREATE FUNCTION waitlist_offers_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.quiet', true) IS DISTINCT FROM 'on' THEN
    PERFORM queue_job('waitlist_event', json_build_object(
      'offer', NEW.id, 'event', coalesce(NEW.outcome::text, 'offered'), 'patient', e.patient_id, 'doctor', s.doctor_id,
      'date', s.date, 'start_time', to_char(s.start_time, 'HH24:MI'), 'expires_at', NEW.expires_at))
    FROM waitlist_entries e, timeslots s WHERE e.id = NEW.entry_id AND s.id = NEW.timeslot_id;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER waitlist_offers_tell_made AFTER INSERT ON waitlist_offers
  FOR EACH ROW WHEN (NEW.outcome IS NULL) EXECUTE FUNCTION waitlist_offers_tell();
--> statement-breakpoint
CREATE TRIGGER waitlist_offers_tell_over AFTER UPDATE OF outcome ON waitlist_offers
  FOR EACH ROW WHEN (OLD.outcome IS NULL AND NEW.outcome IN ('lapsed', 'withdrawn')) EXECUTE FUNCTION waitlist_offers_tell();
--> statement-breakpoint
-- No slot lies in its doctor's absence. Whoever publishes has locked the doctor's row, and so has whoever writes an absence.
CREATE FUNCTION timeslots_not_in_absence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM absences
    WHERE doctor_id = NEW.doctor_id
      AND tsrange("from" + start_time, "to" + end_time) && tsrange(NEW.date + NEW.start_time, NEW.date + NEW.end_time)
  ) THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_not_in_absence', TABLE = 'timeslots',
      MESSAGE = 'the doctor is away';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_not_in_absence BEFORE INSERT ON timeslots
  FOR EACH ROW EXECUTE FUNCTION timeslots_not_in_absence();
--> statement-breakpoint
-- pending -> confirmed -> cancelled, or pending -> cancelled. Nothing leaves cancelled; confirmed goes back to pending only
-- with a move to another slot.
CREATE OR REPLACE FUNCTION appointments_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.status, NEW.status) IN (('pending', 'confirmed'), ('pending', 'cancelled'), ('confirmed', 'cancelled'))
    OR (OLD.status, NEW.status) = ('confirmed', 'pending') AND NEW.timeslot_id <> OLD.timeslot_id
  THEN
    RETURN NEW;
  END IF;
  RAISE check_violation USING CONSTRAINT = 'appointments_status_moves', TABLE = 'appointments',
    MESSAGE = format('an appointment cannot move from %s to %s', OLD.status, NEW.status);
END $$;
--> statement-breakpoint
-- An appointment that moves takes the doctor and the times of its new slot with it, and only an active one moves.
CREATE FUNCTION appointments_move_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'cancelled' OR NOT EXISTS (
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
CREATE TRIGGER appointments_move_whole BEFORE UPDATE OF timeslot_id ON appointments
  FOR EACH ROW WHEN (NEW.timeslot_id <> OLD.timeslot_id) EXECUTE FUNCTION appointments_move_whole();
--> statement-breakpoint
CREATE FUNCTION appointments_count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_count_version BEFORE UPDATE ON appointments
  FOR EACH ROW EXECUTE FUNCTION appointments_count_version();
--> statement-breakpoint
-- The history of an appointment, written with each change, whatever path it takes.
CREATE FUNCTION appointments_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'cancelled' AND NEW.timeslot_id <> OLD.timeslot_id THEN
    INSERT INTO appointment_events (appointment_id, at, kind, by, details)
    VALUES (NEW.id, NEW.updated_at, 'moved', NEW.updated_by, jsonb_build_object(
      'from', jsonb_build_object('date', OLD.date, 'start_time', to_char(OLD.start_time, 'HH24:MI'),
        'end_time', left(OLD.end_time::text, 5)),
      'to', jsonb_build_object('date', NEW.date, 'start_time', to_char(NEW.start_time, 'HH24:MI'),
        'end_time', left(NEW.end_time::text, 5))));
  ELSIF NEW.status IS DISTINCT FROM OLD.status THEN
    INSERT INTO appointment_events (appointment_id, at, kind, by, details)
    VALUES (NEW.id, NEW.updated_at, NEW.status::text::appointment_event_kind,
      CASE WHEN NEW.status = 'cancelled' THEN NEW.cancelled_by ELSE NEW.updated_by END,
      CASE WHEN NEW.cancelled_late THEN '{"late": true}'::jsonb ELSE '{}' END);
  END IF;
  IF NEW.attendance IS DISTINCT FROM OLD.attendance THEN
    INSERT INTO appointment_events (appointment_id, at, kind, by)
    VALUES (NEW.id, NEW.updated_at, coalesce(NEW.attendance::text, 'mark_taken_back')::appointment_event_kind, NEW.updated_by);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_record AFTER UPDATE OF status, timeslot_id, attendance ON appointments
  FOR EACH ROW EXECUTE FUNCTION appointments_record();
--> statement-breakpoint
CREATE FUNCTION appointment_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE check_violation USING CONSTRAINT = 'appointment_events_append_only', TABLE = 'appointment_events',
    MESSAGE = 'what happened is never changed';
END $$;
--> statement-breakpoint
CREATE TRIGGER appointment_events_append_only BEFORE UPDATE OR DELETE ON appointment_events
  FOR EACH ROW EXECUTE FUNCTION appointment_events_append_only();
--> statement-breakpoint
-- The outbox of appointments, now with moves: where the visit was, for the message, and the version, so that each move is
-- told once.
CREATE OR REPLACE FUNCTION appointments_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.quiet', true) IS NOT DISTINCT FROM 'on' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    PERFORM queue_job('appointment_event', json_build_object(
      'appointment', NEW.id, 'event', 'booked', 'status', NEW.status));
  ELSIF NEW.status <> 'cancelled' AND NEW.timeslot_id <> OLD.timeslot_id THEN
    PERFORM queue_job('appointment_event', json_build_object(
      'appointment', NEW.id, 'event', 'moved', 'status', NEW.status, 'version', NEW.version,
      'from', json_build_object('date', OLD.date, 'start_time', to_char(OLD.start_time, 'HH24:MI')),
      'to', json_build_object('date', NEW.date, 'start_time', to_char(NEW.start_time, 'HH24:MI'))));
  ELSE
    PERFORM queue_job('appointment_event', json_build_object(
      'appointment', NEW.id, 'event', NEW.status, 'version', NEW.version));
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER appointments_tell_moved ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_tell_changed AFTER UPDATE OF status, timeslot_id ON appointments
  FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR NEW.status <> 'cancelled' AND NEW.timeslot_id IS DISTINCT FROM OLD.timeslot_id)
  EXECUTE FUNCTION appointments_tell();
--> statement-breakpoint
-- Every API process hears of a changed policy in the moment it commits.
CREATE FUNCTION clinic_settings_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('settings_changed', '');
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER clinic_settings_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON clinic_settings
  FOR EACH STATEMENT EXECUTE FUNCTION clinic_settings_tell();
