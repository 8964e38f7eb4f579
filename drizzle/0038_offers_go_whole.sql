-- What is offered of a long visit goes as one.
--
-- A slot that went gave the rest of its offer back before it was gone. Where one statement takes several slots of an offer, as
-- an absence or a holiday does, it met the rest as changed by its own trigger, and PostgreSQL refused all of it (27000). The
-- offer still ends before its slot is gone, since what is told of it names the slot; the rest is given back afterwards, as far
-- as it is there.
--
-- Locks: SHARE ROW EXCLUSIVE on timeslots for an instant. Processes of the version before go on working.
CREATE OR REPLACE FUNCTION timeslots_withdraw_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH offer AS (
    UPDATE waitlist_offers SET outcome = 'withdrawn'
    WHERE timeslot_id = coalesce(OLD.held_with, OLD.id) AND outcome IS NULL
    RETURNING entry_id
  )
  UPDATE waitlist_entries SET status = 'waiting' FROM offer WHERE id = offer.entry_id AND status = 'offered';
  RETURN OLD;
END $$;
--> statement-breakpoint
-- What else was kept for whoever had the offer is given back, unless somebody has it locked: that ends by itself.
CREATE FUNCTION timeslots_give_rest_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE timeslots SET held_by = NULL, held_until = NULL, held_with = NULL WHERE id IN (
    SELECT id FROM timeslots
    WHERE held_by = OLD.held_by AND is_waitlisted AND coalesce(held_with, id) = coalesce(OLD.held_with, OLD.id)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
  IF FOUND THEN
    PERFORM waitlist_tell();
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER timeslots_give_rest_back AFTER DELETE ON timeslots
  FOR EACH ROW WHEN (OLD.is_waitlisted AND OLD.held_by IS NOT NULL) EXECUTE FUNCTION timeslots_give_rest_back();
