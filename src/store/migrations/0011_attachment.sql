-- The file that a message shares. One of ours has still to be uploaded while it has no `url`.
CREATE TABLE attachment (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER CHECK (size >= 0),
    width INTEGER CHECK (width > 0),
    height INTEGER CHECK (height > 0),
    sha256 BLOB CHECK (length(sha256) = 32),
    thumbhash BLOB,
    url TEXT,
    -- Where it lies below `media/`, beside the database.
    file TEXT,
    file_bytes INTEGER,
    -- When it came here, or was last wanted.
    used_at INTEGER,
    problem INTEGER CHECK (problem BETWEEN 0 AND 7),
    caption TEXT NOT NULL,
    CHECK ((width IS NULL) = (height IS NULL)),
    CHECK ((file IS NULL) = (file_bytes IS NULL) AND (file IS NULL) = (used_at IS NULL)),
    CHECK (url IS NOT NULL OR file IS NOT NULL)
) STRICT;

CREATE INDEX attachment_file ON attachment (file) WHERE file IS NOT NULL;
CREATE INDEX attachment_used ON attachment (used_at) WHERE file IS NOT NULL AND url IS NOT NULL;
