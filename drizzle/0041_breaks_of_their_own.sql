-- A long visit that takes a slot is found from its start also where the breaks of its slots differ.
--
-- How far before a slot such a visit may begin was judged by the break after its first slot. It is the break before the slot in
-- question that counts: two stretches of a week may touch, each with breaks of its own. Whoever waited for the whole was not
-- offered it.
--
-- Locks: none but that of the function. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION visits_over(slot integer, minutes integer)
RETURNS TABLE (first integer, slots integer[], starts time, ends time) LANGUAGE sql STABLE AS $$
  SELECT f.id, run.ids, f.start_time, (SELECT l.end_time FROM timeslots l WHERE l.id = run.ids[cardinality(run.ids)])
  FROM timeslots s
  JOIN timeslots f ON f.doctor_id = s.doctor_id AND f.date = s.date AND NOT f.is_taken AND f.start_time <= s.start_time
    -- What comes before it is too short, and the last of that says how long the break may be.
    AND s.start_time - f.start_time <= make_interval(mins => minutes + coalesce((
      SELECT p.break_minutes FROM timeslots p
      WHERE p.doctor_id = s.doctor_id AND p.date = s.date AND p.start_time < s.start_time
      ORDER BY p.start_time DESC LIMIT 1), 0))
  CROSS JOIN LATERAL (SELECT slots_for_visit(f.id, minutes) AS ids) run
  WHERE s.id = slot AND slot = ANY (run.ids)
$$;
