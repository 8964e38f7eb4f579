-- What API processes keep in memory rests on this table: whatever path a change takes, the transaction that makes it says
-- so here. See src/db/changes.ts, which also sweeps it. Not logged: after a crash every process begins anew.
CREATE UNLOGGED TABLE "doctor_changes" (
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"doctor_id" integer NOT NULL,
	"date" date
);
--> statement-breakpoint
CREATE INDEX "doctor_changes_xid" ON "doctor_changes" USING btree ("xid");
--> statement-breakpoint
-- The row is for the other processes; whoever makes the change hears of it at once on its own connection, as INFO is sent
-- to every client and never logged.
CREATE FUNCTION doctor_changed(doctor integer, day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO doctor_changes (doctor_id, date) VALUES (doctor, day);
  RAISE INFO USING MESSAGE = concat_ws(' ', doctor, day), ERRCODE = 'CH001';
END $$;
--> statement-breakpoint
CREATE FUNCTION timeslots_tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM doctor_changed(NEW.doctor_id, NEW.date);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_tell_changed AFTER UPDATE OF is_taken, held_by, held_until, is_waitlisted ON timeslots
  FOR EACH ROW
  WHEN ((OLD.is_taken, OLD.held_until, OLD.is_waitlisted) IS DISTINCT FROM (NEW.is_taken, NEW.held_until, NEW.is_waitlisted))
  EXECUTE FUNCTION timeslots_tell_changed();
--> statement-breakpoint
-- Slots come and go by the month.
CREATE FUNCTION timeslots_tell_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM doctor_changed(doctor_id, date) FROM (SELECT DISTINCT doctor_id, date FROM changed) days;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_tell_published AFTER INSERT ON timeslots
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION timeslots_tell_days();
--> statement-breakpoint
CREATE TRIGGER timeslots_tell_withdrawn AFTER DELETE ON timeslots
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION timeslots_tell_days();
--> statement-breakpoint
-- Who a doctor is; with no row at hand, as when a table is emptied, it is anybody.
CREATE FUNCTION doctors_tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM doctor_changed(coalesce(NEW.id, OLD.id, 0), NULL);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_tell_emptied AFTER TRUNCATE ON timeslots
  FOR EACH STATEMENT EXECUTE FUNCTION doctors_tell_changed();
--> statement-breakpoint
CREATE TRIGGER doctor_profiles_tell_changed AFTER INSERT OR UPDATE OR DELETE ON doctor_profiles
  FOR EACH ROW EXECUTE FUNCTION doctors_tell_changed();
--> statement-breakpoint
CREATE TRIGGER users_tell_doctor_changed AFTER UPDATE OF role, is_active, first_name, last_name ON users
  FOR EACH ROW
  WHEN ('doctor' IN (OLD.role, NEW.role)
    AND (OLD.role, OLD.is_active, OLD.first_name, OLD.last_name)
      IS DISTINCT FROM (NEW.role, NEW.is_active, NEW.first_name, NEW.last_name))
  EXECUTE FUNCTION doctors_tell_changed();
