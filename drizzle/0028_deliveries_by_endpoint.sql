-- An endpoint's deliveries are listed newest first, of whatever status: without this all of them were read and sorted.
--
-- Locks: SHARE on webhook_deliveries until the migrations end. Nothing is handed to endpoints meanwhile, and nothing is lost: the
-- reader of the log goes on afterwards.
CREATE INDEX "webhook_deliveries_endpoint" ON "webhook_deliveries" USING btree ("endpoint_id","id");