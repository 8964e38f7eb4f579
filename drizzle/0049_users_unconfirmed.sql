-- Whoever has confirmed neither phone nor email is found by when they came.
--
-- The job that reminds them looked through all accounts each hour, in the order of their ids: nearly all of them came long ago.
--
-- Locks: SHARE on users while it is read once (some tenths of a second for a million people): nobody changes an account meanwhile,
-- everybody goes on reading and booking. Processes of the version before go on working.
CREATE INDEX "users_unconfirmed" ON "users" USING btree ("created_at","id") WHERE is_active and username not like '~%' and phone_verified_at is null and email_verified_at is null;