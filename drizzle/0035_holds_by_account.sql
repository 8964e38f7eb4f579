-- Two plans that cost more than what they plan.
--
-- Whose hold an account has is looked up by `timeslots_one_hold_of_account`. Its condition held for the indexes of `held_by` as
-- well; while few slots were held when the table was last analysed, the server took one of those for as good and read it whole for
-- each hold: 6 ms in place of 10 µs once a thousand are held. The condition now says the same in words that no other index has
-- (src/modules/availability/holds.repository.ts).
--
-- And a booking's trigger planned two statements anew each time: for an array of one slot it found a plan cheaper than the one for
-- any. That was a tenth of what one booking costs the database.
--
-- Locks: SHARE on timeslots while it is read once (some tenths of a second for a million slots: nobody publishes, books or holds
-- meanwhile), then ACCESS EXCLUSIVE for an instant.
CREATE UNIQUE INDEX "timeslots_one_hold_of_account_next" ON "timeslots" USING btree ("last_held_by") WHERE held_until is not null and not is_waitlisted and held_with is null;
--> statement-breakpoint
DROP INDEX "timeslots_one_hold_of_account";
--> statement-breakpoint
ALTER INDEX "timeslots_one_hold_of_account_next" RENAME TO "timeslots_one_hold_of_account";
--> statement-breakpoint
ALTER FUNCTION appointments_booked() SET plan_cache_mode = force_generic_plan;
