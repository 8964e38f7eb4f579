-- A visit whose slot is gone is told to copies of the list.
--
-- A slot that is withdrawn goes from the cancelled visits that it had, whose version counts. It is no event of the visit, of which
-- anybody hears, and so nothing was noted: a copy that is kept by `updated_since` had another version than its original for
-- ever. It is noted quietly now.
--
-- Locks: none but that of the function. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION appointments_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events (type, at, by, appointment_id, timeslot_id, doctor_id, patient_id, branch_id, date, start_time, end_time,
    status, version, is_quiet, details)
  SELECT h.type::event_type, n.updated_at, h.by, n.id, n.timeslot_id, n.doctor_id, n.patient_id, n.branch_id, n.date,
    n.start_time, n.end_time, n.status, n.version, event_is_quiet() OR c.has_lost_slot AND h.nth = 5, h.details
  FROM was o JOIN became n ON n.id = o.id
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
