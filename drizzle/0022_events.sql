-- One log of what happened. Every change notes it once, in its own transaction and by statement, whoever wants to hear of it.
--
-- Locks, for an instant and without reading any row: ACCESS EXCLUSIVE on appointment_events, SHARE ROW EXCLUSIVE on each table
-- that has a trigger here. Processes of the version before go on working: they read appointment_events, which then has what
-- the reader `history` has copied, a moment later than before.
CREATE TYPE "public"."event_type" AS ENUM('appointment.booked', 'appointment.confirmed', 'appointment.cancelled', 'appointment.moved', 'appointment.expired', 'appointment.arrived', 'appointment.completed', 'appointment.no_show', 'appointment.mark_taken_back', 'appointment.patient_corrected', 'appointment.changed', 'timeslot.published', 'timeslot.withdrawn', 'timeslot.held', 'timeslot.released', 'waitlist.joined', 'waitlist.left', 'waitlist.offered', 'waitlist.accepted', 'waitlist.lapsed', 'absence.announced', 'absence.taken_back', 'holiday.added', 'holiday.removed', 'doctor.changed', 'user.changed', 'user.erased', 'patient.merged');--> statement-breakpoint
CREATE TABLE "event_epochs" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" text NOT NULL,
	"cluster" text NOT NULL,
	"began_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_epochs_one" CHECK (is_only)
);
--> statement-breakpoint
CREATE TABLE "event_readers" (
	"name" text PRIMARY KEY NOT NULL,
	"place" "pg_snapshot" DEFAULT pg_current_snapshot() NOT NULL,
	"upto" "pg_snapshot",
	"after" bigint DEFAULT 0 NOT NULL,
	"last" bigint DEFAULT 0 NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_troubles" (
	"reader" text NOT NULL,
	"event_id" bigint NOT NULL,
	"appointment_id" integer,
	"tries" smallint NOT NULL,
	"retry_at" timestamp with time zone NOT NULL,
	"is_set_aside" boolean DEFAULT false NOT NULL,
	"code" text,
	CONSTRAINT "event_troubles_reader_event_id_pk" PRIMARY KEY("reader","event_id")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "events_id_seq" INCREMENT BY 2 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"type" "event_type" NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"noted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" integer,
	"appointment_id" integer,
	"timeslot_id" integer,
	"doctor_id" integer,
	"patient_id" integer,
	"user_id" integer,
	"branch_id" integer,
	"date" date,
	"start_time" time(0),
	"end_time" time(0),
	"status" "appointment_status",
	"version" integer,
	"is_quiet" boolean DEFAULT false NOT NULL,
	"details" jsonb
);
--> statement-breakpoint
ALTER TABLE "appointment_events" ALTER COLUMN "id" DROP IDENTITY;--> statement-breakpoint
ALTER TABLE "appointment_events" ALTER COLUMN "id" SET DEFAULT nextval('events_id_seq');--> statement-breakpoint
ALTER TABLE "event_troubles" ADD CONSTRAINT "event_troubles_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_troubles_event" ON "event_troubles" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "event_troubles_appointment" ON "event_troubles" USING btree ("appointment_id");--> statement-breakpoint
CREATE INDEX "events_xid" ON "events" USING btree ("xid");--> statement-breakpoint
CREATE INDEX "events_appointment" ON "events" USING btree ("appointment_id") WHERE appointment_id is not null;--> statement-breakpoint
-- A line of the history has the id of the event that it tells of: those of before come first.
SELECT setval('events_id_seq', (SELECT coalesce(max(id), 0) + 2 FROM appointment_events));
--> statement-breakpoint
-- Which cluster this is, and which of its timelines: a restore makes another of either. Null where the server does not tell.
CREATE FUNCTION event_cluster() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT timeline_id FROM pg_control_checkpoint());
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Begins another log, after a restore: places that were kept outside before mean nothing any more. What some reader has not
-- read is noted anew, with its id, for every reader; transactions of another cluster have other numbers.
CREATE FUNCTION event_epoch_begin() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  begun text := to_hex(extract(epoch FROM clock_timestamp())::bigint);
BEGIN
  LOCK TABLE event_readers IN EXCLUSIVE MODE;
  UPDATE events e SET xid = CASE WHEN EXISTS (
      SELECT FROM event_readers r
      WHERE NOT pg_visible_in_snapshot(e.xid, r.place)
        AND (r.upto IS NULL OR e.id > r.after OR NOT pg_visible_in_snapshot(e.xid, r.upto)))
    THEN pg_current_xact_id() ELSE '3'::xid8 END;
  UPDATE event_readers SET place = pg_current_snapshot(), upto = NULL, after = 0, last = 0;
  INSERT INTO event_epochs (epoch, cluster) VALUES (begun, coalesce(event_cluster(), 'unknown'))
  ON CONFLICT (is_only) DO UPDATE SET epoch = excluded.epoch, cluster = excluded.cluster, began_at = now();
  RETURN begun;
