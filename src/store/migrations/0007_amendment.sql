-- What is said of a message after it was sent, and what it answers.

-- The texts that a message has had, where there was more than one; its own body is the newest of them.
CREATE TABLE revision (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    origin_id TEXT NOT NULL, -- of the correction; empty for the text that was written first
    time INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (message_id, origin_id)
) STRICT, WITHOUT ROWID;

-- Its author has taken it back. Neither text nor anything that was said of it is kept.
CREATE TABLE retraction (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    time INTEGER NOT NULL
) STRICT;

-- All that one person says of a message in emoji.
CREATE TABLE reaction (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    sender TEXT NOT NULL,
    time INTEGER NOT NULL,
    emoji TEXT NOT NULL, -- with spaces between them
    PRIMARY KEY (message_id, sender)
) STRICT, WITHOUT ROWID;

-- What a message answers.
CREATE TABLE reply (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    target_id TEXT NOT NULL, -- by what the author of the answer calls it
    author TEXT, -- who wrote what is answered, as the author of the answer has it
    quote TEXT NOT NULL
) STRICT;

-- What is said of messages that are not here (yet): archives are read backwards.
CREATE TABLE early_amendment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    target_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    origin_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    content TEXT NOT NULL,
    -- A correction of what nobody knows is shown as a message of its own until that comes.
    stand_in INTEGER REFERENCES message (id) ON DELETE SET NULL,
    UNIQUE (conversation_id, target_id, sender, kind, origin_id)
) STRICT;

CREATE INDEX early_amendment_stand_in ON early_amendment (stand_in) WHERE stand_in IS NOT NULL;

-- What we have said of messages, and no server has confirmed. What it is stands in the tables above.
CREATE TABLE own_amendment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    origin_id TEXT NOT NULL,
    UNIQUE (message_id, kind)
) STRICT;
