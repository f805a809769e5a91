-- How far the other side has read (XEP-0333), and how far others have been told that we have (XEP-0333, XEP-0490).
ALTER TABLE conversation ADD COLUMN peer_read_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN peer_read_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN told_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN told_id INTEGER NOT NULL DEFAULT 0;
UPDATE conversation SET told_position = read_position, told_id = read_id;

-- The sender wants to know when it has been seen, or we did.
ALTER TABLE message ADD COLUMN is_markable INTEGER NOT NULL DEFAULT 0 CHECK (is_markable IN (0, 1));

-- How far all devices of an account have read, as its server has it. The message may not be here yet.
CREATE TABLE displayed (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    peer TEXT NOT NULL,
    archive_id TEXT NOT NULL,
    PRIMARY KEY (account_id, peer)
) STRICT, WITHOUT ROWID;

-- What the archive says of messages of ours that it has still to bring, since it is read backwards.
CREATE TABLE early_answer (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    origin_id TEXT NOT NULL,
    is_read INTEGER NOT NULL CHECK (is_read IN (0, 1)), -- else only delivered
    PRIMARY KEY (conversation_id, origin_id)
) STRICT, WITHOUT ROWID;
