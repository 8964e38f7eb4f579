-- The clinic as it is: branches, rooms, services, families, reception.
--
-- Locks: ACCESS EXCLUSIVE for an instant on users, appointments, timeslots, weekly_hours, holidays, closed_timeslots,
-- waitlist_entries, consents, clinic_settings and the profiles: every new column is null or has a constant default, so that
-- no row is rewritten. Under it users and timeslots are read once for their checks; appointments for its check, its new
-- indexes and the exclusion constraint (some 10 s for a million); free slots ahead of weeks with breaks are updated.
-- Processes of the version before go on working: what they write gets branch 1, no room and no service.
CREATE TYPE "public"."relationship" AS ENUM('parent', 'grandparent', 'sibling', 'guardian', 'other');--> statement-breakpoint
ALTER TYPE "public"."appointment_event_kind" ADD VALUE 'patient_changed';--> statement-breakpoint
ALTER TYPE "public"."code_purpose" ADD VALUE 'reach_phone';--> statement-breakpoint
ALTER TYPE "public"."code_purpose" ADD VALUE 'claim_record';--> statement-breakpoint
ALTER TYPE "public"."user_role" ADD VALUE 'receptionist';--> statement-breakpoint
CREATE TABLE "branches" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "branches_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"address" text,
	"phone" text,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "doctor_services" (
	"doctor_id" integer NOT NULL,
	"service_id" integer NOT NULL,
	"duration_minutes" smallint,
	"has_own_price" boolean DEFAULT false NOT NULL,
	"price" bigint,
	"currency" text,
	CONSTRAINT "doctor_services_doctor_id_service_id_pk" PRIMARY KEY("doctor_id","service_id"),
	CONSTRAINT "doctor_services_duration" CHECK (duration_minutes between 5 and 720),
	CONSTRAINT "doctor_services_price" CHECK (price between 0 and 1000000000000),
	CONSTRAINT "doctor_services_price_has_currency" CHECK ((price is null) = (currency is null)),
	CONSTRAINT "doctor_services_own_price" CHECK (has_own_price or price is null)
);
--> statement-breakpoint
CREATE TABLE "guardian_invitations" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "guardian_invitations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"dependant_id" integer NOT NULL,
	"invited_by" integer NOT NULL,
	"code_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_by" integer,
	"used_at" timestamp with time zone,
	CONSTRAINT "guardian_invitations_use_is_whole" CHECK ((used_by is null) = (used_at is null))
);
--> statement-breakpoint
CREATE TABLE "guardianships" (
	"guardian_id" integer NOT NULL,
	"dependant_id" integer NOT NULL,
	"relationship" "relationship" NOT NULL,
	"created_by" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"end_told_at" timestamp with time zone,
	CONSTRAINT "guardianships_guardian_id_dependant_id_pk" PRIMARY KEY("guardian_id","dependant_id"),
	CONSTRAINT "guardianships_not_of_oneself" CHECK (guardian_id <> dependant_id)
);
--> statement-breakpoint
CREATE TABLE "receptionist_branches" (
	"user_id" integer NOT NULL,
	"branch_id" integer NOT NULL,
	CONSTRAINT "receptionist_branches_user_id_branch_id_pk" PRIMARY KEY("user_id","branch_id")
);
--> statement-breakpoint
CREATE TABLE "room_uses" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "room_uses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"room_id" integer NOT NULL,
	"date" date NOT NULL,
	"start_time" time(0) NOT NULL,
	"end_time" time(0) NOT NULL,
	"timeslot_id" integer,
	"appointment_id" integer,
	CONSTRAINT "room_uses_one_use" CHECK ((timeslot_id is null) <> (appointment_id is null))
);
--> statement-breakpoint
CREATE TABLE "rooms" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rooms_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"branch_id" integer NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "services" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "services_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" jsonb NOT NULL,
	"duration_minutes" smallint NOT NULL,
	"price" bigint,
	"currency" text,
	"specialization" text,
	"room_kind" text,
	"min_age" smallint,
	"max_age" smallint,
	"new_patients" boolean,
	"preparation" jsonb,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "services_duration" CHECK (duration_minutes between 5 and 720),
	CONSTRAINT "services_price" CHECK (price between 0 and 1000000000000),
	CONSTRAINT "services_price_has_currency" CHECK ((price is null) = (currency is null)),
	CONSTRAINT "services_ages" CHECK (min_age between 0 and 150 and max_age between 0 and 150 and min_age <= max_age)
);
--> statement-breakpoint
-- The first branch is what the clinic has been so far. Whoever migrates says its name.
INSERT INTO branches (name) VALUES (coalesce(nullif(current_setting('clinic.name', true), ''), 'Clinic'));
--> statement-breakpoint
ALTER TABLE "users" DROP CONSTRAINT "users_active_has_password";--> statement-breakpoint
DROP INDEX "holidays_date_key";--> statement-breakpoint
DROP INDEX "timeslots_one_hold";--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "further_timeslots" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "branch_id" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "room_id" integer;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "service_id" integer;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "service_name" jsonb;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "price" bigint;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "currency" text;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "clinic_settings" ADD COLUMN "service_required" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "clinic_settings" ADD COLUMN "move_between_doctors" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "closed_timeslots" ADD COLUMN "branch_id" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "accepted_by" integer;--> statement-breakpoint
ALTER TABLE "doctor_profiles" ADD COLUMN "photo" text;--> statement-breakpoint
ALTER TABLE "holidays" ADD COLUMN "branch_id" integer;--> statement-breakpoint
ALTER TABLE "patient_profiles" ADD COLUMN "registered_by" integer;--> statement-breakpoint
ALTER TABLE "patient_profiles" ADD COLUMN "is_from_desk" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "branch_id" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "room_id" integer;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "break_minutes" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "held_with" integer;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "runs_on" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "phone_reached_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "merged_into" integer;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD COLUMN "branch_id" integer;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD COLUMN "service_id" integer;--> statement-breakpoint
ALTER TABLE "weekly_hours" ADD COLUMN "branch_id" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "weekly_hours" ADD COLUMN "room_id" integer;--> statement-breakpoint
ALTER TABLE "doctor_services" ADD CONSTRAINT "doctor_services_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "doctor_services" ADD CONSTRAINT "doctor_services_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guardian_invitations" ADD CONSTRAINT "guardian_invitations_dependant_id_patient_profiles_id_fk" FOREIGN KEY ("dependant_id") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guardian_invitations" ADD CONSTRAINT "guardian_invitations_invited_by_patient_profiles_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guardian_invitations" ADD CONSTRAINT "guardian_invitations_used_by_patient_profiles_id_fk" FOREIGN KEY ("used_by") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guardianships" ADD CONSTRAINT "guardianships_guardian_id_patient_profiles_id_fk" FOREIGN KEY ("guardian_id") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guardianships" ADD CONSTRAINT "guardianships_dependant_id_patient_profiles_id_fk" FOREIGN KEY ("dependant_id") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guardianships" ADD CONSTRAINT "guardianships_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "receptionist_branches" ADD CONSTRAINT "receptionist_branches_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "receptionist_branches" ADD CONSTRAINT "receptionist_branches_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_uses" ADD CONSTRAINT "room_uses_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_uses" ADD CONSTRAINT "room_uses_timeslot_id_timeslots_id_fk" FOREIGN KEY ("timeslot_id") REFERENCES "public"."timeslots"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_uses" ADD CONSTRAINT "room_uses_appointment_id_appointments_id_fk" FOREIGN KEY ("appointment_id") REFERENCES "public"."appointments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "branches_name_key" ON "branches" USING btree (lower("name"));--> statement-breakpoint
CREATE INDEX "doctor_services_service" ON "doctor_services" USING btree ("service_id","doctor_id");--> statement-breakpoint
CREATE UNIQUE INDEX "guardian_invitations_code" ON "guardian_invitations" USING btree ("code_hash");--> statement-breakpoint
CREATE INDEX "guardian_invitations_dependant" ON "guardian_invitations" USING btree ("dependant_id");--> statement-breakpoint
CREATE INDEX "guardian_invitations_invited_by" ON "guardian_invitations" USING btree ("invited_by");--> statement-breakpoint
CREATE INDEX "guardian_invitations_expiry" ON "guardian_invitations" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "guardianships_dependant" ON "guardianships" USING btree ("dependant_id");--> statement-breakpoint
CREATE INDEX "receptionist_branches_branch" ON "receptionist_branches" USING btree ("branch_id");--> statement-breakpoint
CREATE INDEX "room_uses_timeslot" ON "room_uses" USING btree ("timeslot_id") WHERE timeslot_id is not null;--> statement-breakpoint
CREATE INDEX "room_uses_appointment" ON "room_uses" USING btree ("appointment_id") WHERE appointment_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "rooms_name_key" ON "rooms" USING btree ("branch_id",lower("name"));--> statement-breakpoint
CREATE INDEX "rooms_kind" ON "rooms" USING btree ("branch_id","kind","id");--> statement-breakpoint
CREATE INDEX "services_specialization" ON "services" USING btree (search_fold("specialization"),"id");--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_accepted_by_users_id_fk" FOREIGN KEY ("accepted_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holidays" ADD CONSTRAINT "holidays_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_profiles" ADD CONSTRAINT "patient_profiles_registered_by_users_id_fk" FOREIGN KEY ("registered_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD CONSTRAINT "waitlist_entries_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD CONSTRAINT "waitlist_entries_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "weekly_hours" ADD CONSTRAINT "weekly_hours_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "weekly_hours" ADD CONSTRAINT "weekly_hours_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "appointments_branch_time" ON "appointments" USING btree ("branch_id","date","start_time","id");--> statement-breakpoint
CREATE INDEX "appointments_service" ON "appointments" USING btree ("service_id") WHERE service_id is not null;--> statement-breakpoint
CREATE INDEX "appointments_room" ON "appointments" USING btree ("room_id","date") WHERE room_id is not null;--> statement-breakpoint
CREATE INDEX "timeslots_room" ON "timeslots" USING btree ("room_id","date") WHERE room_id is not null;--> statement-breakpoint
CREATE INDEX "timeslots_free_run" ON "timeslots" USING btree ("date","start_time","id") WHERE not is_taken and runs_on;--> statement-breakpoint
CREATE UNIQUE INDEX "holidays_date_key" ON "holidays" USING btree ("date",coalesce("branch_id", 0));--> statement-breakpoint
CREATE UNIQUE INDEX "timeslots_one_hold" ON "timeslots" USING btree ("held_by") WHERE held_by is not null and not is_waitlisted and held_with is null;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_service_is_whole" CHECK ((service_id is null) = (service_name is null) and (price is null) = (currency is null));--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_break" CHECK (break_minutes between 0 and 720);--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_reached_phone_is_there" CHECK (phone_reached_at is null or phone is not null);--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_merged_is_deleted" CHECK (merged_into is null or deleted_at is not null);--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_active_has_password" CHECK (password_hash is not null or not is_active or username like '~%' and role = 'patient');--> statement-breakpoint
-- Which break may lie between two slots of a week, for those that are published already. Of past ones nobody asks; two days
-- are left, so that it does not matter by which clock.
UPDATE timeslots s SET break_minutes = w.break_minutes FROM weekly_hours w
WHERE s.is_scheduled AND s.date > now() - interval '2 days' AND w.doctor_id = s.doctor_id AND w.break_minutes > 0
  AND w.weekday = extract(isodow FROM s.date) AND s.start_time >= w.start_time AND s.end_time <= w.end_time
  AND s.date BETWEEN coalesce(w.valid_from, s.date) AND coalesce(w.valid_until, s.date);