END $$;
--> statement-breakpoint
SELECT event_epoch_begin();
--> statement-breakpoint
-- How much is there to read from a place on: how many events, between which ids. What had not finished at that moment is asked
-- for by its number, and everything that has begun since: a transaction that somebody forgot costs nothing. It never reads the
-- log from end to end, whatever the planner thinks.
CREATE FUNCTION events_unread(place pg_snapshot, OUT count bigint, OUT first bigint, OUT last bigint)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT count(*), min(id), max(id) FROM (
    SELECT e.id FROM events e WHERE e.xid >= pg_snapshot_xmax(place)
    UNION ALL
    SELECT e.id FROM pg_snapshot_xip(place) open JOIN events e ON e.xid = open
  ) unread
$$;
--> statement-breakpoint
CREATE FUNCTION event_is_quiet() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT current_setting('clinic.quiet', true) IS NOT DISTINCT FROM 'on'
$$;
--> statement-breakpoint
CREATE FUNCTION appointments_note_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, at, by, appointment_id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time, end_time,
    status, version, is_quiet)
  SELECT 'appointment.booked', created_at, booked_by, id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time,
    end_time, status, version, event_is_quiet()
  FROM became WHERE status IN ('pending', 'confirmed') ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_note_booked AFTER INSERT ON appointments
  REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION appointments_note_booked();
