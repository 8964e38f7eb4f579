-- Calendars to subscribe to, and the name by which a clinic's visits are known in other people's calendars.
--
-- Locks: ACCESS EXCLUSIVE on clinic_settings for an instant (one row is written anew), SHARE ROW EXCLUSIVE on users for an
-- instant, while the foreign key and the trigger are made. No other row is read.
CREATE TYPE "public"."feed_purpose" AS ENUM('visits', 'day');--> statement-breakpoint
CREATE TABLE "calendar_feeds" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "calendar_feeds_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"user_id" integer NOT NULL,
	"purpose" "feed_purpose" NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rotated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_read_at" timestamp with time zone,
	"content_hash" "bytea",
	"changed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "calendar_epochs" (
	"after_appointment" integer PRIMARY KEY NOT NULL,
	"epoch" text NOT NULL
);
--> statement-breakpoint
-- All visits so far.
INSERT INTO "calendar_epochs" SELECT 0, epoch FROM event_epochs;--> statement-breakpoint
-- A restore begins an epoch of the log. The visits that were lost with it had greater numbers than those that are there.
CREATE FUNCTION event_epochs_name_visits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO calendar_epochs (after_appointment, epoch) SELECT coalesce(max(id), 0), NEW.epoch FROM appointments
  ON CONFLICT (after_appointment) DO UPDATE SET epoch = excluded.epoch;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER event_epochs_name_visits AFTER UPDATE OF epoch ON event_epochs FOR EACH ROW
  WHEN (OLD.epoch <> NEW.epoch) EXECUTE FUNCTION event_epochs_name_visits();
--> statement-breakpoint
ALTER TABLE "clinic_settings" ADD COLUMN "clinic_uid" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "calendar_feeds" ADD CONSTRAINT "calendar_feeds_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "calendar_feeds_token" ON "calendar_feeds" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "calendar_feeds_user" ON "calendar_feeds" USING btree ("user_id");--> statement-breakpoint
-- The name is there from now on, also where nobody has made settings: the row's other columns have the defaults that hold without it.
INSERT INTO "clinic_settings" ("id") VALUES (1) ON CONFLICT DO NOTHING;--> statement-breakpoint
-- Whoever is put out, is erased, or whose record is merged into another, is read by nobody's calendar any more, nor when they are
-- let in again; the same for whoever gets another role.
CREATE FUNCTION users_end_feeds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM calendar_feeds WHERE user_id = NEW.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_end_feeds AFTER UPDATE OF is_active, role ON users FOR EACH ROW
  WHEN (OLD.is_active AND NOT NEW.is_active OR OLD.role <> NEW.role) EXECUTE FUNCTION users_end_feeds();
