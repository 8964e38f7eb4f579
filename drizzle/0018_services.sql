-- Visits of several slots on the waiting list, and where services are found.
--
-- Locks: SHARE on timeslots while its three indexes are built, one after another (each reads the table once; they hold only
-- what is free, or held); functions and triggers are replaced in an instant. Processes of the version before go on working.
CREATE INDEX "timeslots_held" ON "timeslots" USING btree ("held_by") WHERE held_by is not null;--> statement-breakpoint
CREATE INDEX "timeslots_free_doctor_run" ON "timeslots" USING btree ("doctor_id","date","start_time") WHERE not is_taken and runs_on;--> statement-breakpoint
-- Its second condition, which holds for every slot, keeps the planner from it where nobody asks for a length.
CREATE INDEX "timeslots_free_length" ON "timeslots" USING btree (("end_time" - "start_time"),"date") WHERE not is_taken and end_time - start_time >= interval '5 minutes';--> statement-breakpoint
-- The starts from which a visit of so many minutes would take a slot, among slots that nobody has booked.
CREATE FUNCTION visits_over(slot integer, minutes integer)
RETURNS TABLE (first integer, slots integer[], starts time, ends time) LANGUAGE sql STABLE AS $$
  SELECT f.id, run.ids, f.start_time, (SELECT l.end_time FROM timeslots l WHERE l.id = run.ids[cardinality(run.ids)])
  FROM timeslots s
  JOIN timeslots f ON f.doctor_id = s.doctor_id AND f.date = s.date AND NOT f.is_taken AND f.start_time <= s.start_time
    AND s.start_time - f.start_time <= make_interval(mins => minutes + f.break_minutes)
  CROSS JOIN LATERAL (SELECT slots_for_visit(f.id, minutes) AS ids) run
  WHERE s.id = slot AND slot = ANY (run.ids)
$$;
--> statement-breakpoint
-- Whether anybody waits for one slot like this: without a service, in any branch or in this one.
CREATE FUNCTION waitlist_wants(doctor integer, day date, starts time, ends time, branch integer)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM waitlist_entries e
    WHERE e.status = 'waiting' AND e.doctor_id = doctor AND e.service_id IS NULL AND coalesce(e.branch_id, branch) = branch
      AND day BETWEEN e."from" AND e."to" AND starts >= coalesce(e.after, '00:00') AND ends <= coalesce(e.before, '24:00')
  ) OR EXISTS (
    SELECT FROM waitlist_entries e
    WHERE e.status = 'waiting' AND e.service_id IS NULL AND coalesce(e.branch_id, branch) = branch
      AND search_fold(e.specialization) = (SELECT search_fold(d.specialization) FROM doctor_profiles d WHERE d.id = doctor)
      AND day BETWEEN e."from" AND e."to" AND starts >= coalesce(e.after, '00:00') AND ends <= coalesce(e.before, '24:00')
  )
$$;
--> statement-breakpoint
-- Whether anybody waits for a service that could take this slot, from it or from one before it.
CREATE FUNCTION waitlist_wants(slot integer) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM timeslots s
    JOIN doctor_profiles d ON d.id = s.doctor_id
    JOIN doctor_services g ON g.doctor_id = d.id
    JOIN services v ON v.id = g.service_id AND v.is_active
    JOIN waitlist_entries e ON e.service_id = v.id AND e.status = 'waiting'
      AND (e.doctor_id = d.id OR search_fold(e.specialization) = search_fold(d.specialization))
      AND coalesce(e.branch_id, s.branch_id) = s.branch_id AND s.date BETWEEN e."from" AND e."to"
    WHERE s.id = slot AND EXISTS (
      SELECT FROM visits_over(s.id, coalesce(g.duration_minutes, v.duration_minutes)) o
      WHERE o.starts >= coalesce(e.after, '00:00') AND o.ends <= coalesce(e.before, '24:00')))
