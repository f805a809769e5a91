-- Messages of ours that can still be taken back. Those of the conversation that were written later wait with them.
CREATE TABLE held_message (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    until INTEGER NOT NULL
) STRICT;
