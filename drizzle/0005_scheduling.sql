CREATE TYPE "public"."appointment_event_kind" AS ENUM('confirmed', 'cancelled', 'moved', 'arrived', 'completed', 'no_show', 'mark_taken_back');--> statement-breakpoint
CREATE TYPE "public"."attendance" AS ENUM('arrived', 'completed', 'no_show');--> statement-breakpoint
CREATE TYPE "public"."late_cancellation" AS ENUM('record', 'refuse');--> statement-breakpoint
CREATE TYPE "public"."offer_outcome" AS ENUM('accepted', 'declined', 'lapsed', 'withdrawn');--> statement-breakpoint
CREATE TYPE "public"."waitlist_status" AS ENUM('waiting', 'offered', 'booked', 'left');--> statement-breakpoint
CREATE TABLE "absences" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "absences_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"doctor_id" integer NOT NULL,
	"from" date NOT NULL,
	"to" date NOT NULL,
	"start_time" time(0) DEFAULT '00:00' NOT NULL,
	"end_time" time(0) DEFAULT '24:00' NOT NULL,
	"reason" text,
	"created_by" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "absences_range" CHECK ("from" + start_time < "to" + end_time)
);
--> statement-breakpoint
CREATE TABLE "appointment_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "appointment_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"appointment_id" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" "appointment_event_kind" NOT NULL,
	"by" integer,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clinic_settings" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"min_notice_minutes" integer DEFAULT 0 NOT NULL,
	"horizon_days" integer,
	"cancel_deadline_minutes" integer DEFAULT 0 NOT NULL,
	"late_cancellation" "late_cancellation" DEFAULT 'record' NOT NULL,
	"active_appointments_max" integer,
	"hold_minutes" integer,
	"offer_minutes" integer,
	"auto_confirm" boolean DEFAULT false NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" integer,
	CONSTRAINT "clinic_settings_one_row" CHECK (id = 1),
	CONSTRAINT "clinic_settings_min_notice" CHECK (min_notice_minutes between 0 and 43200),
	CONSTRAINT "clinic_settings_horizon" CHECK (horizon_days between 1 and 730),
	CONSTRAINT "clinic_settings_cancel_deadline" CHECK (cancel_deadline_minutes between 0 and 43200),
	CONSTRAINT "clinic_settings_active_appointments" CHECK (active_appointments_max between 1 and 100),
	CONSTRAINT "clinic_settings_hold" CHECK (hold_minutes between 1 and 60),
	CONSTRAINT "clinic_settings_offer" CHECK (offer_minutes between 1 and 1440)
);
--> statement-breakpoint
CREATE TABLE "holidays" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "holidays_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"date" date NOT NULL,
	"name" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"user_id" integer NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"answer" jsonb NOT NULL,
	"subject_id" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_user_id_route_key_pk" PRIMARY KEY("user_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "waitlist_entries" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "waitlist_entries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"patient_id" integer NOT NULL,
	"doctor_id" integer,
	"specialization" text,
	"from" date NOT NULL,
	"to" date NOT NULL,
	"after" time(0),
	"before" time(0),
	"status" "waitlist_status" DEFAULT 'waiting' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"appointment_id" integer,
	CONSTRAINT "waitlist_entries_one_wish" CHECK ((doctor_id is null) <> (specialization is null)),
	CONSTRAINT "waitlist_entries_range" CHECK ("to" >= "from"),
	CONSTRAINT "waitlist_entries_times" CHECK (after is null or before is null or before > after),
	CONSTRAINT "waitlist_entries_booked" CHECK ((status = 'booked') = (appointment_id is not null))
);
--> statement-breakpoint
CREATE TABLE "waitlist_offers" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "waitlist_offers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"entry_id" integer NOT NULL,
	"timeslot_id" integer,
	"offered_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"outcome" "offer_outcome"
);
--> statement-breakpoint
CREATE TABLE "weekly_hours" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "weekly_hours_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"doctor_id" integer NOT NULL,
	"weekday" smallint NOT NULL,
	"start_time" time(0) NOT NULL,
	"end_time" time(0) NOT NULL,
	"slot_minutes" smallint NOT NULL,
	"break_minutes" smallint DEFAULT 0 NOT NULL,
	"valid_from" date,
	"valid_until" date,
	CONSTRAINT "weekly_hours_weekday" CHECK (weekday between 1 and 7),
	CONSTRAINT "weekly_hours_slot_minutes" CHECK (slot_minutes between 5 and 720),
	CONSTRAINT "weekly_hours_break_minutes" CHECK (break_minutes between 0 and 720),
	CONSTRAINT "weekly_hours_end_after_start" CHECK (end_time > start_time),
	CONSTRAINT "weekly_hours_validity" CHECK (valid_until >= valid_from)
);
--> statement-breakpoint
CREATE TABLE "withdrawn_timeslots" (
	"doctor_id" integer NOT NULL,
	"date" date NOT NULL,
	"start_time" time(0) NOT NULL,
	"end_time" time(0) NOT NULL,
	CONSTRAINT "withdrawn_timeslots_doctor_id_date_start_time_pk" PRIMARY KEY("doctor_id","date","start_time")
);
--> statement-breakpoint
ALTER TABLE "appointments" DROP CONSTRAINT "appointments_cancelled_by_somebody";--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "cancelled_late" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "attendance" "attendance";--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "attendance_marked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "updated_by" integer;--> statement-breakpoint
ALTER TABLE "appointments" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "is_scheduled" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "is_taken" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "held_by" integer;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "held_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "timeslots" ADD COLUMN "is_waitlisted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "absences" ADD CONSTRAINT "absences_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "absences" ADD CONSTRAINT "absences_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment_events" ADD CONSTRAINT "appointment_events_appointment_id_appointments_id_fk" FOREIGN KEY ("appointment_id") REFERENCES "public"."appointments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment_events" ADD CONSTRAINT "appointment_events_by_users_id_fk" FOREIGN KEY ("by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinic_settings" ADD CONSTRAINT "clinic_settings_updated_by_users_id_fk" FOREIGN KEY ("updated_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_subject_id_users_id_fk" FOREIGN KEY ("subject_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD CONSTRAINT "waitlist_entries_patient_id_patient_profiles_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD CONSTRAINT "waitlist_entries_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_entries" ADD CONSTRAINT "waitlist_entries_appointment_id_appointments_id_fk" FOREIGN KEY ("appointment_id") REFERENCES "public"."appointments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_offers" ADD CONSTRAINT "waitlist_offers_entry_id_waitlist_entries_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."waitlist_entries"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waitlist_offers" ADD CONSTRAINT "waitlist_offers_timeslot_id_timeslots_id_fk" FOREIGN KEY ("timeslot_id") REFERENCES "public"."timeslots"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "weekly_hours" ADD CONSTRAINT "weekly_hours_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "withdrawn_timeslots" ADD CONSTRAINT "withdrawn_timeslots_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "absences_doctor" ON "absences" USING btree ("doctor_id","from","id");--> statement-breakpoint
CREATE INDEX "appointment_events_appointment" ON "appointment_events" USING btree ("appointment_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "holidays_date_key" ON "holidays" USING btree ("date");--> statement-breakpoint
CREATE INDEX "idempotency_keys_subject" ON "idempotency_keys" USING btree ("subject_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "waitlist_entries_doctor" ON "waitlist_entries" USING btree ("doctor_id","created_at","id") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "waitlist_entries_specialization" ON "waitlist_entries" USING btree (search_fold("specialization"),"created_at","id") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "waitlist_entries_patient" ON "waitlist_entries" USING btree ("patient_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "waitlist_offers_once" ON "waitlist_offers" USING btree ("entry_id","timeslot_id");--> statement-breakpoint
CREATE UNIQUE INDEX "waitlist_offers_one_of_entry" ON "waitlist_offers" USING btree ("entry_id") WHERE outcome is null;--> statement-breakpoint
CREATE UNIQUE INDEX "waitlist_offers_one_of_timeslot" ON "waitlist_offers" USING btree ("timeslot_id") WHERE outcome is null;--> statement-breakpoint
CREATE INDEX "waitlist_offers_timeslot" ON "waitlist_offers" USING btree ("timeslot_id");--> statement-breakpoint
CREATE INDEX "weekly_hours_doctor" ON "weekly_hours" USING btree ("doctor_id","weekday","start_time");--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_updated_by_users_id_fk" FOREIGN KEY ("updated_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_held_by_patient_profiles_id_fk" FOREIGN KEY ("held_by") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "timeslots_free_doctor_time" ON "timeslots" USING btree ("doctor_id","date","start_time") WHERE not is_taken;--> statement-breakpoint
CREATE INDEX "timeslots_free_time" ON "timeslots" USING btree ("date","start_time","id") WHERE not is_taken;--> statement-breakpoint
CREATE INDEX "timeslots_waitlisted" ON "timeslots" USING btree ("date","start_time") WHERE is_waitlisted;--> statement-breakpoint
CREATE UNIQUE INDEX "timeslots_one_hold" ON "timeslots" USING btree ("held_by") WHERE held_by is not null and not is_waitlisted;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_attendance_of_confirmed" CHECK (attendance is null or status = 'confirmed');--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_attendance_is_whole" CHECK ((attendance is null) = (attendance_marked_at is null));--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_cancelled_by_somebody" CHECK (status = 'cancelled' or (cancelled_by is null and cancel_reason is null and not cancelled_late));--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_hold_is_whole" CHECK ((held_by is null) = (held_until is null));--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_taken_is_not_held" CHECK (not is_taken or (held_by is null and not is_waitlisted));