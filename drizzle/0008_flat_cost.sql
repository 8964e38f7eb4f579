-- Lists by a status that few rows have: without these the server looks through all the others. What each costs its writers
-- is one more entry with every change of the column; on appointments, whose changes of status touch every index anyway,
-- one in nine.
CREATE INDEX "appointments_status_time" ON "appointments" USING btree ("status","date","start_time","id");--> statement-breakpoint
CREATE INDEX "waitlist_entries_status" ON "waitlist_entries" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "waitlist_entries_of_doctor" ON "waitlist_entries" USING btree ("doctor_id","id");--> statement-breakpoint
-- A few admins and doctors among all the patients; doctors are also joined to their profiles in
-- its order, where the primary key would lead through every patient.
CREATE INDEX "users_role" ON "users" USING btree ("role","id");--> statement-breakpoint
CREATE INDEX "users_inactive" ON "users" USING btree ("id") WHERE not is_active and deleted_at is null;--> statement-breakpoint
-- Everybody's absences, those that begin last first, and those that are not over on some day.
CREATE INDEX "absences_time" ON "absences" USING btree ("from","id");--> statement-breakpoint
CREATE INDEX "absences_end" ON "absences" USING btree ("to","from");--> statement-breakpoint
-- Whether anybody wants a slot is asked for each one that is published: of those who wait, who would come by then?
CREATE INDEX "waitlist_entries_doctor_until" ON "waitlist_entries" USING btree ("doctor_id","to") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "waitlist_entries_specialization_until" ON "waitlist_entries" USING btree (search_fold("specialization"),"to") WHERE status = 'waiting';