--> statement-breakpoint
-- A doctor has one active visit at a time. Since their slots never overlap, and a visit takes the slots between its start
-- and its end, no slot has two active visits, however many slots a visit takes.
ALTER TABLE appointments ADD CONSTRAINT appointments_doctor_no_overlap
  EXCLUDE USING gist (doctor_id WITH =, tsrange(date + start_time, date + end_time) WITH &&)
  WHERE (status IN ('pending', 'confirmed'));
--> statement-breakpoint
-- A room is used once at a time, by a doctor's hours or by an examination.
ALTER TABLE room_uses ADD CONSTRAINT room_uses_no_overlap
  EXCLUDE USING gist (room_id WITH =, tsrange(date + start_time, date + end_time) WITH &&);
--> statement-breakpoint
-- A room that is written beside another use of it is refused as by the constraint. ON CONFLICT, since two plain inserts that
-- overlap can wait for each other until the server ends one as a deadlock.
CREATE FUNCTION room_use(room integer, day date, starts time, ends time, slot integer, visit integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO room_uses (room_id, date, start_time, end_time, timeslot_id, appointment_id)
  VALUES (room, day, starts, ends, slot, visit)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE exclusion_violation USING CONSTRAINT = 'room_uses_no_overlap', TABLE = 'room_uses',
      MESSAGE = 'the room is in use at that time';
  END IF;
END $$;
--> statement-breakpoint
-- A slot with a room keeps it while it stands. It lies in its own branch.
CREATE FUNCTION timeslots_use_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM rooms WHERE id = NEW.room_id AND branch_id = NEW.branch_id) THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_room_of_branch', TABLE = 'timeslots',
      MESSAGE = 'the room is in another branch';
  END IF;
  PERFORM room_use(NEW.room_id, NEW.date, NEW.start_time, NEW.end_time, NEW.id, NULL);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_use_room AFTER INSERT ON timeslots
  FOR EACH ROW WHEN (NEW.room_id IS NOT NULL) EXECUTE FUNCTION timeslots_use_room();
