-- Locks: adding columns takes ACCESS EXCLUSIVE on timeslots, waitlist_entries and waitlist_offers for a moment (the
-- defaults are constant, nothing is rewritten); the checks read timeslots once under it; the new unique index keeps writers
-- of waitlist_offers out while it is built. Free slots of days ahead that are holidays are deleted row by row.
CREATE TABLE "closed_timeslots" (
	"timeslot_id" integer PRIMARY KEY NOT NULL,
	"date" date NOT NULL
);
--> statement-breakpoint
CREATE TABLE "job_runs" (
	"task" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "waitlist_offers_once";--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "despite_holiday" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "freeing" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "offer_after" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "last_held_by" integer;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "last_held_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD COLUMN "replaces_id" integer;--> statement-breakpoint
ALTER TABLE "waitlist_offers" ADD COLUMN "freeing" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD CONSTRAINT "waitlist_entries_replaces_id_appointments_id_fk" FOREIGN KEY ("replaces_id") REFERENCES "public"."appointments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "closed_timeslots_date" ON "closed_timeslots" USING btree ("date");--> statement-breakpoint
CREATE UNIQUE INDEX "waitlist_offers_once" ON "waitlist_offers" USING btree ("entry_id","timeslot_id","freeing");--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_only_claims_are_postponed" CHECK (offer_after is null or is_waitlisted);--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_last_hold_is_whole" CHECK ((last_held_by is null) = (last_held_until is null));--> statement-breakpoint
-- What was published by hand after the holiday was published on purpose.
UPDATE timeslots s SET despite_holiday = true FROM holidays h
WHERE h.date = s.date AND NOT s.is_scheduled AND s.created_at > h.created_at;
--> statement-breakpoint
-- By no clock of any clinic: a day of the past more or less, in which nobody booked, matters to nobody.
WITH gone AS (
  DELETE FROM timeslots s USING holidays h
  WHERE h.date = s.date AND s.date > (now() - interval '2 days')::date AND NOT s.is_taken AND NOT s.despite_holiday
  RETURNING s.id, s.date
)
INSERT INTO closed_timeslots (timeslot_id, date) SELECT id, date FROM gone;
--> statement-breakpoint
-- A holiday closes its day in the act that writes it, whatever path that takes: every slot that nobody has goes. The slots
-- of the day are locked, the free ones and those of its visits, in the order of their ids: a booking, a hold, a move or a
-- cancellation under way is waited for, and what it left is judged by the next statement. Those who come later find no slot.
CREATE FUNCTION holidays_close_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM timeslots s
  WHERE s.id IN (
    SELECT f.id FROM timeslots f WHERE f.date = NEW.date AND NOT f.is_taken
    UNION ALL
    SELECT a.timeslot_id FROM appointments a WHERE a.date = NEW.date AND a.status IN ('pending', 'confirmed'))
  ORDER BY s.id FOR UPDATE OF s;
  -- What was published on purpose was so before this holiday.
  UPDATE timeslots s SET despite_holiday = false
  FROM appointments a
  WHERE a.date = NEW.date AND a.status IN ('pending', 'confirmed') AND s.id = a.timeslot_id AND s.despite_holiday;
  -- Of a holiday of that day that has been deleted.
  DELETE FROM closed_timeslots c WHERE c.date = NEW.date;
  WITH gone AS (
    DELETE FROM timeslots s WHERE s.date = NEW.date AND NOT s.is_taken RETURNING s.id
  )
  INSERT INTO closed_timeslots (timeslot_id, date) SELECT gone.id, NEW.date FROM gone;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER holidays_close_day AFTER INSERT OR UPDATE OF date ON holidays
  FOR EACH ROW EXECUTE FUNCTION holidays_close_day();
--> statement-breakpoint
-- Whoever publishes keeps the holidays as they are until they have committed (src/db/calendar.ts); before any row is locked.
CREATE FUNCTION timeslots_keep_holidays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE holidays IN SHARE MODE;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_keep_holidays BEFORE INSERT ON timeslots
  FOR EACH STATEMENT EXECUTE FUNCTION timeslots_keep_holidays();
--> statement-breakpoint
-- No slot is published on a holiday but on purpose.
CREATE FUNCTION timeslots_not_on_holiday() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM published p JOIN holidays h ON h.date = p.date WHERE NOT p.despite_holiday) THEN
    RAISE check_violation USING CONSTRAINT = 'timeslots_not_on_holiday', TABLE = 'timeslots',
      MESSAGE = 'the clinic is closed on that day';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_not_on_holiday AFTER INSERT ON timeslots
  REFERENCING NEW TABLE AS published FOR EACH STATEMENT EXECUTE FUNCTION timeslots_not_on_holiday();
