-- The index of all slots on which the waiting list has a claim is read by whoever asks for all of them, and by nobody else.
--
-- While few slots were claimed when the table was last analysed, the server took this index for the shortest way to one slot, and to
-- those of a day. Each of many slots that waited to be offered then read all of them: 20,000 rows for 100. Its second condition,
-- which every slot meets, keeps the planner from it where nobody says it (src/modules/waitlist/claims.repository.ts).
--
-- Locks: SHARE on timeslots while it is read once (some tenths of a second for a million slots: nobody publishes, books or holds
-- meanwhile), then ACCESS EXCLUSIVE for an instant. Processes of the version before read all slots every five minutes in its place.
CREATE INDEX "timeslots_waitlisted_next" ON "timeslots" USING btree ("date","start_time") WHERE is_waitlisted and end_time > start_time;
--> statement-breakpoint
DROP INDEX "timeslots_waitlisted";
--> statement-breakpoint
ALTER INDEX "timeslots_waitlisted_next" RENAME TO "timeslots_waitlisted";
