//! Messages of ours that can still be taken back: none goes out before its time, and none of its conversation overtakes it.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::ids::{ConversationId, MessageId, Timestamp};

/// Holds a message back until then.
pub fn hold(connection: &Connection, message: MessageId, until: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO held_message (message_id, until) VALUES (?1, ?2)")?
        .execute(params![message, until])?;
    Ok(())
}

/// Lets a message go. False: it was not held.
pub fn release(connection: &Connection, message: MessageId) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM held_message WHERE message_id = ?1")?.execute([message])? > 0)
}

/// Lets all of them go.
pub fn release_all(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM held_message")?.execute([])?;
    Ok(())
}

/// Whether a message can be taken back.
pub fn is_held(connection: &Connection, message: MessageId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM held_message WHERE message_id = ?1")?;
    Ok(statement.query_row([message], |_| Ok(())).optional()?.is_some())
}

/// Whether a message has to stay here: it is held itself, or one that was written before it in its conversation is.
pub fn is_behind(connection: &Connection, conversation: ConversationId, id: MessageId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM held_message AS h JOIN message AS e ON e.id = h.message_id
            WHERE e.conversation_id = ?1 AND e.id <= ?2)",
    )?;
    Ok(statement.query_row(params![conversation, id], |row| row.get(0))?)
}