--> statement-breakpoint
-- A change may be several events of one version, such as an arrival that confirms. What no other tells is `changed`; that the
-- slot of an old visit is gone is no event of the visit.
CREATE FUNCTION appointments_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, at, by, appointment_id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time, end_time,
    status, version, is_quiet, details)
  SELECT h.type::event_type, n.updated_at, h.by, n.id, n.timeslot_id, n.doctor_id, n.patient_id, n.branch_id, n.date,
    n.start_time, n.end_time, n.status, n.version, event_is_quiet(), h.details
  FROM was o JOIN became n ON n.id = o.id
  CROSS JOIN LATERAL (
    SELECT n.status IN ('pending', 'confirmed') AND n.timeslot_id <> o.timeslot_id,
      n.attendance IS DISTINCT FROM o.attendance, n.patient_id <> o.patient_id
  ) c (is_moved, is_marked, is_corrected)
  CROSS JOIN LATERAL (
    SELECT 1, 'appointment.moved', n.updated_by, jsonb_strip_nulls(jsonb_build_object(
      'from', jsonb_build_object('date', o.date, 'start_time', left(o.start_time::text, 5), 'end_time', left(o.end_time::text, 5)),
      'from_doctor', nullif(o.doctor_id, n.doctor_id), 'from_timeslot', o.timeslot_id))
    WHERE c.is_moved
    UNION ALL
    SELECT 2, 'appointment.' || n.status, CASE WHEN n.status = 'cancelled' THEN n.cancelled_by ELSE n.updated_by END,
      jsonb_strip_nulls(jsonb_build_object('was', o.status, 'late', nullif(n.cancelled_late, false),
        'arrived', CASE WHEN n.attendance IS NOT NULL THEN true END))
    WHERE NOT c.is_moved AND n.status IS DISTINCT FROM o.status
    UNION ALL
    SELECT 3, 'appointment.' || coalesce(n.attendance::text, 'mark_taken_back'), n.updated_by, NULL
    WHERE c.is_marked
    UNION ALL
    SELECT 4, 'appointment.patient_corrected', n.updated_by, jsonb_build_object('from_patient', o.patient_id)
    WHERE c.is_corrected
    UNION ALL
    SELECT 5, 'appointment.changed', n.updated_by, NULL
    WHERE NOT c.is_moved AND n.status = o.status AND NOT c.is_marked AND NOT c.is_corrected
      AND (o.timeslot_id IS NULL OR n.timeslot_id IS NOT NULL)
  ) h (nth, type, by, details)
  ORDER BY n.id, h.nth;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_note_changed AFTER UPDATE ON appointments
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION appointments_note_changed();
--> statement-breakpoint
-- Slots come and go by the month: one event for a doctor's day in a branch, and which slot it was where it was one.
CREATE FUNCTION timeslots_note_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, doctor_id, branch_id, date, timeslot_id, start_time, end_time, is_quiet, details)
  SELECT (CASE TG_OP WHEN 'INSERT' THEN 'timeslot.published' ELSE 'timeslot.withdrawn' END)::event_type, doctor_id, branch_id,
    date, CASE WHEN count(*) = 1 THEN min(id) END, min(start_time), max(end_time), event_is_quiet(),
    jsonb_build_object('slots', count(*))
  FROM changed GROUP BY doctor_id, branch_id, date ORDER BY doctor_id, branch_id, date;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_note_published AFTER INSERT ON timeslots
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION timeslots_note_days();
--> statement-breakpoint
CREATE TRIGGER timeslots_note_withdrawn AFTER DELETE ON timeslots
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION timeslots_note_days();
--> statement-breakpoint
-- Somebody holds a slot, or the waiting list keeps it for those who wait; or it is anybody's again.
CREATE FUNCTION timeslots_note_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, by, patient_id, timeslot_id, doctor_id, branch_id, date, start_time, end_time, is_quiet, details)
  SELECT (CASE WHEN n.held_by IS NULL AND NOT n.is_waitlisted THEN 'timeslot.released' ELSE 'timeslot.held' END)::event_type,
    CASE WHEN NOT n.is_waitlisted THEN coalesce(n.last_held_by, o.last_held_by) END, coalesce(n.held_by, o.held_by),
    n.id, n.doctor_id, n.branch_id, n.date, n.start_time, n.end_time, event_is_quiet(),
    CASE WHEN n.is_waitlisted THEN '{"waitlist": true}'::jsonb END
  FROM was o JOIN became n ON n.id = o.id
  WHERE (o.held_by, o.held_until, o.is_waitlisted) IS DISTINCT FROM (n.held_by, n.held_until, n.is_waitlisted)
  ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- What another trigger does to slots is told by the event of the visit, or of the slot that went: see pg_trigger_depth.
CREATE TRIGGER timeslots_note_held AFTER UPDATE ON timeslots
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT
  WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION timeslots_note_held();
--> statement-breakpoint
CREATE FUNCTION timeslots_note_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, is_quiet) VALUES ('doctor.changed', event_is_quiet());
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_note_emptied AFTER TRUNCATE ON timeslots
  FOR EACH STATEMENT EXECUTE FUNCTION timeslots_note_emptied();
--> statement-breakpoint
CREATE FUNCTION waitlist_entries_note_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, at, patient_id, doctor_id, branch_id, is_quiet, details)
  SELECT 'waitlist.joined', created_at, patient_id, doctor_id, branch_id, event_is_quiet(), jsonb_build_object('entry', id)
  FROM became WHERE status = 'waiting' ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER waitlist_entries_note_joined AFTER INSERT ON waitlist_entries
  REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION waitlist_entries_note_joined();
--> statement-breakpoint
CREATE FUNCTION waitlist_entries_note_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, patient_id, doctor_id, branch_id, is_quiet, details)
  SELECT 'waitlist.left', n.patient_id, n.doctor_id, n.branch_id, event_is_quiet(), jsonb_build_object('entry', n.id)
  FROM was o JOIN became n ON n.id = o.id
  WHERE n.status = 'left' AND o.status <> 'left' ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER waitlist_entries_note_left AFTER UPDATE ON waitlist_entries
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION waitlist_entries_note_left();
--> statement-breakpoint
-- With all that is said of an offer, since the slot may be gone by then.
CREATE FUNCTION waitlist_offers_note_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, at, patient_id, doctor_id, branch_id, timeslot_id, date, start_time, end_time, is_quiet, details)
  SELECT 'waitlist.offered', n.offered_at, e.patient_id, s.doctor_id, s.branch_id, s.id, s.date, s.start_time, s.end_time,
    event_is_quiet(), jsonb_build_object('offer', n.id, 'entry', n.entry_id, 'expires_at', n.expires_at)
  FROM became n JOIN waitlist_entries e ON e.id = n.entry_id JOIN timeslots s ON s.id = n.timeslot_id
  WHERE n.outcome IS NULL ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER waitlist_offers_note_made AFTER INSERT ON waitlist_offers
  REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION waitlist_offers_note_made();
