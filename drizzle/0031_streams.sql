-- Tickets that open a stream once.
--
-- Locks: SHARE ROW EXCLUSIVE on sessions for an instant, while the foreign key is made. No row is read.
CREATE TABLE "stream_tickets" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"session_id" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "stream_tickets" ADD CONSTRAINT "stream_tickets_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stream_tickets_session" ON "stream_tickets" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "stream_tickets_expiry" ON "stream_tickets" USING btree ("expires_at");