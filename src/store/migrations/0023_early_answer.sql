-- What is said of messages that are still to come, by the other side of ours and by our other devices of theirs. It is kept for a
-- while, and so many of it.
ALTER TABLE early_answer RENAME TO early_answer_before;
CREATE TABLE early_answer (
    id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    is_outgoing INTEGER NOT NULL CHECK (is_outgoing IN (0, 1)), -- whether the message is one of ours
    named TEXT NOT NULL, -- what its author calls the message
    is_read INTEGER NOT NULL CHECK (is_read IN (0, 1)), -- else only delivered
    said_at INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    UNIQUE (conversation_id, is_outgoing, named)
) STRICT;
CREATE INDEX early_answer_noted ON early_answer (noted_at);
INSERT INTO early_answer (conversation_id, is_outgoing, named, is_read, said_at, noted_at)
    SELECT conversation_id, 1, origin_id, is_read, unixepoch() * 1000, unixepoch() * 1000 FROM early_answer_before;
DROP TABLE early_answer_before;
