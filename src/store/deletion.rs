//! Deleting what was said in a conversation, for good: what an archive still has of it does not come back.
//!
//! What is missing of an archive is known by ranges that this does not touch, and what comes live is fetched once more with the
//! next session. So it is written down what was deleted: all up to a time that is a good while before the newest message,
//! whatever our clock and the archive's differ by, and of the rest each id.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    MessageState, StoreError, amendment, conversation,
    message::{self, ArchiveId, MessageRow, UNITS},
};
use crate::ids::{ConversationId, MessageId, OriginId, Timestamp};

/// How far two clocks may lie apart without anything that was never seen here being taken for deleted.
const CLOCKS_APART_MS: i64 = 3_600_000;

/// How much of the index one step goes through.
const INDEX_STEP: i64 = 200;

/// Deletes the messages of a conversation, but for what still waits to be sent. Returns how many.
pub fn delete(connection: &Connection, id: ConversationId, now: Timestamp) -> Result<usize, StoreError> {
    let newest = conversation::newest_cursor(connection, id)?;
    let up_to = newest.map(|newest| (newest.position / UNITS).min(now.0).saturating_sub(CLOCKS_APART_MS));
    let Some(up_to) = up_to.map(Timestamp) else { return Ok(0) };
    overwriting(connection, || delete_up_to(connection, id, up_to))
}

/// Takes away one message for good, with all that was said of it; the row it was.
pub fn delete_message(connection: &Connection, message: MessageId) -> Result<MessageRow, StoreError> {
    let row = message::by_id(connection, message)?;
    let ids = [(0, row.archive_id.as_ref().map(|id| &id.id)), (1, row.origin_id.as_ref().map(|id| &id.0))];
    for (kind, id) in ids.into_iter().filter_map(|(kind, id)| Some((kind, id?))) {
        connection
            .prepare_cached(
                "INSERT INTO deleted_message (conversation_id, kind, id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![row.conversation, kind, id])?;
    }
    overwriting(connection, || amendment::remove(connection, message))
}

/// Does something, and overwrites in the file what it deletes: not only is it no longer to be found.
fn overwriting<T>(connection: &Connection, f: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    connection.pragma_update(None, "secure_delete", true)?;
    let done = f();
    connection.pragma_update(None, "secure_delete", false)?;
    done
}

fn delete_up_to(connection: &Connection, id: ConversationId, up_to: Timestamp) -> Result<usize, StoreError> {
    let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(params);
    let (waiting, above) = (MessageState::Waiting, message::position_of(up_to));
    for (kind, column) in [(0, "archive_id"), (1, "origin_id")] {
        run(
            &format!(
                "INSERT INTO deleted_message (conversation_id, kind, id)
                 SELECT conversation_id, {kind}, {column} FROM message
                 WHERE conversation_id = ?1 AND state <> ?2 AND position >= ?3 AND {column} IS NOT NULL
                 ON CONFLICT DO NOTHING"
            ),
            &[&id, &waiting, &above],
        )?;
    }
    let deleted = run("DELETE FROM message WHERE conversation_id = ?1 AND state <> ?2", &[&id, &waiting])?;
    run("DELETE FROM early_answer WHERE conversation_id = ?1", &[&id])?;
    run("DELETE FROM early_amendment WHERE conversation_id = ?1", &[&id])?;
    // What comes from now on is unread wherever its place is.
    run(
        "UPDATE conversation SET deleted_up_to = max(ifnull(deleted_up_to, ?2), ?2), read_position = 0, read_id = 0,
            peer_read_position = 0, peer_read_id = 0, told_position = 0, told_id = 0 WHERE id = ?1",
        &[&id, &up_to],
    )?;
    Ok(deleted)
}

/// Whether a message that is not here was deleted here. `stamp` is the archive's, for one that comes from there.
pub fn is_deleted(
    connection: &Connection,
    id: ConversationId,
    stamp: Option<Timestamp>,
    archive_id: Option<&ArchiveId>,
    origin_id: Option<&OriginId>,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT deleted_up_to FROM conversation WHERE id = ?1")?;
    let up_to: Option<Timestamp> = statement.query_row([id], |row| row.get(0)).optional()?.flatten();
    if stamp.zip(up_to).is_some_and(|(stamp, up_to)| stamp <= up_to) {
        return Ok(true);
    }
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM deleted_message WHERE conversation_id = ?1 AND (kind, id) IN ((0, ?2), (1, ?3)))",
    )?;
    let archive_id = archive_id.map(|archive| archive.id.as_str());
    Ok(statement.query_row(params![id, archive_id, origin_id], |row| row.get(0))?)
}

/// The index of words keeps a deleted message's until its parts are joined: one step of that. Returns whether there is more to
/// do (<https://sqlite.org/fts5.html#the_merge_command>).
pub fn tidy_index(connection: &Connection, is_first: bool) -> Result<bool, StoreError> {
    let before = connection.total_changes();
    let pages = if is_first { -INDEX_STEP } else { INDEX_STEP };
    overwriting(connection, || {
        let mut statement =
            connection.prepare_cached("INSERT INTO message_search (message_search, rank) VALUES ('merge', ?1)")?;
        Ok(statement.execute([pages])?)
    })?;
    Ok(connection.total_changes().saturating_sub(before) >= 2)
}
