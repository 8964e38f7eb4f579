-- One live hold for an account, for whomever of a family it is: who took a hold stands in last_held_by.
--
-- Locks: SHARE on timeslots while they are read once (some seconds for a million), so that nobody writes slots meanwhile.
CREATE UNIQUE INDEX "timeslots_one_hold_of_account" ON "timeslots" USING btree ("last_held_by") WHERE held_by is not null and not is_waitlisted and held_with is null;
