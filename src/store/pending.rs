//! Messages that the server has not taken over: what is to be sent, what may have been, and what becomes of what failed.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    MessageState, StoreError,
    amendment::is_retracted,
    column::address,
    conversation::newest_cursor,
    deletion,
    message::{COLUMNS, MessageRow, UNITS, advance, by_id, change_state, from_row, position_of},
};
use crate::ids::{AccountId, BareJid, ConversationId, MessageId, Timestamp};

/// A message that the server has not taken over, and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMessage {
    pub message: MessageRow,
    pub peer: BareJid,
}

/// A message that failed waits again, in its old place; `None` when it had not failed, or was taken back. That it did not arrive is
/// known, but an archive may have it all the same.
pub fn retry(connection: &Connection, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    if is_retracted(connection, id)? {
        return Ok(None);
    }
    let row = change_state(connection, id, MessageState::Waiting, |old| matches!(old, MessageState::Failed(_)))?;
    if row.is_some() {
        connection
            .prepare_cached("UPDATE message SET is_attempted = 0, is_retried = 1 WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(row)
}

/// Our own archive has a message that waited, so the server does; the changed row, or `None`. Of one that failed before it may be
/// that what the archive has is what failed: whether the server has it now is for the session to say.
pub fn found(connection: &Connection, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT is_retried FROM message WHERE id = ?1")?;
    if statement.query_row([id], |row| row.get(0))? {
        return Ok(None);
    }
    advance(connection, id, MessageState::Sent)
}

/// Deletes a message that failed; the row it was, or `None` when it had not failed. Our own archive may have it all the same.
pub fn discard(connection: &Connection, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    let row = by_id(connection, id)?;
    if !matches!(row.state, MessageState::Failed(_)) {
        return Ok(None);
    }
    deletion::delete_message(connection, id).map(Some)
}

/// What an account has still to send, in the order in which it was written.
pub fn of_account(connection: &Connection, account: AccountId) -> Result<Vec<PendingMessage>, StoreError> {
    let mut statement = connection.prepare_cached(&pending_sql("c.account_id = ?1"))?;
    let rows = statement.query_map([account], pending_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same of one conversation.
pub fn of_conversation(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Vec<PendingMessage>, StoreError> {
    let mut statement = connection.prepare_cached(&pending_sql("c.id = ?1"))?;
    let rows = statement.query_map([conversation], pending_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn pending_row(row: &Row<'_>) -> rusqlite::Result<PendingMessage> {
    Ok(PendingMessage { message: from_row(row)?, peer: address(row, 13)? })
}

fn pending_sql(condition: &str) -> String {
    // 1 is `Waiting`; as a literal, so that the index of waiting messages serves. The cross join keeps that index outermost:
    // left to itself, SQLite begins with the account's conversations and reads every message of each.
    // A file that has still to be uploaded is not waiting for the session, nor is what can be taken back and what follows it. Of
    // what was taken back nothing is left to be sent.
    format!(
        "SELECT {COLUMNS}, c.peer FROM message AS m CROSS JOIN conversation AS c ON c.id = m.conversation_id
         WHERE m.state = 1 AND {condition}
            AND NOT EXISTS (SELECT 1 FROM attachment AS a WHERE a.message_id = m.id AND a.url IS NULL)
            AND NOT EXISTS (SELECT 1 FROM held_message AS h JOIN message AS e ON e.id = h.message_id
                WHERE e.conversation_id = m.conversation_id AND e.id <= m.id)
            AND NOT EXISTS (SELECT 1 FROM retraction AS r WHERE r.message_id = m.id)
         ORDER BY m.id"
    )
}

/// Notes that a session is about to be given a message: from now on it may have been sent, and after all of ours that were sent
/// before, wherever it stands.
pub fn leave(connection: &Connection, row: &MessageRow, now: Timestamp) -> Result<(), StoreError> {
    let MessageRow { cursor, conversation, .. } = row;
    set_attempted(connection, cursor.id, true)?;
    let late: Option<i64> = connection
        .prepare_cached(
            "SELECT sent_position FROM message WHERE conversation_id = ?1 AND sent_position IS NOT NULL AND id != ?2
             ORDER BY sent_position DESC LIMIT 1",
        )?
        .query_row(params![conversation, cursor.id], |row| row.get(0))
        .optional()?;
    let newest = newest_cursor(connection, *conversation)?.filter(|newest| newest.id != cursor.id);
    let before = late.max(newest.map(|newest| newest.position));
    let place = before.map_or(0, |before| before.saturating_add(UNITS)).max(position_of(now));
    connection
        .prepare_cached("UPDATE message SET sent_position = iif(?2 > position, ?2, NULL) WHERE id = ?1")?
        .execute(params![cursor.id, place])?;
    Ok(())
}

/// Notes that a session may have sent a message, or that it is certain that none has.
pub fn set_attempted(connection: &Connection, id: MessageId, is_attempted: bool) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE message SET is_attempted = ?2 WHERE id = ?1")?
        .execute(params![id, is_attempted])?;
    Ok(())
}

/// Whether a session may have sent a message.
pub fn is_attempted(connection: &Connection, id: MessageId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT is_attempted FROM message WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0))?)
}

/// What an account has still to send and may have sent already, in the order in which it was written; only what the archive can
/// tell of.
pub fn doubtful(connection: &Connection, account: AccountId) -> Result<Vec<PendingMessage>, StoreError> {
    let mut statement =
        connection.prepare_cached(&pending_sql("c.account_id = ?1 AND m.is_attempted = 1 AND m.is_retried = 0"))?;
    let rows = statement.query_map([account], pending_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_found_without_a_look_at_all_that_was_ever_sent() {
        let connection = super::super::database::in_memory();
        let mut statement =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {}", pending_sql("c.account_id = ?1"))).unwrap();
        let rows = statement.query_map([1], |row| row.get::<_, String>(3)).unwrap();
        let plan = rows.collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(plan[0], "SCAN m USING INDEX message_waiting", "{plan:?}");
    }
}