$$;
--> statement-breakpoint
CREATE INDEX "waitlist_entries_service" ON "waitlist_entries" USING btree ("service_id") WHERE status = 'waiting' and service_id is not null;--> statement-breakpoint
-- As before, and in the branch of the slot.
CREATE OR REPLACE FUNCTION timeslot_leave(slot integer, told boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place record;
  now_waitlisted boolean;
BEGIN
  -- Whoever closes the day has it locked, and is waited for: what is asked next sees what they wrote.
  SELECT s.date, s.branch_id, s.room_id, s.despite_holiday INTO place FROM timeslots s WHERE s.id = slot FOR NO KEY UPDATE;
  IF NOT place.despite_holiday AND EXISTS (
      SELECT FROM holidays h WHERE h.date = place.date AND coalesce(h.branch_id, place.branch_id) = place.branch_id)
    OR NOT EXISTS (SELECT FROM branches b WHERE b.id = place.branch_id AND b.is_active)
    OR EXISTS (SELECT FROM rooms r WHERE r.id = place.room_id AND NOT r.is_active)
  THEN
    INSERT INTO closed_timeslots (timeslot_id, date, branch_id) VALUES (slot, place.date, place.branch_id);
    UPDATE timeslots SET is_taken = false WHERE id = slot;
    DELETE FROM timeslots WHERE id = slot;
  ELSE
    UPDATE timeslots SET is_taken = false, freeing = freeing + 1,
      is_waitlisted = told AND waitlist_wants(doctor_id, date, start_time, end_time, branch_id)
    WHERE id = slot
    RETURNING is_waitlisted INTO now_waitlisted;
    IF now_waitlisted THEN
      PERFORM waitlist_tell();
    END IF;
  END IF;
END $$;
--> statement-breakpoint
-- Claims free slots for those who wait for a service that could take them: with each of them all that the service would take,
-- so that nobody else gets a part of it before it is offered. Whoever has one of those locked decides over it.
CREATE FUNCTION waitlist_claim(freed integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM waitlist_entries WHERE status = 'waiting' AND service_id IS NOT NULL) THEN
    RETURN;
  END IF;
  UPDATE timeslots SET is_waitlisted = true WHERE id IN (
    SELECT c.id FROM timeslots c
    WHERE NOT c.is_taken AND NOT c.is_waitlisted AND c.held_by IS NULL AND c.id IN (
      SELECT unnest(o.slots) FROM timeslots s
      JOIN doctor_services g ON g.doctor_id = s.doctor_id
      JOIN services v ON v.id = g.service_id AND v.is_active
      JOIN waitlist_entries e ON e.service_id = v.id AND e.status = 'waiting'
      CROSS JOIN LATERAL visits_over(s.id, coalesce(g.duration_minutes, v.duration_minutes)) o
      WHERE s.id = ANY (freed) AND NOT s.is_taken AND waitlist_wants(s.id))
    ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED);
  IF FOUND THEN
    PERFORM waitlist_tell();
  END IF;
END $$;
--> statement-breakpoint
-- Slots are taken while an active appointment has them, and free in the moment it has not: whatever path the change takes. The
-- slots of a long visit are locked by their ids first: in the order of time somebody who moves to one could wait for us.
CREATE OR REPLACE FUNCTION appointments_take_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told boolean := current_setting('clinic.quiet', true) IS DISTINCT FROM 'on';
  had integer[] := CASE WHEN TG_OP = 'UPDATE' AND OLD.status IN ('pending', 'confirmed')
    THEN OLD.timeslot_id || OLD.further_timeslots ELSE '{}' END;
  has integer[] := CASE WHEN NEW.status IN ('pending', 'confirmed')
    THEN NEW.timeslot_id || NEW.further_timeslots ELSE '{}' END;
  slot integer;
BEGIN
  IF had = has THEN
    RETURN NULL;
  END IF;
  IF cardinality(had || has) > 1 THEN
    PERFORM FROM timeslots WHERE id = ANY (had || has) ORDER BY id FOR NO KEY UPDATE;
  END IF;
  FOREACH slot IN ARRAY had LOOP
    IF slot <> ALL (has) THEN
      PERFORM timeslot_leave(slot, told);
    END IF;
  END LOOP;
  FOREACH slot IN ARRAY has LOOP
    IF slot <> ALL (had) THEN
      PERFORM timeslot_take(slot, NEW.id, NEW.patient_id);
    END IF;
  END LOOP;
  -- Now that all of them are free: a service may want several.
  IF told AND had <> '{}' THEN
    PERFORM waitlist_claim(had);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- New slots are offered to the waiting list before anybody else can see them.
CREATE OR REPLACE FUNCTION timeslots_offer_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.quiet', true) IS NOT DISTINCT FROM 'on'
    OR NOT EXISTS (SELECT FROM waitlist_entries WHERE status = 'waiting')
  THEN
    RETURN NULL;
  END IF;
  UPDATE timeslots t SET is_waitlisted = true FROM published p
  WHERE t.id = p.id AND waitlist_wants(p.doctor_id, p.date, p.start_time, p.end_time, p.branch_id);
  IF FOUND THEN
    PERFORM waitlist_tell();
  END IF;
  PERFORM waitlist_claim((SELECT array_agg(id) FROM published));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A slot that goes takes its offer with it, of the whole: whoever had it waits on, in their place. What else was kept for them
-- is given back, unless somebody has it locked: that ends by itself.
CREATE OR REPLACE FUNCTION timeslots_withdraw_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  first integer := coalesce(OLD.held_with, OLD.id);
BEGIN
  WITH offer AS (
    UPDATE waitlist_offers SET outcome = 'withdrawn' WHERE timeslot_id = first AND outcome IS NULL RETURNING entry_id
  )
  UPDATE waitlist_entries SET status = 'waiting' FROM offer WHERE id = offer.entry_id AND status = 'offered';
  IF OLD.held_by IS NOT NULL THEN
    UPDATE timeslots SET held_by = NULL, held_until = NULL, held_with = NULL WHERE id IN (
      SELECT id FROM timeslots
      WHERE held_by = OLD.held_by AND is_waitlisted AND coalesce(held_with, id) = first AND id <> OLD.id
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    IF FOUND THEN
      PERFORM waitlist_tell();
    END IF;
  END IF;
  RETURN OLD;
END $$;
--> statement-breakpoint
-- Nobody publishes into the break of a visit that takes several slots: its doctor is with the patient. The slot is left out,
-- as one that overlaps another.
CREATE FUNCTION timeslots_not_in_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM appointments a
    WHERE a.doctor_id = NEW.doctor_id AND a.date = NEW.date AND a.status IN ('pending', 'confirmed')
      AND a.further_timeslots <> '{}' AND a.start_time < NEW.end_time AND NEW.start_time < a.end_time)
  THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_not_in_visit BEFORE INSERT ON timeslots
  FOR EACH ROW EXECUTE FUNCTION timeslots_not_in_visit();
