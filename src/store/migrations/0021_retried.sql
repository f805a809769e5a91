-- It failed and was to be sent once more. That our own archive has it need not mean that it arrived: it may have it from before.
ALTER TABLE message ADD COLUMN is_retried INTEGER NOT NULL DEFAULT 0 CHECK (is_retried IN (0, 1));
-- What the archive may bring once more, wherever it stands.
CREATE INDEX message_unarchived ON message (conversation_id, time) WHERE archive_id IS NULL;
