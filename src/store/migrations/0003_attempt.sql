-- A session was given the message, so that it may have arrived although it still waits.
ALTER TABLE message ADD COLUMN is_attempted INTEGER NOT NULL DEFAULT 0 CHECK (is_attempted IN (0, 1));
-- What an earlier version left waiting may have been sent as well.
UPDATE message SET is_attempted = 1 WHERE state = 1;
