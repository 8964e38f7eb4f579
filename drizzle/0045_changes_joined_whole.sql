-- Many slots, visits or wishes that one statement changes are each compared with what they were, and not each with each.
--
-- A session keeps the plans of its triggers, made for as many rows as they were told of first. For one row that is a nested loop: in
-- a session that had claimed one slot for who waits, to claim 400 at once compared 160,000 pairs, and 4,000 would be 16,000,000.
-- A FULL JOIN is never a nested loop. Each row has its other half, so that it finds what JOIN finds. The conditions beside it hold
-- of nulls too, or are fenced by OFFSET 0: otherwise the planner would make a JOIN of it.
--
-- Locks: none but those of the functions. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION timeslots_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() = 1 THEN
    INSERT INTO events (type, by, patient_id, timeslot_id, doctor_id, branch_id, date, start_time, end_time, is_quiet, details)
    SELECT (CASE WHEN NOT h.is_changed THEN 'doctor.changed'
        WHEN n.held_by IS NULL AND NOT n.is_waitlisted THEN 'timeslot.released' ELSE 'timeslot.held' END)::event_type,
      CASE WHEN h.is_changed AND NOT n.is_waitlisted THEN coalesce(n.last_held_by, o.last_held_by) END,
      CASE WHEN h.is_changed THEN coalesce(n.held_by, o.held_by) END,
      n.id, n.doctor_id, n.branch_id, n.date, n.start_time, n.end_time, event_is_quiet(),
      CASE WHEN n.is_waitlisted THEN '{"waitlist": true}'::jsonb END
    FROM was o FULL JOIN became n ON n.id = o.id
    CROSS JOIN LATERAL (
      SELECT (o.held_by, o.held_until, o.is_waitlisted) IS DISTINCT FROM (n.held_by, n.held_until, n.is_waitlisted)
    ) h (is_changed)
    WHERE h.is_changed OR o.is_taken IS DISTINCT FROM n.is_taken
    ORDER BY n.id;
  END IF;
  -- Where a doctor gives services: whether the slot before runs on into this one.
  PERFORM timeslots_link(t.doctor_id, t.date, t.start_time)
  FROM (
    SELECT n.doctor_id, n.date, n.start_time FROM was o FULL JOIN became n ON n.id = o.id
    WHERE o.is_taken IS DISTINCT FROM n.is_taken OFFSET 0) t
  WHERE (SELECT true FROM doctor_services g WHERE g.doctor_id = t.doctor_id LIMIT 1);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION appointments_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, at, by, appointment_id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time, end_time,
    status, version, is_quiet, details)
  SELECT h.type::event_type, n.updated_at, h.by, n.id, n.timeslot_id, n.doctor_id, n.patient_id, n.branch_id, n.date,
    n.start_time, n.end_time, n.status, n.version, event_is_quiet() OR c.has_lost_slot AND h.nth = 5, h.details
  FROM was o FULL JOIN became n ON n.id = o.id
  CROSS JOIN LATERAL (
    SELECT n.status IN ('pending', 'confirmed') AND n.timeslot_id <> o.timeslot_id,
      n.attendance IS DISTINCT FROM o.attendance, n.patient_id <> o.patient_id,
      o.timeslot_id IS NOT NULL AND n.timeslot_id IS NULL
  ) c (is_moved, is_marked, is_corrected, has_lost_slot)
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
  ) h (nth, type, by, details)
  ORDER BY n.id, h.nth;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION waitlist_entries_note_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, patient_id, doctor_id, branch_id, is_quiet, details)
  SELECT 'waitlist.left', n.patient_id, n.doctor_id, n.branch_id, event_is_quiet(), jsonb_build_object('entry', n.id)
  FROM (SELECT n.*, o.status AS status_before FROM was o FULL JOIN became n ON n.id = o.id OFFSET 0) n
  WHERE n.status = 'left' AND n.status_before <> 'left' ORDER BY n.id;
  RETURN NULL;
END $$;
