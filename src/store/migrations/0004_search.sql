-- What is searched: the words of each message, and by whom, where and what kind of message it is. Nothing of it can be read
-- back; `search_text` and `search_scope` are functions of the program. A row's number begins with the message's second, so that
-- the newest come first and a span of time is a range, and ends with its id.
CREATE VIRTUAL TABLE message_search USING fts5(
    text,
    scope,
    content = '',
    contentless_delete = 1,
    prefix = '1 2 3',
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co So Sk'"
);

INSERT INTO message_search (rowid, text, scope)
    SELECT max(time, 0) / 1000 << 31 | id, search_text(body), search_scope(conversation_id, sender, is_outgoing, body) FROM message
    ORDER BY 1;

CREATE TRIGGER message_search_insert AFTER INSERT ON message BEGIN
    INSERT INTO message_search (rowid, text, scope) VALUES (
        max(new.time, 0) / 1000 << 31 | new.id,
        search_text(new.body),
        search_scope(new.conversation_id, new.sender, new.is_outgoing, new.body)
    );
END;

CREATE TRIGGER message_search_update AFTER UPDATE OF body, time, sender, conversation_id ON message BEGIN
    DELETE FROM message_search WHERE rowid = max(old.time, 0) / 1000 << 31 | old.id;
    INSERT INTO message_search (rowid, text, scope) VALUES (
        max(new.time, 0) / 1000 << 31 | new.id,
        search_text(new.body),
        search_scope(new.conversation_id, new.sender, new.is_outgoing, new.body)
    );
END;

CREATE TRIGGER message_search_delete AFTER DELETE ON message BEGIN
    DELETE FROM message_search WHERE rowid = max(old.time, 0) / 1000 << 31 | old.id;
END;
