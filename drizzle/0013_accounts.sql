-- Who gets in, and how. Locks: short exclusive ones of users and audit_entries, to add columns that are null and change
-- no row, and of nothing else; the index of audit_entries holds its writers back while the table is read once, and is
-- empty, as no row has a network yet.
--
-- From which network somebody signed in, failed to, or was refused; null for every other entry.
ALTER TABLE "audit_entries" ADD COLUMN "network" text;--> statement-breakpoint
CREATE INDEX "audit_entries_network" ON "audit_entries" USING btree ("network","at","id") WHERE network is not null;--> statement-breakpoint
-- As before, and one thing more: when a person is erased, the networks that they came from are forgotten.
CREATE OR REPLACE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('clinic.audit_retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND current_setting('clinic.audit_erasure', true) = 'on' THEN
    OLD.network := NULL;
    RETURN OLD;
  END IF;
  RAISE check_violation USING CONSTRAINT = 'audit_entries_append_only', TABLE = 'audit_entries',
    MESSAGE = 'audit entries are never changed';
END $$;
--> statement-breakpoint
-- A code that is sent to a contact to show that whoever asks for something still has it.
ALTER TYPE "public"."code_purpose" ADD VALUE 'prove_phone';--> statement-breakpoint
ALTER TYPE "public"."code_purpose" ADD VALUE 'prove_email';--> statement-breakpoint
CREATE INDEX "codes_user" ON "codes" USING btree ("user_id","purpose","created_at");--> statement-breakpoint
-- From when on a confirmed contact serves to set a new password; null is as soon as it is confirmed.
ALTER TABLE "users" ADD COLUMN "phone_resets_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "email_resets_from" timestamp with time zone;--> statement-breakpoint
CREATE TABLE "contact_changes" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "contact_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"user_id" integer NOT NULL,
	"contact" text NOT NULL,
	"old_value" text,
	"old_verified_at" timestamp with time zone,
	"agreed" boolean DEFAULT false NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "contact_changes_contact" CHECK (contact in ('phone', 'email')),
	CONSTRAINT "contact_changes_old_is_whole" CHECK ((old_value is null) = (old_verified_at is null))
);
--> statement-breakpoint
ALTER TABLE "contact_changes" ADD CONSTRAINT "contact_changes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "contact_changes_token" ON "contact_changes" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "contact_changes_user" ON "contact_changes" USING btree ("user_id","contact","id");--> statement-breakpoint
CREATE INDEX "contact_changes_expiry" ON "contact_changes" USING btree ("expires_at");
