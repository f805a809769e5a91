-- Which parts of an account's archive are here (XEP-0313). From the first to the last message of a range nothing is missing;
-- what lies between two ranges has still to be fetched. A range of a higher id is newer.
CREATE TABLE archive_range (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    first_id TEXT NOT NULL,
    last_id TEXT NOT NULL,
    last_time INTEGER NOT NULL, -- by the archive's clock
    -- The archive holds nothing older.
    is_start INTEGER NOT NULL CHECK (is_start IN (0, 1)),
    -- The newest message here when the range was begun: what is fetched below the range stands between it and those after it.
    begun_after INTEGER NOT NULL
) STRICT;

CREATE INDEX archive_range_order ON archive_range (account_id, id);
