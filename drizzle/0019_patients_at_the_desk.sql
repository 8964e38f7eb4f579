-- Patients are found at the desk by name in either script, by phone and by birthday, and two records of one person become one.
--
-- Locks: SHARE on users and patient_profiles while their indexes are built (the one of names half a minute for a million
-- patients): nobody changes an account meanwhile, everybody goes on reading and booking; ACCESS EXCLUSIVE on appointments
-- for an instant. Processes of the version before go on working.
--
-- Names as `patients_found` asks for them: with a space before each, so that the beginning of a name can be asked for too.
-- Neither index is of patients alone: a search that named their role could be answered by reading all who have it.
CREATE INDEX "users_name_search" ON "users" USING gin (search_text(' ' || coalesce("first_name", '') || ' ' || coalesce("last_name", '')) gin_trgm_ops);
--> statement-breakpoint
CREATE INDEX "users_phone" ON "users" USING btree ("phone","id") WHERE phone is not null;
--> statement-breakpoint
CREATE INDEX "patient_profiles_born" ON "patient_profiles" USING btree ("date_of_birth","id") WHERE date_of_birth is not null;
--> statement-breakpoint
CREATE INDEX "users_merged_into" ON "users" USING btree ("merged_into") WHERE merged_into is not null;
--> statement-breakpoint
-- Patients in whose names every word stands, as it is said or as it is written; with this phone; born on this day. What is
-- null is not asked. At most `most` of them, whichever: a search that finds more asks for more words.
--
-- Each search is planned for its own words, and never reads a table from end to end: for three letters that stand in many
-- names the server would do so, as it thinks to have found enough soon, and reads a million rows where all of those lie at
-- the end. A word is one condition, both forms in one pattern, so that one look into the index answers all words at once: with
-- an OR for each, 895,500 rows of a million were read for two names that nobody has together. A word of one or two letters,
-- in the form in which it is compared, has to begin a name: anywhere within one, no index would know it.
CREATE FUNCTION patients_found(words text[], has_phone text, born date, most integer)
  RETURNS TABLE (id integer, first_name text, last_name text)
  LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  names CONSTANT text := $sql$search_text(' ' || coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, ''))$sql$;
  special CONSTANT text := '([][\\.^$*+?(){}|])';
  word text;
  said text;
  conditions text := '';
BEGIN
  FOREACH word IN ARRAY coalesce(words, '{}') LOOP
    said := search_fold(word);
    -- Signs that are no letters, such as a lone apostrophe, are no word.
    CONTINUE WHEN trim(said) = '';
    IF length(said) < 3 THEN
      conditions := conditions || format(' AND %s LIKE %L', names, search_pattern(' ' || word));
    ELSE
      conditions := conditions || format(' AND %s ~ %L', names,
        regexp_replace(said, special, '\\\1', 'g') || '|' || regexp_replace(search_plain(word), special, '\\\1', 'g'));
    END IF;
  END LOOP;
  IF has_phone IS NOT NULL THEN
    conditions := conditions || format(' AND u.phone = %L', has_phone);
  END IF;
  IF born IS NOT NULL THEN
    conditions := conditions || format(' AND p.date_of_birth = %L', born);
  END IF;
  IF conditions = '' THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format(
    $sql$SELECT u.id, u.first_name, u.last_name FROM users u %s
      WHERE u.role::text = 'patient' AND u.deleted_at IS NULL %s LIMIT %s$sql$,
    CASE WHEN born IS NOT NULL THEN 'JOIN patient_profiles p ON p.id = u.id' END, conditions, most);
END $$;
--> statement-breakpoint
-- A changed phone or email must be proved again, whatever path the change takes, and codes sent for it or to the old one
-- are over: so is what the desk knew of the old phone. An update that says itself since when the new one is proved, or
-- reached, is taken at its word.
CREATE OR REPLACE FUNCTION users_contact_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.phone IS DISTINCT FROM OLD.phone THEN
    IF NEW.phone_verified_at IS NOT DISTINCT FROM OLD.phone_verified_at THEN
      NEW.phone_verified_at := NULL;
    END IF;
    IF NEW.phone_reached_at IS NOT DISTINCT FROM OLD.phone_reached_at THEN
      NEW.phone_reached_at := NULL;
    END IF;
    UPDATE codes SET ended_at = now()
    WHERE user_id = NEW.id AND ended_at IS NULL AND (purpose = 'verify_phone' OR destination = OLD.phone);
  END IF;
  IF lower(NEW.email) IS DISTINCT FROM lower(OLD.email) THEN
    IF NEW.email_verified_at IS NOT DISTINCT FROM OLD.email_verified_at THEN
      NEW.email_verified_at := NULL;
    END IF;
    UPDATE codes SET ended_at = now()
    WHERE user_id = NEW.id AND ended_at IS NULL AND (purpose = 'verify_email' OR lower(destination) = lower(OLD.email));
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- A visit whose patient changes says so in its history: the record was merged into another of the same person.
CREATE OR REPLACE FUNCTION appointments_record_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO appointment_events (appointment_id, at, kind, by, details)
  VALUES (NEW.id, NEW.updated_at, 'patient_changed', NEW.updated_by,
    jsonb_build_object('from_patient', OLD.patient_id, 'to_patient', NEW.patient_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER appointments_record_patient AFTER UPDATE OF patient_id ON appointments
  FOR EACH ROW WHEN (NEW.patient_id <> OLD.patient_id) EXECUTE FUNCTION appointments_record_patient();
