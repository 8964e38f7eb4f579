-- Which kept answers show a doctor: erasing one would read every key of the day without it. Answers without a doctor are
-- not in it. Locks: SHARE on idempotency_keys while it is built, so that requests with a key wait; the table holds the
-- keys of one day.
CREATE INDEX "idempotency_keys_doctor" ON "idempotency_keys" USING btree ((answer #>> '{doctor,id}')) WHERE answer #>> '{doctor,id}' is not null;
