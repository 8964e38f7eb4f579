-- A specialization that gets a name adopts the services and wishes that say it already.
--
-- A filter by a name looks for what is called by the main one. A service whose specialization was in no list was found by its own
-- word, and by none once an admin, or a doctor who chose it, had put that word on the list as one of several names.
--
-- Locks: that of the function, and the rows of services and wishes that were lost. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION specializations_keep_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM specialization_names
      WHERE specialization_id = NEW.id
        AND folded IN (SELECT search_fold(said) FROM unnest(ARRAY[OLD.name, OLD.name_uz, OLD.name_ru, OLD.name_en]) said)
        AND folded NOT IN (
          SELECT search_fold(said) FROM unnest(ARRAY[NEW.name, NEW.name_uz, NEW.name_ru, NEW.name_en]) said
          WHERE said IS NOT NULL);
  END IF;
  INSERT INTO specialization_names (folded, specialization_id)
    SELECT DISTINCT search_fold(said), NEW.id
    FROM unnest(ARRAY[NEW.name, NEW.name_uz, NEW.name_ru, NEW.name_en]) said
    WHERE said IS NOT NULL AND NOT EXISTS (
      SELECT FROM specialization_names n WHERE n.folded = search_fold(said) AND n.specialization_id = NEW.id);
  IF TG_OP = 'UPDATE' AND NEW.name IS DISTINCT FROM OLD.name THEN
    UPDATE doctor_profiles SET specialization = NEW.name WHERE specialization_id = NEW.id;
    UPDATE services SET specialization = NEW.name WHERE search_fold(specialization) = search_fold(OLD.name);
    UPDATE waitlist_entries SET specialization = NEW.name
      WHERE status = 'waiting' AND search_fold(specialization) = search_fold(OLD.name);
  END IF;
  -- Those that say one of its names from before it had that are called as all others.
  UPDATE services v SET specialization = NEW.name FROM specialization_names n
    WHERE n.specialization_id = NEW.id AND search_fold(v.specialization) = n.folded AND v.specialization <> NEW.name;
  UPDATE waitlist_entries e SET specialization = NEW.name FROM specialization_names n
    WHERE n.specialization_id = NEW.id AND e.status = 'waiting' AND search_fold(e.specialization) = n.folded
      AND e.specialization <> NEW.name;
  -- Answers to who asks by a name are remembered, those without a doctor too.
  PERFORM doctor_changed(0, NULL);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Those that have been lost so far.
UPDATE services v SET specialization = s.name FROM specialization_names n JOIN specializations s ON s.id = n.specialization_id
  WHERE search_fold(v.specialization) = n.folded AND v.specialization <> s.name;
--> statement-breakpoint
UPDATE waitlist_entries e SET specialization = s.name FROM specialization_names n JOIN specializations s ON s.id = n.specialization_id
  WHERE e.status = 'waiting' AND search_fold(e.specialization) = n.folded AND e.specialization <> s.name;
