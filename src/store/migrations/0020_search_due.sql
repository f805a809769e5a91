-- Messages whose words are to be brought into the index, all at once as a transaction's last step. FTS5 writes what it has gathered
-- whenever a statement of several steps begins, and one that stores a message, with its triggers, is such a statement: one by
-- one, each message was a piece of the index of its own, to be merged with the others.
CREATE TABLE message_search_due (message_id INTEGER PRIMARY KEY) STRICT;

DROP TRIGGER message_search_insert;
CREATE TRIGGER message_search_insert AFTER INSERT ON message BEGIN
    INSERT OR IGNORE INTO message_search_due VALUES (new.id);
END;

DROP TRIGGER message_search_update;
CREATE TRIGGER message_search_update AFTER UPDATE OF body, time, sender, conversation_id ON message BEGIN
    DELETE FROM message_search WHERE rowid = max(old.time, 0) / 1000 << 31 | old.id;
    INSERT OR IGNORE INTO message_search_due VALUES (new.id);
END;

DROP TRIGGER attachment_search_insert;
CREATE TRIGGER attachment_search_insert AFTER INSERT ON attachment BEGIN
    DELETE FROM message_search WHERE rowid = (SELECT place FROM searchable WHERE message_id = new.message_id);
    INSERT OR IGNORE INTO message_search_due VALUES (new.message_id);
END;

DROP TRIGGER attachment_search_update;
CREATE TRIGGER attachment_search_update AFTER UPDATE OF name, caption, media_type ON attachment
WHEN old.name <> new.name OR old.caption <> new.caption OR old.media_type <> new.media_type BEGIN
    DELETE FROM message_search WHERE rowid = (SELECT place FROM searchable WHERE message_id = new.message_id);
    INSERT OR IGNORE INTO message_search_due VALUES (new.message_id);
END;

-- Where the message has gone itself, there is nothing left to say of it.
DROP TRIGGER attachment_search_delete;
CREATE TRIGGER attachment_search_delete AFTER DELETE ON attachment BEGIN
    DELETE FROM message_search WHERE rowid = (SELECT place FROM searchable WHERE message_id = old.message_id);
    INSERT OR IGNORE INTO message_search_due VALUES (old.message_id);
END;