--> statement-breakpoint
-- As before, and: a slot that becomes free on a holiday is gone; each time that one becomes free is a time of its own, so
-- that whoever was passed over while it was free before has their turn again.
CREATE OR REPLACE FUNCTION appointments_take_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  day date;
  on_purpose boolean;
  was_waitlisted boolean;
  now_waitlisted boolean;
  told boolean := current_setting('clinic.quiet', true) IS DISTINCT FROM 'on';
  was_active boolean := TG_OP = 'UPDATE' AND OLD.status IN ('pending', 'confirmed');
  is_active boolean := NEW.status IN ('pending', 'confirmed');
BEGIN
  IF was_active AND (NOT is_active OR NEW.timeslot_id IS DISTINCT FROM OLD.timeslot_id) THEN
    -- Whoever closes the day has it locked, and is waited for: what is asked next sees what they wrote.
    SELECT s.date, s.despite_holiday INTO day, on_purpose
    FROM timeslots s WHERE s.id = OLD.timeslot_id FOR NO KEY UPDATE;
    IF NOT on_purpose AND EXISTS (SELECT FROM holidays h WHERE h.date = day) THEN
      INSERT INTO closed_timeslots (timeslot_id, date) VALUES (OLD.timeslot_id, day);
      DELETE FROM timeslots WHERE id = OLD.timeslot_id;
    ELSE
      UPDATE timeslots SET is_taken = false, freeing = freeing + 1,
        is_waitlisted = told AND waitlist_wants(doctor_id, date, start_time, end_time)
      WHERE id = OLD.timeslot_id
      RETURNING is_waitlisted INTO now_waitlisted;
      IF now_waitlisted THEN
        PERFORM waitlist_tell();
      END IF;
    END IF;
  END IF;
  IF is_active AND (TG_OP = 'INSERT' OR NEW.timeslot_id IS DISTINCT FROM OLD.timeslot_id) THEN
    SELECT is_waitlisted INTO was_waitlisted FROM timeslots WHERE id = NEW.timeslot_id FOR NO KEY UPDATE;
    UPDATE timeslots SET is_taken = true, held_by = NULL, held_until = NULL, is_waitlisted = false, offer_after = NULL,
      last_held_by = NULL, last_held_until = NULL
    WHERE id = NEW.timeslot_id;
    -- An offer is taken up by booking the slot, in whichever way. Booked for somebody else it is over, and they wait on.
    IF was_waitlisted THEN
      WITH offer AS (
        UPDATE waitlist_offers o
        SET outcome = (CASE WHEN e.patient_id = NEW.patient_id THEN 'accepted' ELSE 'withdrawn' END)::offer_outcome
        FROM waitlist_entries e
        WHERE o.timeslot_id = NEW.timeslot_id AND o.outcome IS NULL AND e.id = o.entry_id
        RETURNING o.entry_id, o.outcome
      )
      UPDATE waitlist_entries
      SET status = (CASE WHEN offer.outcome = 'accepted' THEN 'booked' ELSE 'waiting' END)::waitlist_status,
        appointment_id = CASE WHEN offer.outcome = 'accepted' THEN NEW.id END
      FROM offer WHERE id = offer.entry_id;
    END IF;
  END IF;
  RETURN NULL;
END $$;
