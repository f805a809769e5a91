-- A message that shares a file is found by what is shown of it, which is the file's name and what is said beside it, and by what
-- kind of file it is. That may be known only when the file is here.
CREATE VIEW searchable (message_id, place, text, scope) AS
    SELECT
        m.id,
        max(m.time, 0) / 1000 << 31 | m.id,
        search_text(coalesce(a.name || ' ' || a.caption, m.body)),
        search_scope(m.conversation_id, m.sender, m.is_outgoing, coalesce(a.caption, m.body), a.media_type)
    FROM message AS m LEFT JOIN attachment AS a ON a.message_id = m.id;

DELETE FROM message_search WHERE rowid IN (SELECT place FROM searchable JOIN attachment USING (message_id));
INSERT INTO message_search (rowid, text, scope)
    SELECT place, text, scope FROM searchable JOIN attachment USING (message_id) ORDER BY place;

DROP TRIGGER message_search_update;
CREATE TRIGGER message_search_update AFTER UPDATE OF body, time, sender, conversation_id ON message BEGIN
    DELETE FROM message_search WHERE rowid = max(old.time, 0) / 1000 << 31 | old.id;
    INSERT INTO message_search (rowid, text, scope) SELECT place, text, scope FROM searchable WHERE message_id = new.id;
END;

CREATE TRIGGER attachment_search_insert AFTER INSERT ON attachment BEGIN
    DELETE FROM message_search WHERE rowid = (SELECT place FROM searchable WHERE message_id = new.message_id);
    INSERT INTO message_search (rowid, text, scope) SELECT place, text, scope FROM searchable WHERE message_id = new.message_id;
END;

CREATE TRIGGER attachment_search_update AFTER UPDATE OF name, caption, media_type ON attachment
WHEN old.name <> new.name OR old.caption <> new.caption OR old.media_type <> new.media_type BEGIN
    DELETE FROM message_search WHERE rowid = (SELECT place FROM searchable WHERE message_id = new.message_id);
    INSERT INTO message_search (rowid, text, scope) SELECT place, text, scope FROM searchable WHERE message_id = new.message_id;
END;

-- Where the message has gone itself, there is nothing left to say of it.
CREATE TRIGGER attachment_search_delete AFTER DELETE ON attachment BEGIN
    DELETE FROM message_search WHERE rowid = (SELECT place FROM searchable WHERE message_id = old.message_id);
    INSERT INTO message_search (rowid, text, scope) SELECT place, text, scope FROM searchable WHERE message_id = old.message_id;
END;