--> statement-breakpoint
-- A visit uses its room from its start to its end while it is active. Where its slots have that room, only the breaks
-- between them are left to take.
CREATE FUNCTION appointments_use_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.room_id IS NOT NULL THEN
    DELETE FROM room_uses WHERE appointment_id = OLD.id;
  END IF;
  IF NEW.room_id IS NULL OR NEW.status NOT IN ('pending', 'confirmed') THEN
    RETURN NULL;
  END IF;
  PERFORM room_use(NEW.room_id, NEW.date, lower(free)::time, CASE WHEN upper(free) = (NEW.date + 1)::timestamp
      THEN '24:00' ELSE upper(free)::time END, NULL, NEW.id)
  FROM unnest(tsmultirange(tsrange(NEW.date + NEW.start_time, NEW.date + NEW.end_time)) - coalesce((
    SELECT range_agg(tsrange(s.date + s.start_time, s.date + s.end_time)) FROM timeslots s
    WHERE s.id = ANY (NEW.timeslot_id || NEW.further_timeslots) AND s.room_id = NEW.room_id), '{}')) free;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_use_room_booked AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.room_id IS NOT NULL) EXECUTE FUNCTION appointments_use_room();
--> statement-breakpoint
CREATE TRIGGER appointments_use_room_changed AFTER UPDATE OF status, timeslot_id, further_timeslots, room_id ON appointments
  FOR EACH ROW WHEN (OLD.room_id IS NOT NULL OR NEW.room_id IS NOT NULL) EXECUTE FUNCTION appointments_use_room();
