-- Where the oldest message of a range stands in each conversation: what is fetched below stands below that, also when the fetching
-- was interrupted.
CREATE TABLE archive_lowest (
    range_id INTEGER NOT NULL REFERENCES archive_range (id) ON DELETE CASCADE,
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (range_id, conversation_id)
) STRICT, WITHOUT ROWID;
