CREATE TYPE "public"."appointment_status" AS ENUM('pending', 'confirmed', 'cancelled');--> statement-breakpoint
CREATE TYPE "public"."gender" AS ENUM('female', 'male', 'other');--> statement-breakpoint
CREATE TYPE "public"."locale" AS ENUM('uz', 'ru', 'en');--> statement-breakpoint
CREATE TYPE "public"."user_role" AS ENUM('admin', 'doctor', 'patient');--> statement-breakpoint
CREATE TABLE "appointments" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "appointments_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"doctor_id" integer NOT NULL,
	"patient_id" integer NOT NULL,
	"timeslot_id" integer,
	"status" "appointment_status" DEFAULT 'pending' NOT NULL,
	"date" date NOT NULL,
	"start_time" time(0) NOT NULL,
	"end_time" time(0) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"booked_by" integer NOT NULL,
	"cancelled_by" integer,
	"cancel_reason" text,
	CONSTRAINT "appointments_active_has_slot" CHECK (status = 'cancelled' or timeslot_id is not null),
	CONSTRAINT "appointments_not_with_oneself" CHECK (doctor_id <> patient_id),
	CONSTRAINT "appointments_cancelled_by_somebody" CHECK (status = 'cancelled' or (cancelled_by is null and cancel_reason is null))
);
--> statement-breakpoint
CREATE TABLE "doctor_profiles" (
	"id" integer PRIMARY KEY NOT NULL,
	"specialization" text,
	"experience_years" smallint,
	"gender" "gender",
	CONSTRAINT "doctor_profiles_experience_years" CHECK (experience_years between 0 and 80)
);
--> statement-breakpoint
CREATE TABLE "patient_profiles" (
	"id" integer PRIMARY KEY NOT NULL,
	"date_of_birth" date,
	"gender" "gender"
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"session_id" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"spent_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sessions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"user_id" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "timeslots" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "timeslots_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"doctor_id" integer NOT NULL,
	"date" date NOT NULL,
	"start_time" time(0) NOT NULL,
	"end_time" time(0) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "timeslots_end_after_start" CHECK (end_time > start_time),
	CONSTRAINT "timeslots_length" CHECK (end_time - start_time between interval '5 minutes' and interval '12 hours'),
	CONSTRAINT "timeslots_whole_minutes" CHECK (extract(second from start_time) = 0 and extract(second from end_time) = 0)
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"username" text NOT NULL,
	"password_hash" text,
	"role" "user_role" NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"first_name" text,
	"last_name" text,
	"email" text,
	"phone" text,
	"locale" "locale",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "users_deleted_is_inactive" CHECK (deleted_at is null or not is_active),
	CONSTRAINT "users_active_has_password" CHECK (password_hash is not null or not is_active)
);
--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_patient_id_patient_profiles_id_fk" FOREIGN KEY ("patient_id") REFERENCES "public"."patient_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_timeslot_id_timeslots_id_fk" FOREIGN KEY ("timeslot_id") REFERENCES "public"."timeslots"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_booked_by_users_id_fk" FOREIGN KEY ("booked_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointments" ADD CONSTRAINT "appointments_cancelled_by_users_id_fk" FOREIGN KEY ("cancelled_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "doctor_profiles" ADD CONSTRAINT "doctor_profiles_id_users_id_fk" FOREIGN KEY ("id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_profiles" ADD CONSTRAINT "patient_profiles_id_users_id_fk" FOREIGN KEY ("id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "timeslots" ADD CONSTRAINT "timeslots_doctor_id_doctor_profiles_id_fk" FOREIGN KEY ("doctor_id") REFERENCES "public"."doctor_profiles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "appointments_one_active_per_slot" ON "appointments" USING btree ("timeslot_id") WHERE status in ('pending', 'confirmed');--> statement-breakpoint
CREATE INDEX "appointments_timeslot" ON "appointments" USING btree ("timeslot_id");--> statement-breakpoint
CREATE INDEX "appointments_time" ON "appointments" USING btree ("date","start_time","id");--> statement-breakpoint
CREATE INDEX "appointments_doctor_time" ON "appointments" USING btree ("doctor_id","date","start_time","id");--> statement-breakpoint
CREATE INDEX "appointments_patient_time" ON "appointments" USING btree ("patient_id","date","start_time","id");--> statement-breakpoint
CREATE INDEX "appointments_booked_by_time" ON "appointments" USING btree ("booked_by","date","start_time","id");--> statement-breakpoint
CREATE INDEX "doctor_profiles_specialization" ON "doctor_profiles" USING btree (search_fold("specialization"));--> statement-breakpoint
CREATE INDEX "doctor_profiles_specialization_search" ON "doctor_profiles" USING gin (search_text(coalesce("specialization", '')) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "refresh_tokens_session" ON "refresh_tokens" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "refresh_tokens_expiry" ON "refresh_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_live" ON "sessions" USING btree ("user_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "sessions_ended" ON "sessions" USING btree ("ended_at") WHERE ended_at is not null;--> statement-breakpoint
CREATE INDEX "timeslots_doctor_time" ON "timeslots" USING btree ("doctor_id","date","start_time");--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_key" ON "users" USING btree (lower("username"));--> statement-breakpoint
CREATE INDEX "users_contact_search" ON "users" USING gin (search_text("username" || ' ' || coalesce("first_name", '') || ' ' || coalesce("last_name", '') || ' ' || coalesce("email", '') || ' ' || coalesce("phone", '')) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "users_doctor_name_search" ON "users" USING gin (search_text(coalesce("first_name", '') || ' ' || coalesce("last_name", '')) gin_trgm_ops) WHERE role = 'doctor';--> statement-breakpoint
CREATE INDEX "users_directory" ON "users" USING btree ("last_name","first_name","id") WHERE role = 'doctor' and is_active;