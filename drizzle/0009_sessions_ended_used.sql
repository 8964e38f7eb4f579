-- Which sessions ended of those used lately, whatever clock the end was noted by. Locks: SHARE on sessions while it is
-- built, so that sign-ins and refreshes wait; it holds ended sessions only, and no refresh of a living one writes to it.
CREATE INDEX "sessions_ended_used" ON "sessions" USING btree ("last_used_at") WHERE ended_at is not null;
