-- A correction of a message that never comes is shown as a message of its own, with what the archive said of it.
ALTER TABLE early_amendment ADD COLUMN archive_id TEXT; -- what our own archive calls it; null where it came live
ALTER TABLE early_amendment ADD COLUMN position INTEGER; -- its place in the conversation by the archive's order
-- It came while this device was away: it may be news.
ALTER TABLE early_amendment ADD COLUMN is_absence INTEGER NOT NULL DEFAULT 0 CHECK (is_absence IN (0, 1));
-- A message that stands for one that nobody knows has no text from before it was corrected.
INSERT INTO revision (message_id, origin_id, time, body, format)
    SELECT stand_in, origin_id, time, content, format FROM early_amendment WHERE stand_in IS NOT NULL AND kind = 0
    ON CONFLICT DO NOTHING;
