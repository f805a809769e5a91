-- What whoever wrote a message says of the links in its text as it is now.
CREATE TABLE link_preview (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 0), -- their order
    url TEXT NOT NULL, -- as it stands in the text
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    site TEXT NOT NULL,
    picture BLOB, -- a small one, as a file
    PRIMARY KEY (message_id, number)
) STRICT, WITHOUT ROWID;

-- The same for a text that waits for its message, as a list of [url, title, description, site, picture in base64].
ALTER TABLE early_amendment ADD COLUMN links TEXT NOT NULL DEFAULT '[]';
