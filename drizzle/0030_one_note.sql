-- A change is noted once. What a booking told in three ways, to the queue's job for messages, to the feed of remembered answers
-- and to the log, stands in the log alone; the others read it there. And it is done by statement, not by row: 64 bookings in one
-- statement cost 64 times what stands in a loop, and once what does not. Messages have a reader of the log, `messages`, which
-- begins where the queue's jobs end: in the moment in which the triggers are replaced.
--
-- What indexes a booking writes, each with who needs it; none is without:
--   appointments_pkey                   every change and every read by id, foreign keys of messages, notifications, wishes
--   appointments_one_active_per_slot    a rule
--   appointments_doctor_no_overlap      a rule; whether a slot is published into a long visit
--   appointments_patient_no_overlap     a rule
--   appointments_timeslot               a slot that goes leaves its visits without one (foreign key), what a slot was booked by
--   appointments_time                   the list of the clinic, a day of it, holidays, the export
--   appointments_status_time            the list by a status that few have, what expires
--   appointments_branch_time            the list and the day of a branch
--   appointments_doctor_time            a doctor's list and day, absences, who leaves
--   appointments_patient_time           own visits, whether somebody is busy, how many lie ahead
--   appointments_booked_by_time         what somebody of the staff has booked, who is merged
--   appointments_room, _service         visits of a room, of a service; of others they have no entry
--   timeslots_pkey, _doctor_time        the slot, a doctor's slots, taken ones too
--   timeslots_no_overlap                a rule
--   events_pkey, _xid, _appointment     a reader's next part, what is unread, the history of a visit
-- The others of timeslots hold what is free or held: a booking takes its slot out of them, and writes none.
--
-- Locks, for an instant and without reading any row: ACCESS EXCLUSIVE on appointments (a default goes, triggers are replaced) and
-- on doctor_changes; SHARE ROW EXCLUSIVE on timeslots, users, doctor_profiles, events. Processes of the version before go on
-- working: what they have of `doctor_changes` is a view of the log; an appointment without a branch gets its slot's; jobs that
-- are queued are done; what happens until the first process of this version runs is told by that one.
DROP TRIGGER appointments_doctor_works_booked ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_take_slot_booked ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_note_booked ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_tell_booked ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_tell_changed ON appointments;
--> statement-breakpoint
DROP FUNCTION appointments_tell, appointments_note_booked;
--> statement-breakpoint
-- Nobody writes appointments by now: whoever did has queued their jobs, and is seen here.
INSERT INTO event_readers (name) VALUES ('messages');
--> statement-breakpoint
ALTER TABLE "appointments" ALTER COLUMN "branch_id" DROP DEFAULT;
--> statement-breakpoint
-- Whoever books says where, as they have locked the slot. For whoever does not, as the version before: its slot's branch and room.
CREATE FUNCTION appointments_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT coalesce(max(s.branch_id), 1), coalesce(NEW.room_id, max(s.room_id)) INTO NEW.branch_id, NEW.room_id
  FROM timeslots s WHERE s.id = NEW.timeslot_id;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_place BEFORE INSERT ON appointments
  FOR EACH ROW WHEN (NEW.branch_id IS NULL) EXECUTE FUNCTION appointments_place();
--> statement-breakpoint
-- All that a booking brings about, for all that are booked in one statement.
CREATE FUNCTION appointments_booked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  taken integer[];
  kept integer[];
