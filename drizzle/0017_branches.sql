-- Searches and lists of one branch read its own free slots, however few they are among all others. Only what asks for a branch
-- may use these indexes: in a clinic of one branch PostgreSQL 18 would skip over their first column and take them for searches
-- of every branch, which then read two to three times as many rows. That a branch is there follows from asking for one.
--
-- Locks: SHARE on timeslots while its two indexes are built (some seconds for a million slots): bookings and publishing wait,
-- reading goes on.
CREATE INDEX "timeslots_free_branch_time" ON "timeslots" USING btree ("branch_id","date","start_time","id") WHERE not is_taken and branch_id is not null;--> statement-breakpoint
CREATE INDEX "timeslots_free_branch_doctor_time" ON "timeslots" USING btree ("branch_id","doctor_id","date","start_time") WHERE not is_taken and branch_id is not null;
