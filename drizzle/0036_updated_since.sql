-- What has changed since a moment, for programs that keep a copy of a list (`updated_since`).
--
-- The log has no index by time: its ids go up with time already, and a booking pays for each index. The first id that may count is
-- found by halving. A transaction's events bear the moment in which it began, so that a little of what is older stands between
-- what is newer: none of ours lasts an hour.
--
-- Withdrawn slots are told by their ids, and what the lists of users and patients show of a person is noted when it changes.
--
-- Locks: SHARE ROW EXCLUSIVE on users and patient_profiles for an instant (new triggers); functions are replaced without any. The
-- version before goes on working: to it the new events are what it knows already.
CREATE FUNCTION events_from(moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  low bigint;
  high bigint;
  middle bigint;
  seen timestamptz;
BEGIN
  SELECT min(id), max(id) INTO low, high FROM events;
  WHILE low < high LOOP
    middle := low + (high - low) / 2;
    -- Ids have gaps: the next one that there is.
    SELECT noted_at INTO seen FROM events WHERE id > middle ORDER BY id LIMIT 1;
    IF seen < moment - interval '1 hour' THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN coalesce(low, 0);
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION timeslots_note_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, doctor_id, branch_id, date, timeslot_id, start_time, end_time, is_quiet, details)
  SELECT (CASE TG_OP WHEN 'INSERT' THEN 'timeslot.published' ELSE 'timeslot.withdrawn' END)::event_type, doctor_id, branch_id,
    date, CASE WHEN count(*) = 1 THEN min(id) END, min(start_time), max(end_time), event_is_quiet(),
    CASE TG_OP WHEN 'INSERT' THEN jsonb_build_object('slots', count(*))
      ELSE jsonb_build_object('slots', count(*), 'ids', jsonb_agg(id ORDER BY id)) END
  FROM changed GROUP BY doctor_id, branch_id, date ORDER BY doctor_id, branch_id, date;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION users_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
    SELECT 'user.changed', NULL
    WHERE (o.role, o.is_active, o.username, o.first_name, o.last_name, o.email, o.phone, o.phone_verified_at, o.email_verified_at,
        o.phone_reached_at, o.locale)
      IS DISTINCT FROM (n.role, n.is_active, n.username, n.first_name, n.last_name, n.email, n.phone, n.phone_verified_at,
        n.email_verified_at, n.phone_reached_at, n.locale)
    UNION ALL
    SELECT 'user.erased', NULL WHERE o.deleted_at IS NULL AND n.deleted_at IS NOT NULL
    UNION ALL
    SELECT 'patient.merged', jsonb_build_object('into', n.merged_into) WHERE o.merged_into IS NULL AND n.merged_into IS NOT NULL
  ) h (type, details)
  ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION users_note_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, user_id, is_quiet) SELECT 'user.changed', id, event_is_quiet() FROM changed ORDER BY id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_note_new AFTER INSERT ON users
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users_note_new();
--> statement-breakpoint
CREATE FUNCTION patient_profiles_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, user_id, is_quiet)
  SELECT 'user.changed', n.id, event_is_quiet() FROM was o JOIN became n ON n.id = o.id
  WHERE (o.date_of_birth, o.gender) IS DISTINCT FROM (n.date_of_birth, n.gender) ORDER BY n.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER patient_profiles_note AFTER UPDATE ON patient_profiles
  REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION patient_profiles_note();