--> statement-breakpoint
-- A slot is published once and for all: also its branch, its room and the break after it.
DROP TRIGGER timeslots_never_move ON timeslots;
--> statement-breakpoint
CREATE TRIGGER timeslots_never_move BEFORE UPDATE OF doctor_id, date, start_time, end_time, branch_id, room_id, break_minutes
  ON timeslots FOR EACH ROW EXECUTE FUNCTION timeslots_never_move();
--> statement-breakpoint
-- A slot that an active visit takes stays, whichever of its slots it is.
CREATE FUNCTION timeslots_taken_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE check_violation USING CONSTRAINT = 'timeslots_taken_stays', TABLE = 'timeslots',
    MESSAGE = 'a visit takes this slot';
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_taken_stays BEFORE DELETE ON timeslots
  FOR EACH ROW WHEN (OLD.is_taken) EXECUTE FUNCTION timeslots_taken_stays();
--> statement-breakpoint
-- The slots that a visit of so many minutes takes from one on: that one and those that follow on it, each after no longer a
-- break than was published with it, of the same doctor, branch and room. It judges no slot but whether somebody has booked
-- it. Null where they end too early.
CREATE FUNCTION slots_for_visit(first integer, minutes integer, except_visit integer DEFAULT NULL)
RETURNS integer[] LANGUAGE sql STABLE AS $$
  WITH RECURSIVE run AS (
    SELECT s.id, s.doctor_id, s.date, s.branch_id, s.room_id, s.start_time, s.end_time, s.break_minutes,
      s.end_time - s.start_time AS length, ARRAY[s.id] AS ids
    FROM timeslots s WHERE s.id = first
    UNION ALL
    SELECT n.id, n.doctor_id, n.date, n.branch_id, n.room_id, n.start_time, n.end_time, n.break_minutes,
      n.end_time - n.start_time + (n.start_time - run.end_time) + run.length, run.ids || n.id
    FROM run CROSS JOIN LATERAL (
      SELECT t.* FROM timeslots t
      WHERE t.doctor_id = run.doctor_id AND t.date = run.date AND t.start_time >= run.end_time
      ORDER BY t.start_time LIMIT 1
    ) n
    WHERE run.length < make_interval(mins => minutes)
      AND n.start_time - run.end_time <= make_interval(mins => run.break_minutes)
      AND n.branch_id = run.branch_id AND n.room_id IS NOT DISTINCT FROM run.room_id
      AND (NOT n.is_taken OR EXISTS (
        SELECT FROM appointments a
        WHERE a.id = except_visit AND a.status IN ('pending', 'confirmed') AND n.id = ANY (a.timeslot_id || a.further_timeslots)))
  )
  SELECT ids FROM run WHERE length >= make_interval(mins => minutes)
