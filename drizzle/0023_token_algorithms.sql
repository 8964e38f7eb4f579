-- Since when access tokens are signed by which algorithm.
--
-- Locks: none on what is there.
CREATE TABLE "token_algorithms" (
	"algorithm" text PRIMARY KEY NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL
);
