-- What of a conversation was deleted here and is not to come back out of an archive: all from up to this time, by its position,
-- and of what is newer the messages of these ids. An archive's clock may go otherwise than ours.
ALTER TABLE conversation ADD COLUMN deleted_up_to INTEGER;

CREATE TABLE deleted_message (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)), -- whose id it is: an archive's, or the sender's
    id TEXT NOT NULL,
    PRIMARY KEY (conversation_id, kind, id)
) STRICT, WITHOUT ROWID;