BEGIN
  -- Asked of one after another: as a join the server may read all doctors.
  IF EXISTS (
    SELECT FROM became b WHERE b.status <> 'cancelled'
      AND NOT coalesce((SELECT u.role = 'doctor' AND u.is_active FROM users u WHERE u.id = b.doctor_id), false))
  THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_doctor_works', TABLE = 'appointments',
      MESSAGE = 'the doctor does not work here';
  END IF;
  SELECT array_agg(slot) INTO taken
  FROM became b CROSS JOIN LATERAL unnest(b.timeslot_id || b.further_timeslots) slot
  WHERE b.status IN ('pending', 'confirmed');
  IF taken IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(s.id) FILTER (WHERE s.is_waitlisted) INTO kept FROM (
    SELECT id, is_waitlisted FROM timeslots WHERE id = ANY (taken) ORDER BY id FOR NO KEY UPDATE) s;
  UPDATE timeslots SET is_taken = true, held_by = NULL, held_until = NULL, held_with = NULL, is_waitlisted = false,
    offer_after = NULL, last_held_by = NULL, last_held_until = NULL
  WHERE id = ANY (taken);
  IF kept IS NOT NULL THEN
    WITH offer AS (
      UPDATE waitlist_offers o
      SET outcome = (CASE WHEN e.patient_id = b.patient_id THEN 'accepted' ELSE 'withdrawn' END)::offer_outcome
      FROM became b, waitlist_entries e
      WHERE o.timeslot_id = ANY (kept) AND o.timeslot_id = ANY (b.timeslot_id || b.further_timeslots)
        AND b.status IN ('pending', 'confirmed') AND o.outcome IS NULL AND e.id = o.entry_id
      RETURNING o.entry_id, o.outcome, b.id AS visit
    )
    UPDATE waitlist_entries
    SET status = (CASE WHEN offer.outcome = 'accepted' THEN 'booked' ELSE 'waiting' END)::waitlist_status,
      appointment_id = CASE WHEN offer.outcome = 'accepted' THEN offer.visit END
    FROM offer WHERE id = offer.entry_id;
  END IF;
  INSERT INTO events (type, at, by, appointment_id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time, end_time,
    status, version, is_quiet)
  SELECT 'appointment.booked', created_at, booked_by, id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time,
    end_time, status, version, event_is_quiet()
  FROM became WHERE status IN ('pending', 'confirmed') ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_booked AFTER INSERT ON appointments
  REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION appointments_booked();