$$;
--> statement-breakpoint
-- What a visit says of its slots is true: they are its doctor's, in its branch, one after another, from its start to its end.
CREATE FUNCTION appointments_slots_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce((
    SELECT count(*) = 1 + cardinality(NEW.further_timeslots)
      AND bool_and((s.doctor_id, s.date, s.branch_id) = (NEW.doctor_id, NEW.date, NEW.branch_id))
      AND min(s.start_time) = NEW.start_time AND max(s.end_time) = NEW.end_time
      AND array_agg(s.id ORDER BY s.start_time) = NEW.timeslot_id || NEW.further_timeslots
    FROM timeslots s WHERE s.id = ANY (NEW.timeslot_id || NEW.further_timeslots)), false)
  THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_slots_whole', TABLE = 'appointments',
      MESSAGE = 'a visit takes slots of its doctor, from its start to its end';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_slots_whole BEFORE INSERT OR UPDATE OF timeslot_id, further_timeslots ON appointments
  FOR EACH ROW WHEN (NEW.further_timeslots <> '{}' AND NEW.status IN ('pending', 'confirmed'))
  EXECUTE FUNCTION appointments_slots_whole();
--> statement-breakpoint
-- Nobody gets a visit with a doctor who is out. Whoever books or moves has locked the slot by now, and whoever puts a doctor
-- out locks their slots before they commit: this statement, which sees what has been committed since the booking's own
-- statement began, decides for whoever waited. A visit is in the branch of its slot and, unless it needs another, in its room.
CREATE OR REPLACE FUNCTION appointments_doctor_works() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM users WHERE id = NEW.doctor_id AND role = 'doctor' AND is_active) THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_doctor_works', TABLE = 'appointments',
      MESSAGE = 'the doctor does not work here';
  END IF;
  IF NEW.timeslot_id IS NOT NULL THEN
    -- A slot that is not there is refused by the foreign key.
    SELECT coalesce(max(s.branch_id), NEW.branch_id),
      CASE WHEN TG_OP = 'INSERT' THEN coalesce(NEW.room_id, max(s.room_id)) ELSE NEW.room_id END
    INTO NEW.branch_id, NEW.room_id
    FROM timeslots s WHERE s.id = NEW.timeslot_id;
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- An appointment that moves takes the doctor, the branch and the times of its new slots with it, and only an active one moves.
-- Who may give it to which doctor is the application's to judge.
CREATE OR REPLACE FUNCTION appointments_move_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status NOT IN ('pending', 'confirmed') OR NOT EXISTS (
    SELECT FROM timeslots s
    WHERE s.id = NEW.timeslot_id AND (s.doctor_id, s.branch_id) = (NEW.doctor_id, NEW.branch_id)
      AND (s.date, s.start_time) = (NEW.date, NEW.start_time)
      AND (s.end_time = NEW.end_time OR NEW.further_timeslots <> '{}')
  ) THEN
    RAISE check_violation USING CONSTRAINT = 'appointments_move_whole', TABLE = 'appointments',
      MESSAGE = 'an appointment moves to a slot, with the doctor and the times of that slot';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- Gives one slot back that a visit has left. A slot that becomes free on a holiday, or where the clinic has closed, is gone; each time that one becomes free is
-- a time of its own, so that whoever was passed over while it was free before has their turn again.
CREATE FUNCTION timeslot_leave(slot integer, told boolean) RETURNS void LANGUAGE plpgsql AS $$
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
      is_waitlisted = told AND waitlist_wants(doctor_id, date, start_time, end_time)
    WHERE id = slot
    RETURNING is_waitlisted INTO now_waitlisted;
    IF now_waitlisted THEN
      PERFORM waitlist_tell();
    END IF;
  END IF;
