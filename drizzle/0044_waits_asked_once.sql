-- What is published or becomes free asks once for each length of visit whether it serves somebody who waits for a service.
--
-- It was asked anew for each wish, and each time for each other wish again. Where the server knew little of the tables, it began with
-- all doctors who give the service, or read an index of slots from end to end: to publish four slots took 5 s with 50 such wishes,
-- 3,000 slots and 100 doctors, and 31,000,000 rows.
--
-- Each step is fenced (OFFSET 0, MATERIALIZED), so that it is done in the order in which it stands here.
--
-- Locks: none but those of the functions. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION visits_over(slot integer, minutes integer)
RETURNS TABLE (first integer, slots integer[], starts time, ends time) LANGUAGE sql STABLE AS $$
  SELECT f.id, run.ids, f.start_time, (SELECT l.end_time FROM timeslots l WHERE l.id = run.ids[cardinality(run.ids)])
  FROM (
    SELECT t.doctor_id, t.date, t.start_time,
      -- What comes before it is too short, and the last of that says how long the break may be.
      make_interval(mins => minutes + coalesce((
        SELECT p.break_minutes FROM timeslots p
        WHERE p.doctor_id = t.doctor_id AND p.date = t.date AND p.start_time < t.start_time
        ORDER BY p.start_time DESC LIMIT 1), 0)) AS before
    FROM timeslots t WHERE t.id = slot OFFSET 0
  ) s
  CROSS JOIN LATERAL (
    SELECT t.id, t.start_time FROM timeslots t
    WHERE t.doctor_id = s.doctor_id AND t.date = s.date AND NOT t.is_taken AND t.start_time <= s.start_time
      AND s.start_time - t.start_time <= s.before
    OFFSET 0
  ) f
  CROSS JOIN LATERAL (SELECT slots_for_visit(f.id, minutes) AS ids OFFSET 0) run
  WHERE slot = ANY (run.ids)
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION waitlist_wants(slot integer) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH place AS MATERIALIZED (
    SELECT s.doctor_id, s.branch_id, s.date, search_fold(d.specialization) AS specialization
    FROM timeslots s JOIN doctor_profiles d ON d.id = s.doctor_id WHERE s.id = slot
  ), own AS MATERIALIZED (
    SELECT g.service_id, g.duration_minutes FROM place JOIN doctor_services g ON g.doctor_id = place.doctor_id
  ), given AS MATERIALIZED (
    SELECT place.*, v.id AS service, coalesce(own.duration_minutes, v.duration_minutes) AS minutes
    FROM place CROSS JOIN own JOIN services v ON v.id = own.service_id AND v.is_active
  ), wish AS MATERIALIZED (
    SELECT DISTINCT given.minutes, coalesce(e.after, '00:00') AS after, coalesce(e.before, '24:00') AS before
    FROM waitlist_entries e JOIN given ON given.service = e.service_id
    WHERE e.status = 'waiting' AND (e.doctor_id = given.doctor_id OR search_fold(e.specialization) = given.specialization)
      AND coalesce(e.branch_id, given.branch_id) = given.branch_id AND given.date BETWEEN e."from" AND e."to"
  ), visit AS MATERIALIZED (
    SELECT l.minutes, o.starts, o.ends
    FROM (SELECT DISTINCT minutes FROM wish OFFSET 0) l CROSS JOIN LATERAL visits_over(slot, l.minutes) o
  )
  SELECT EXISTS (
    SELECT FROM wish JOIN visit ON visit.minutes = wish.minutes
    WHERE visit.starts >= wish.after AND visit.ends <= wish.before)
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION waitlist_claim(freed integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted integer[];
BEGIN
  IF NOT EXISTS (SELECT FROM waitlist_entries WHERE status = 'waiting' AND service_id IS NOT NULL) THEN
    RETURN;
  END IF;
  WITH free AS MATERIALIZED (
    SELECT s.id, s.doctor_id FROM (
      SELECT t.id, t.doctor_id FROM timeslots t WHERE t.id = ANY (freed) AND NOT t.is_taken OFFSET 0) s
    WHERE waitlist_wants(s.id)
  ), wished AS MATERIALIZED (
    SELECT DISTINCT e.service_id FROM waitlist_entries e WHERE e.status = 'waiting' AND e.service_id IS NOT NULL
  ), own AS MATERIALIZED (
    SELECT g.* FROM doctor_services g WHERE g.doctor_id IN (SELECT free.doctor_id FROM free)
      AND g.service_id IN (SELECT wished.service_id FROM wished)
  ), given AS MATERIALIZED (
    SELECT DISTINCT own.doctor_id, coalesce(own.duration_minutes, v.duration_minutes) AS minutes
    FROM own JOIN services v ON v.id = own.service_id AND v.is_active
  ), served AS MATERIALIZED (
    SELECT free.id, given.minutes FROM free JOIN given ON given.doctor_id = free.doctor_id
  )
  SELECT array_agg(DISTINCT taken.slot) INTO wanted
  FROM served CROSS JOIN LATERAL visits_over(served.id, served.minutes) o CROSS JOIN LATERAL unnest(o.slots) taken (slot);
  UPDATE timeslots SET is_waitlisted = true WHERE id = ANY (ARRAY(
    SELECT c.id FROM timeslots c
    WHERE NOT c.is_taken AND NOT c.is_waitlisted AND c.held_by IS NULL AND c.id = ANY (wanted)
    ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED));
  IF FOUND THEN
    PERFORM waitlist_tell();
  END IF;
END $$;
