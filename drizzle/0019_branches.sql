-- Searches and lists of one branch read its own free slots, however few they are among all others.
--
-- Locks: SHARE on timeslots while its two indexes are built (some seconds for a million slots): bookings and publishing wait,
-- reading goes on.
CREATE INDEX "timeslots_free_branch_time" ON "timeslots" USING btree ("branch_id","date","start_time","id") WHERE not is_taken;--> statement-breakpoint
CREATE INDEX "timeslots_free_branch_doctor_time" ON "timeslots" USING btree ("branch_id","doctor_id","date","start_time") WHERE not is_taken;