END $$;
--> statement-breakpoint
-- A visit takes one slot. An offer is taken up by booking the slot that was offered, in whichever way. Booked for somebody
-- else it is over, and they wait on.
CREATE FUNCTION timeslot_take(slot integer, visit integer, patient integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  was_waitlisted boolean;
BEGIN
  SELECT is_waitlisted INTO was_waitlisted FROM timeslots WHERE id = slot FOR NO KEY UPDATE;
  UPDATE timeslots SET is_taken = true, held_by = NULL, held_until = NULL, held_with = NULL, is_waitlisted = false,
    offer_after = NULL, last_held_by = NULL, last_held_until = NULL
  WHERE id = slot;
  IF was_waitlisted THEN
    WITH offer AS (
      UPDATE waitlist_offers o
      SET outcome = (CASE WHEN e.patient_id = patient THEN 'accepted' ELSE 'withdrawn' END)::offer_outcome
      FROM waitlist_entries e
      WHERE o.timeslot_id = slot AND o.outcome IS NULL AND e.id = o.entry_id
      RETURNING o.entry_id, o.outcome
    )
    UPDATE waitlist_entries
    SET status = (CASE WHEN offer.outcome = 'accepted' THEN 'booked' ELSE 'waiting' END)::waitlist_status,
      appointment_id = CASE WHEN offer.outcome = 'accepted' THEN visit END
    FROM offer WHERE id = offer.entry_id;
  END IF;
END $$;
--> statement-breakpoint
-- Slots are taken while an active appointment has them, and free in the moment it has not: whatever path the change takes.
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
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER appointments_take_slot_changed ON appointments;
--> statement-breakpoint
CREATE TRIGGER appointments_take_slot_changed AFTER UPDATE OF status, timeslot_id, further_timeslots ON appointments
  FOR EACH ROW
  WHEN (OLD.status IN ('pending', 'confirmed') AND NEW.status IN ('pending', 'confirmed', 'cancelled'))
  EXECUTE FUNCTION appointments_take_slot();
--> statement-breakpoint
-- A request that expires gives its slots back. They are over: nobody waits for them, so the waiting list is not asked.
CREATE OR REPLACE FUNCTION appointments_leave_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE timeslots SET is_taken = false WHERE id = ANY (OLD.timeslot_id || OLD.further_timeslots);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A holiday closes its day, in its branch or everywhere, in the act that writes it: every slot that nobody has goes. The slots
-- of the day are locked, the free ones and those of its visits, in the order of their ids: a booking, a hold, a move or a
-- cancellation under way is waited for, and what it left is judged by the next statement. Those who come later find no slot.
CREATE OR REPLACE FUNCTION holidays_close_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM timeslots s
  WHERE s.id IN (
    SELECT f.id FROM timeslots f
    WHERE f.date = NEW.date AND NOT f.is_taken AND f.branch_id = coalesce(NEW.branch_id, f.branch_id)
    UNION ALL
    SELECT unnest(a.timeslot_id || a.further_timeslots) FROM appointments a
    WHERE a.date = NEW.date AND a.status IN ('pending', 'confirmed') AND a.branch_id = coalesce(NEW.branch_id, a.branch_id))
  ORDER BY s.id FOR UPDATE OF s;
  -- What was published on purpose was so before this holiday.
  UPDATE timeslots s SET despite_holiday = false
  FROM appointments a
  WHERE a.date = NEW.date AND a.status IN ('pending', 'confirmed') AND a.branch_id = coalesce(NEW.branch_id, a.branch_id)
    AND s.id = ANY (a.timeslot_id || a.further_timeslots) AND s.despite_holiday;
  WITH gone AS (
    DELETE FROM timeslots s
    WHERE s.date = NEW.date AND NOT s.is_taken AND s.branch_id = coalesce(NEW.branch_id, s.branch_id)
    RETURNING s.id, s.branch_id
  )
  INSERT INTO closed_timeslots (timeslot_id, date, branch_id) SELECT gone.id, NEW.date, gone.branch_id FROM gone;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER holidays_close_day ON holidays;
--> statement-breakpoint
CREATE TRIGGER holidays_close_day AFTER INSERT OR UPDATE OF date, branch_id ON holidays
  FOR EACH ROW EXECUTE FUNCTION holidays_close_day();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION timeslots_not_on_holiday() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM published p JOIN holidays h ON h.date = p.date AND coalesce(h.branch_id, p.branch_id) = p.branch_id
    WHERE NOT p.despite_holiday)
  THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_not_on_holiday', TABLE = 'timeslots',
      MESSAGE = 'the clinic is closed on that day';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A visit keeps its branch when its slots are gone, without a foreign key: every booking would lock the one row of a clinic
