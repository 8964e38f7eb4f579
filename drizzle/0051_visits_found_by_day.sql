-- Whether a slot is published into a long visit is asked of the doctor's visits of that day, and not of all that they have.
--
-- They were found by appointments_doctor_no_overlap, which knew the question by the doctor alone: while the server knew little of the
-- table, each slot that was published read every visit that its doctor had. As in src/modules/availability/visits.sql.ts the visits of
-- the day come first, and are judged then (OFFSET 0).
--
-- Locks: none but that of the function. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION timeslots_not_in_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT v.* FROM appointments v WHERE v.doctor_id = NEW.doctor_id AND v.date = NEW.date OFFSET 0) a
    WHERE a.status IN ('pending', 'confirmed') AND a.further_timeslots <> '{}'
      AND a.start_time < NEW.end_time AND NEW.start_time < a.end_time)
  THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;
