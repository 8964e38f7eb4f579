-- Which kept answers show somebody in a list: those of an absence or a holiday name whose visits they cancel or leave. Erasing
-- somebody would read every key of the day without it. Other answers are not in it. Locks: SHARE on idempotency_keys while it is
-- built, so that requests with a key wait; the table holds the keys of one day.
CREATE INDEX "idempotency_keys_people" ON "idempotency_keys" USING gin (jsonb_path_query_array(answer, '$.*[*].*.id') jsonb_path_ops) WHERE answer ?| '{appointments,visits}';
