-- What happens, and what is queued because of it, keeps the trace that caused it, where traces are told: a transaction then says
-- so itself (clinic.trace, a `traceparent` of the W3C). Nothing of a person stands there.
--
-- Locks: ACCESS EXCLUSIVE on events and on webhook_deliveries for an instant. No row is read or written: the default is the same
-- for all that are there, null. The version before goes on: it names no such column, and leaves a job's `trace` unread.
ALTER TABLE "events" ADD COLUMN "trace" text DEFAULT nullif(current_setting('clinic.trace', true), '');--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "trace" text;
--> statement-breakpoint
-- What a job is given, with the trace that causes it.
CREATE FUNCTION with_trace(payload json) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN nullif(current_setting('clinic.trace', true), '') IS NULL THEN payload
    ELSE (payload::jsonb || jsonb_build_object('trace', current_setting('clinic.trace', true)))::json END
$$;
--> statement-breakpoint
-- As in 0004, and with the trace.
CREATE OR REPLACE FUNCTION queue_job(task text, payload json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO graphile_worker._private_jobs (task_id, payload)
  SELECT t.id, with_trace(queue_job.payload) FROM graphile_worker._private_tasks t WHERE t.identifier = task;
  IF NOT FOUND THEN
    PERFORM graphile_worker.add_job(task, with_trace(payload));
  END IF;
END $$;
