-- Signing in with accounts elsewhere: which account is whose, sign-ins on their way, tokens that have served.
--
-- Locks: ACCESS EXCLUSIVE on users while its rows are read once for the constraint, some tenths of a second for a million;
-- SHARE ROW EXCLUSIVE on sessions for an instant, for a foreign key. Everything else is new. The constraint allows more than
-- before: a patient with a user name and no password, whom the version before lets in by no password.
CREATE TABLE "identities" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "identities_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"user_id" integer NOT NULL,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"is_first" boolean DEFAULT false NOT NULL,
	"linked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_starts" (
	"state_hash" "bytea" PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"client_state" text,
	"code_challenge" text NOT NULL,
	"accept_terms" boolean NOT NULL,
	"user_id" integer,
	"session_id" integer,
	"expires_at" timestamp with time zone NOT NULL,
	"answered_at" timestamp with time zone,
	"code_hash" "bytea",
	"claims" text
);
--> statement-breakpoint
CREATE TABLE "spent_id_tokens" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "users" DROP CONSTRAINT "users_active_has_password";--> statement-breakpoint
ALTER TABLE "identities" ADD CONSTRAINT "identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_starts" ADD CONSTRAINT "sign_in_starts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_starts" ADD CONSTRAINT "sign_in_starts_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "identities_subject_key" ON "identities" USING btree ("issuer","subject");--> statement-breakpoint
CREATE UNIQUE INDEX "identities_one_of_provider" ON "identities" USING btree ("user_id","provider");--> statement-breakpoint
CREATE UNIQUE INDEX "sign_in_starts_code" ON "sign_in_starts" USING btree ("code_hash");--> statement-breakpoint
CREATE INDEX "sign_in_starts_expiry" ON "sign_in_starts" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sign_in_starts_user" ON "sign_in_starts" USING btree ("user_id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "sign_in_starts_session" ON "sign_in_starts" USING btree ("session_id") WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "spent_id_tokens_expiry" ON "spent_id_tokens" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_active_has_password" CHECK (password_hash is not null or not is_active or role = 'patient');
