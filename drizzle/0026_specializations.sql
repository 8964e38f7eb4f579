-- Specializations get a list of their own. Spellings that search_fold reads alike become one, which is called as most doctors
-- spell it (the first in the alphabet of several); what doctors, services and wishes say becomes that name.
--
-- Locks, until the migrations end: ACCESS EXCLUSIVE on doctor_profiles and SHARE ROW EXCLUSIVE on services and
-- waitlist_entries, some milliseconds for a thousand doctors. Processes of the version before go on working: what they
-- write is put right by the triggers, and a specialization that is not in the list is added to it.
CREATE TABLE "specialization_names" (
	"folded" text PRIMARY KEY NOT NULL,
	"specialization_id" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "specializations" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "specializations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"name_uz" text,
	"name_ru" text,
	"name_en" text
);
--> statement-breakpoint
ALTER TABLE "doctor_profiles" ADD COLUMN "specialization_id" integer;--> statement-breakpoint
ALTER TABLE "specialization_names" ADD CONSTRAINT "specialization_names_specialization_id_specializations_id_fk" FOREIGN KEY ("specialization_id") REFERENCES "public"."specializations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "specialization_names_specialization" ON "specialization_names" USING btree ("specialization_id");--> statement-breakpoint
ALTER TABLE "doctor_profiles" ADD CONSTRAINT "doctor_profiles_specialization_id_specializations_id_fk" FOREIGN KEY ("specialization_id") REFERENCES "public"."specializations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "doctor_profiles_specialization_id" ON "doctor_profiles" USING btree ("specialization_id");
--> statement-breakpoint
-- Its name in the clinic's list, by whatever name it is called; a text that is in no list as it is.
CREATE FUNCTION specialization_name(said text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(
    (SELECT s.name FROM specialization_names n JOIN specializations s ON s.id = n.specialization_id
     WHERE n.folded = search_fold(said)),
    said)
$$;
--> statement-breakpoint
-- The same, folded: to be compared with search_fold of what stands in a column, and called once for a statement.
CREATE FUNCTION specialization_fold(said text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT search_fold(specialization_name(said))
$$;
--> statement-breakpoint
-- A name that another one has already is refused by specialization_names_pkey. One that it is no longer called is free again;
-- those that came by a join stay.
CREATE FUNCTION specializations_keep_names() RETURNS trigger LANGUAGE plpgsql AS $$
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
  -- Answers to who asks by a name are remembered, those without a doctor too.
  PERFORM doctor_changed(0, NULL);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER specializations_keep_names AFTER INSERT OR UPDATE ON specializations
  FOR EACH ROW EXECUTE FUNCTION specializations_keep_names();
--> statement-breakpoint
-- Most frequent first, then by the alphabet.
WITH said AS (
  SELECT specialization AS spelling, 3 AS weight FROM doctor_profiles
  UNION ALL SELECT specialization, 2 FROM services
  UNION ALL SELECT specialization, 1 FROM waitlist_entries
), counted AS (
  SELECT spelling, max(weight) AS weight, count(*) AS times FROM said WHERE spelling IS NOT NULL GROUP BY spelling
)
INSERT INTO specializations (name)
  SELECT DISTINCT ON (search_fold(spelling)) spelling FROM counted
  ORDER BY search_fold(spelling), weight DESC, times DESC, spelling COLLATE "C";
--> statement-breakpoint
CREATE FUNCTION doctor_profiles_choose_specialization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found_id integer;
  found_name text;
BEGIN
  IF NEW.specialization IS NULL THEN
    NEW.specialization_id := NULL;
    RETURN NEW;
  END IF;
  LOOP
    -- Whoever joins it to another one keeps it locked; then the other one is found.
    SELECT s.id, s.name INTO found_id, found_name
      FROM specialization_names n JOIN specializations s ON s.id = n.specialization_id
      WHERE n.folded = search_fold(NEW.specialization) FOR KEY SHARE OF s;
    EXIT WHEN FOUND;
    BEGIN
      INSERT INTO specializations (name) VALUES (NEW.specialization);
    EXCEPTION WHEN unique_violation THEN
      NULL; -- Somebody else has added it in this moment.
    END;
  END LOOP;
  NEW.specialization_id := found_id;
  NEW.specialization := found_name;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER doctor_profiles_choose_specialization BEFORE INSERT OR UPDATE OF specialization ON doctor_profiles
  FOR EACH ROW EXECUTE FUNCTION doctor_profiles_choose_specialization();
--> statement-breakpoint
-- A name that is joined to another one takes with it all that is called so.
CREATE FUNCTION specialization_names_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE doctor_profiles SET specialization = specialization WHERE search_fold(specialization) = NEW.folded;
  UPDATE services SET specialization = specialization WHERE search_fold(specialization) = NEW.folded;
  UPDATE waitlist_entries SET specialization = specialization
    WHERE status = 'waiting' AND search_fold(specialization) = NEW.folded;
  PERFORM doctor_changed(0, NULL);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER specialization_names_joined AFTER UPDATE OF specialization_id ON specialization_names
  FOR EACH ROW EXECUTE FUNCTION specialization_names_joined();
--> statement-breakpoint
CREATE FUNCTION specialization_as_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.specialization := specialization_name(NEW.specialization);
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER services_name_specialization BEFORE INSERT OR UPDATE OF specialization ON services
  FOR EACH ROW EXECUTE FUNCTION specialization_as_listed();
--> statement-breakpoint
CREATE TRIGGER waitlist_entries_name_specialization BEFORE INSERT OR UPDATE OF specialization ON waitlist_entries
  FOR EACH ROW EXECUTE FUNCTION specialization_as_listed();
--> statement-breakpoint
UPDATE doctor_profiles SET specialization = specialization WHERE specialization IS NOT NULL;
--> statement-breakpoint
UPDATE services SET specialization = specialization WHERE specialization IS NOT NULL;
--> statement-breakpoint
UPDATE waitlist_entries SET specialization = specialization WHERE specialization IS NOT NULL;

--> statement-breakpoint
-- Keys by which programs call the API. A new table: nobody waits, and processes of the version before know nothing of it. Its
-- foreign keys take SHARE ROW EXCLUSIVE on users until the migrations end, which is over an empty table at once.
CREATE TABLE "api_keys" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"user_id" integer NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"key_end" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_by" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"revoked_by" integer,
	CONSTRAINT "api_keys_revoked_is_whole" CHECK ((revoked_at is null) = (revoked_by is null))
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_revoked_by_users_id_fk" FOREIGN KEY ("revoked_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_hash" ON "api_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_user" ON "api_keys" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "api_keys_created_by" ON "api_keys" USING btree ("created_by");--> statement-breakpoint
CREATE INDEX "api_keys_revoked_by" ON "api_keys" USING btree ("revoked_by") WHERE revoked_by is not null;