-- What was noted stays as it was noted; only the retention job, which says so, may let old entries go.
CREATE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('clinic.audit_retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE check_violation USING CONSTRAINT = 'audit_entries_append_only', TABLE = 'audit_entries',
    MESSAGE = 'audit entries are never changed';
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_append_only();
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only();
--> statement-breakpoint
-- Puts a job into the queue as add_job of graphile-worker does, but without its notification: the workers find it when
-- they next look, within a second. A transaction that notifies commits alone, its flush to disk included, which is 256
-- bookings a second against 820. The queue's table is not its public interface: test/db/triggers.test.ts holds this
-- against the version that is installed. A kind of job that the queue has never seen is made known to it by add_job.
CREATE FUNCTION queue_job(task text, payload json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO graphile_worker._private_jobs (task_id, payload)
  SELECT t.id, queue_job.payload FROM graphile_worker._private_tasks t WHERE t.identifier = task;
  IF NOT FOUND THEN
    PERFORM graphile_worker.add_job(task, payload);
  END IF;
END $$;
--> statement-breakpoint
-- The outbox of appointments: the job is queued in the transaction of the change itself, whatever path made it, and
-- rolls back with it. Loading data in bulk may switch it off for its own transaction (clinic.quiet).
CREATE FUNCTION appointments_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.quiet', true) IS DISTINCT FROM 'on' THEN
    PERFORM queue_job(
      'appointment_event',
      json_build_object(
        'appointment', NEW.id,
        'event', CASE WHEN TG_OP = 'INSERT' THEN 'booked' ELSE NEW.status::text END));
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER appointments_tell_booked AFTER INSERT ON appointments
  FOR EACH ROW WHEN (NEW.status <> 'cancelled') EXECUTE FUNCTION appointments_tell();
--> statement-breakpoint
CREATE TRIGGER appointments_tell_moved AFTER UPDATE OF status ON appointments
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION appointments_tell();
--> statement-breakpoint
-- What stands in place of a phone, an email or an address that was erased while limits still count it: the same for the
-- same text, and without the server's key nothing that leads back to it.
CREATE FUNCTION disguise(value text, key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'erased:' || encode(sha256(convert_to(key || lower(value), 'UTF8')), 'hex')
$$;
--> statement-breakpoint
-- A changed phone or email must be proved again, whatever path the change takes, and codes sent for it or to the old one
-- are over. An update that says itself since when the new one is proved is taken at its word.
CREATE FUNCTION users_contact_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.phone IS DISTINCT FROM OLD.phone THEN
    IF NEW.phone_verified_at IS NOT DISTINCT FROM OLD.phone_verified_at THEN
      NEW.phone_verified_at := NULL;
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
CREATE TRIGGER users_contact_changed BEFORE UPDATE OF phone, email ON users
  FOR EACH ROW WHEN (OLD.phone IS DISTINCT FROM NEW.phone OR OLD.email IS DISTINCT FROM NEW.email)
  EXECUTE FUNCTION users_contact_changed();