--> statement-breakpoint
DROP TRIGGER timeslots_note_held ON timeslots;
--> statement-breakpoint
DROP FUNCTION timeslots_note_held;
--> statement-breakpoint
DROP TRIGGER timeslots_link_taken ON timeslots;
--> statement-breakpoint
DROP TRIGGER timeslots_tell_changed ON timeslots;
--> statement-breakpoint
DROP TRIGGER timeslots_tell_published ON timeslots;
--> statement-breakpoint
DROP TRIGGER timeslots_tell_withdrawn ON timeslots;
--> statement-breakpoint
DROP TRIGGER timeslots_tell_emptied ON timeslots;
--> statement-breakpoint
DROP TRIGGER doctor_profiles_tell_changed ON doctor_profiles;
--> statement-breakpoint
DROP TRIGGER users_tell_doctor_changed ON users;
--> statement-breakpoint
DROP FUNCTION timeslots_tell_changed, timeslots_tell_days, doctors_tell_changed;
--> statement-breakpoint
-- Somebody holds a slot, or the waiting list keeps it for those who wait; or it is anybody's again. What another trigger does to
-- slots is told by the event of the visit, or of the slots that came or went. By hand a slot may be marked as taken, too.
CREATE FUNCTION timeslots_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() = 1 THEN
    INSERT INTO events (type, by, patient_id, timeslot_id, doctor_id, branch_id, date, start_time, end_time, is_quiet, details)
    SELECT (CASE WHEN NOT h.is_changed THEN 'doctor.changed'
        WHEN n.held_by IS NULL AND NOT n.is_waitlisted THEN 'timeslot.released' ELSE 'timeslot.held' END)::event_type,
      CASE WHEN h.is_changed AND NOT n.is_waitlisted THEN coalesce(n.last_held_by, o.last_held_by) END,
      CASE WHEN h.is_changed THEN coalesce(n.held_by, o.held_by) END,
      n.id, n.doctor_id, n.branch_id, n.date, n.start_time, n.end_time, event_is_quiet(),
      CASE WHEN n.is_waitlisted THEN '{"waitlist": true}'::jsonb END
    FROM was o JOIN became n ON n.id = o.id
    CROSS JOIN LATERAL (
      SELECT (o.held_by, o.held_until, o.is_waitlisted) IS DISTINCT FROM (n.held_by, n.held_until, n.is_waitlisted)
    ) h (is_changed)
    WHERE h.is_changed OR o.is_taken <> n.is_taken
    ORDER BY n.id;
  END IF;
  -- Where a doctor gives services: whether the slot before runs on into this one.
  PERFORM timeslots_link(t.doctor_id, t.date, t.start_time)
  FROM (
    SELECT n.doctor_id, n.date, n.start_time FROM was o JOIN became n ON n.id = o.id WHERE o.is_taken <> n.is_taken OFFSET 0) t
  WHERE (SELECT true FROM doctor_services g WHERE g.doctor_id = t.doctor_id LIMIT 1);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_changed AFTER UPDATE ON timeslots
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION timeslots_changed();
--> statement-breakpoint
DROP TABLE doctor_changes;
--> statement-breakpoint
-- Of which doctor something has changed that answers are kept of in memory: their free slots of a day or, without one, anything;
-- 0 is any doctor. See src/memory/changes.ts. Whatever changes a slot is an event with its day.
CREATE VIEW doctor_changes AS
  SELECT xid, coalesce(doctor_id, 0) AS doctor_id, date FROM events
  WHERE type IN ('appointment.booked', 'appointment.cancelled', 'appointment.expired', 'appointment.moved', 'appointment.changed',
    'timeslot.published', 'timeslot.withdrawn', 'timeslot.held', 'timeslot.released', 'doctor.changed')
  UNION ALL
  SELECT xid, coalesce((details ->> 'from_doctor')::integer, doctor_id), (details -> 'from' ->> 'date')::date FROM events
  WHERE type = 'appointment.moved';
--> statement-breakpoint
-- The version before sweeps what it thinks a table. The log has its own time.
CREATE FUNCTION doctor_changes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER doctor_changes_stay INSTEAD OF DELETE ON doctor_changes
  FOR EACH ROW EXECUTE FUNCTION doctor_changes_stay();
--> statement-breakpoint
-- Whoever makes a change hears of it at once, on its own connection: INFO is sent to every client and never logged. Each is a
-- packet of its own, hence one for all days of a statement.
CREATE FUNCTION events_tell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  days text;
BEGIN
  SELECT string_agg(DISTINCT concat_ws(' ', c.doctor, c.day), ',') INTO days
  FROM (
    SELECT coalesce(doctor_id, 0), date FROM noted
    WHERE type IN ('appointment.booked', 'appointment.cancelled', 'appointment.expired', 'appointment.moved', 'appointment.changed',
      'timeslot.published', 'timeslot.withdrawn', 'timeslot.held', 'timeslot.released', 'doctor.changed')
    UNION ALL
    SELECT coalesce((details ->> 'from_doctor')::integer, doctor_id), (details -> 'from' ->> 'date')::date FROM noted
    WHERE type = 'appointment.moved'
  ) c (doctor, day);
  IF days IS NOT NULL THEN
    RAISE INFO USING MESSAGE = days, ERRCODE = 'CH001';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER events_tell AFTER INSERT ON events
  REFERENCING NEW TABLE AS noted FOR EACH STATEMENT EXECUTE FUNCTION events_tell();
--> statement-breakpoint
-- For what is no doctor's own change and yet says something of them, such as another name of a specialization.
CREATE OR REPLACE FUNCTION doctor_changed(doctor integer, day date) RETURNS void LANGUAGE sql AS $$
  INSERT INTO events (type, doctor_id, date, is_quiet) VALUES ('doctor.changed', nullif(doctor, 0), day, event_is_quiet())
$$;