-- with one branch. Whoever deletes a branch waits for the slots in it, by their foreign key, and then looks.
CREATE FUNCTION branches_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM appointments WHERE branch_id = OLD.id) OR EXISTS (SELECT FROM timeslots WHERE branch_id = OLD.id) THEN
    RAISE foreign_key_violation USING CONSTRAINT = 'branches_in_use', TABLE = 'branches',
      MESSAGE = 'something hangs on this branch';
  END IF;
  RETURN OLD;
END $$;
--> statement-breakpoint
CREATE TRIGGER branches_in_use BEFORE DELETE ON branches FOR EACH ROW EXECUTE FUNCTION branches_in_use();
--> statement-breakpoint
-- Nobody publishes where a branch or a room is closed. Statement triggers fire after the foreign keys have locked both.
CREATE FUNCTION timeslots_place_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT branch_id FROM published) p JOIN branches b ON b.id = p.branch_id WHERE NOT b.is_active)
  THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_branch_is_open', TABLE = 'timeslots', MESSAGE = 'the branch is closed';
  END IF;
  IF EXISTS (SELECT FROM (SELECT DISTINCT room_id FROM published) p JOIN rooms r ON r.id = p.room_id WHERE NOT r.is_active) THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_room_is_open', TABLE = 'timeslots', MESSAGE = 'the room is closed';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_place_is_open AFTER INSERT ON timeslots
  REFERENCING NEW TABLE AS published FOR EACH STATEMENT EXECUTE FUNCTION timeslots_place_is_open();
--> statement-breakpoint
-- Whether a slot is followed by one that nobody has booked. Each change of a slot is written to the one before it. Nobody waits
-- for that row: whoever has it locked is told to the queue, which writes it afterwards. Two visits that want each other's
-- neighbours would otherwise wait for each other.
CREATE FUNCTION timeslots_link(doctor integer, day date, before_time time) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  slot record;
BEGIN
  SELECT s.id, s.runs_on, coalesce((
      SELECT n.start_time - s.end_time <= make_interval(mins => s.break_minutes) AND NOT n.is_taken
        AND n.branch_id = s.branch_id AND n.room_id IS NOT DISTINCT FROM s.room_id
      FROM timeslots n WHERE n.doctor_id = doctor AND n.date = day AND n.start_time >= s.end_time
      ORDER BY n.start_time LIMIT 1), false) AS follows
  INTO slot
  FROM timeslots s WHERE s.doctor_id = doctor AND s.date = day AND s.start_time < before_time
  ORDER BY s.start_time DESC LIMIT 1;
  IF NOT FOUND OR slot.runs_on = slot.follows THEN
    RETURN;
  END IF;
  UPDATE timeslots SET runs_on = slot.follows
  WHERE id = (SELECT id FROM timeslots WHERE id = slot.id FOR NO KEY UPDATE SKIP LOCKED);
  IF NOT FOUND THEN
    PERFORM queue_job('link_timeslots', json_build_object('doctor', doctor, 'date', day));
  END IF;
END $$;
--> statement-breakpoint
CREATE FUNCTION timeslots_link_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  slot timeslots := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  IF EXISTS (SELECT FROM doctor_services WHERE doctor_id = slot.doctor_id) THEN
    IF TG_OP = 'INSERT' THEN
      PERFORM timeslots_link(slot.doctor_id, slot.date, slot.end_time);
    END IF;
    PERFORM timeslots_link(slot.doctor_id, slot.date, slot.start_time);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_link_changed AFTER INSERT OR DELETE ON timeslots
  FOR EACH ROW EXECUTE FUNCTION timeslots_link_changed();
--> statement-breakpoint
CREATE TRIGGER timeslots_link_taken AFTER UPDATE OF is_taken ON timeslots
  FOR EACH ROW WHEN (OLD.is_taken <> NEW.is_taken) EXECUTE FUNCTION timeslots_link_changed();