--> statement-breakpoint
CREATE FUNCTION waitlist_offers_note_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, patient_id, doctor_id, branch_id, timeslot_id, date, start_time, end_time, is_quiet, details)
  SELECT (CASE n.outcome WHEN 'accepted' THEN 'waitlist.accepted' ELSE 'waitlist.lapsed' END)::event_type, e.patient_id,
    s.doctor_id, s.branch_id, s.id, s.date, s.start_time, s.end_time, event_is_quiet(), jsonb_build_object(
      'offer', n.id, 'entry', n.entry_id, 'expires_at', n.expires_at, 'outcome', n.outcome)
  FROM was o JOIN became n ON n.id = o.id
  JOIN waitlist_entries e ON e.id = n.entry_id JOIN timeslots s ON s.id = n.timeslot_id
  WHERE o.outcome IS NULL AND n.outcome IS NOT NULL ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER waitlist_offers_note_over AFTER UPDATE ON waitlist_offers
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION waitlist_offers_note_over();
--> statement-breakpoint
CREATE FUNCTION absences_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, by, doctor_id, date, start_time, end_time, is_quiet, details)
  SELECT (CASE TG_OP WHEN 'DELETE' THEN 'absence.taken_back' ELSE 'absence.announced' END)::event_type,
    CASE WHEN TG_OP <> 'DELETE' THEN created_by END, doctor_id, "from", start_time, end_time, event_is_quiet(),
    jsonb_build_object('absence', id, 'to', "to")
  FROM changed ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER absences_note_announced AFTER INSERT ON absences
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION absences_note();
--> statement-breakpoint
CREATE TRIGGER absences_note_taken_back AFTER DELETE ON absences
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION absences_note();
--> statement-breakpoint
CREATE FUNCTION holidays_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, branch_id, date, is_quiet, details)
  SELECT (CASE TG_OP WHEN 'DELETE' THEN 'holiday.removed' ELSE 'holiday.added' END)::event_type, branch_id, date,
    event_is_quiet(), jsonb_build_object('holiday', id)
  FROM changed ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER holidays_note_added AFTER INSERT ON holidays
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION holidays_note();
--> statement-breakpoint
CREATE TRIGGER holidays_note_removed AFTER DELETE ON holidays
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION holidays_note();
--> statement-breakpoint
-- Who a doctor is says something of all their days.
CREATE FUNCTION doctor_profiles_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, doctor_id, user_id, is_quiet)
  SELECT 'doctor.changed', id, id, event_is_quiet() FROM changed ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER doctor_profiles_note_made AFTER INSERT ON doctor_profiles
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_profiles_note();
--> statement-breakpoint
CREATE TRIGGER doctor_profiles_note_changed AFTER UPDATE ON doctor_profiles
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_profiles_note();
--> statement-breakpoint
CREATE TRIGGER doctor_profiles_note_gone AFTER DELETE ON doctor_profiles
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_profiles_note();
--> statement-breakpoint
-- What of an account others go by: what it may do, whether it is there, whose record it is; and of a doctor the name.
CREATE FUNCTION users_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, user_id, doctor_id, patient_id, is_quiet, details)
  SELECT h.type::event_type, n.id, CASE WHEN h.type = 'doctor.changed' THEN n.id END,
    CASE WHEN h.type = 'patient.merged' THEN n.id END, event_is_quiet(), h.details
  FROM was o JOIN became n ON n.id = o.id
  CROSS JOIN LATERAL (
    SELECT 'doctor.changed', NULL::jsonb
    WHERE 'doctor' IN (o.role, n.role)
      AND (o.role, o.is_active, o.first_name, o.last_name) IS DISTINCT FROM (n.role, n.is_active, n.first_name, n.last_name)
    UNION ALL
    SELECT 'user.changed', NULL WHERE (o.role, o.is_active) IS DISTINCT FROM (n.role, n.is_active)
    UNION ALL
    SELECT 'user.erased', NULL WHERE o.deleted_at IS NULL AND n.deleted_at IS NOT NULL
    UNION ALL
    SELECT 'patient.merged', jsonb_build_object('into', n.merged_into) WHERE o.merged_into IS NULL AND n.merged_into IS NOT NULL
  ) h (type, details)
  ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_note_changed AFTER UPDATE ON users
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION users_note_changed();
--> statement-breakpoint
-- In which branches somebody works, and for whom somebody acts, changes what they may see.
CREATE FUNCTION receptionist_branches_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, user_id, is_quiet)
  SELECT DISTINCT 'user.changed'::event_type, user_id, event_is_quiet() FROM changed;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER receptionist_branches_note_given AFTER INSERT ON receptionist_branches
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION receptionist_branches_note();
--> statement-breakpoint
CREATE TRIGGER receptionist_branches_note_taken AFTER DELETE ON receptionist_branches
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION receptionist_branches_note();
--> statement-breakpoint
CREATE FUNCTION guardianships_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, user_id, patient_id, is_quiet)
  SELECT 'user.changed', guardian_id, dependant_id, event_is_quiet() FROM changed;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER guardianships_note_begun AFTER INSERT ON guardianships
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guardianships_note();
--> statement-breakpoint
CREATE TRIGGER guardianships_note_ended AFTER DELETE ON guardianships
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guardianships_note();
--> statement-breakpoint
-- The lines of a visit's history that an event is. A booking stands in the visit itself.
CREATE FUNCTION event_history(e events) RETURNS TABLE (id bigint, kind appointment_event_kind, details jsonb)
LANGUAGE sql IMMUTABLE AS $$
  SELECT e.id,
    (CASE e.type WHEN 'appointment.patient_corrected' THEN 'patient_changed' ELSE split_part(e.type::text, '.', 2) END)::appointment_event_kind,
    CASE e.type
      WHEN 'appointment.moved' THEN jsonb_build_object('from', e.details -> 'from', 'to', jsonb_build_object(
        'date', e.date, 'start_time', left(e.start_time::text, 5), 'end_time', left(e.end_time::text, 5)))
      WHEN 'appointment.patient_corrected' THEN
        jsonb_build_object('from_patient', e.details -> 'from_patient', 'to_patient', e.patient_id)
      ELSE CASE WHEN e.details ? 'late' THEN '{"late": true}' ELSE '{}' END::jsonb END
  WHERE e.type IN ('appointment.confirmed', 'appointment.cancelled', 'appointment.moved', 'appointment.expired',
    'appointment.arrived', 'appointment.completed', 'appointment.no_show', 'appointment.mark_taken_back',
    'appointment.patient_corrected')
  UNION ALL
  SELECT e.id + 1, 'doctor_changed',
    jsonb_build_object('from_doctor', e.details -> 'from_doctor', 'to_doctor', e.doctor_id)
  WHERE e.type = 'appointment.moved' AND e.details ? 'from_doctor'
$$;
--> statement-breakpoint
DROP TRIGGER appointments_record ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_record_doctor ON appointments;
--> statement-breakpoint
DROP TRIGGER appointments_record_patient ON appointments;
--> statement-breakpoint
DROP FUNCTION appointments_record, appointments_record_doctor, appointments_record_patient;
--> statement-breakpoint
INSERT INTO event_readers (name) VALUES ('history');
--> statement-breakpoint
-- What happened to appointments, also what the reader `history` has not read yet.
CREATE VIEW appointment_happened AS
  SELECT id, appointment_id, at, kind, by, details FROM appointment_events
  UNION ALL
  SELECT h.id, e.appointment_id, e.at, h.kind, e.by, h.details
  FROM events e
  JOIN event_readers r ON r.name = 'history'
  CROSS JOIN LATERAL event_history(e) h
  WHERE e.appointment_id IS NOT NULL AND (
    NOT pg_visible_in_snapshot(e.xid, r.place)
      AND (r.upto IS NULL OR e.id > r.after OR NOT pg_visible_in_snapshot(e.xid, r.upto))
    OR EXISTS (SELECT FROM event_troubles t WHERE t.reader = 'history' AND t.event_id = e.id));
