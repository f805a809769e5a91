//! What is said of messages that are not here yet: that they were delivered or read. An archive is read backwards, so that it has the
//! answer before what is answered, and what another device has read may be told before it is here.

use rusqlite::{Connection, params};

use super::{
    StoreError,
    message::{Direction, MessageRow},
};
use crate::ids::{ConversationId, Timestamp};

/// So much of each direction waits in a conversation; the oldest goes first.
const MAX_EARLY: i64 = 1_000;
/// What has not come by then never will.
const MAX_AGE_MS: i64 = 30 * 86_400_000;

/// Something that is said of a message that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyAnswer {
    pub conversation: ConversationId,
    /// Of one of ours it is said by the other side, of one of theirs by ourselves.
    pub direction: Direction,
    /// What its author calls the message.
    pub named: String,
    /// It was read, not only delivered.
    pub is_read: bool,
    /// What came after this is another message of the same name: names of others' need not be unique.
    pub said_at: Timestamp,
}

/// Keeps what is said of a message that may still come.
pub fn keep(connection: &Connection, answer: &EarlyAnswer, now: Timestamp) -> Result<(), StoreError> {
    let EarlyAnswer { conversation, direction, named, is_read, said_at } = answer;
    connection
        .prepare_cached(
            "INSERT INTO early_answer (conversation_id, is_outgoing, named, is_read, said_at, noted_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET is_read = max(is_read, excluded.is_read), said_at = max(said_at, excluded.said_at)",
        )?
        .execute(params![conversation, direction, named, is_read, said_at, now])?;
    connection
        .prepare_cached("DELETE FROM early_answer WHERE noted_at < ?1")?
        .execute([now.0.saturating_sub(MAX_AGE_MS)])?;
    connection
        .prepare_cached(
            "DELETE FROM early_answer WHERE conversation_id = ?1 AND is_outgoing = ?2 AND id <= (SELECT id FROM early_answer
                WHERE conversation_id = ?1 AND is_outgoing = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute(params![conversation, direction, MAX_EARLY])?;
    Ok(())
}

/// Takes what was said of a message before it was here: whether it was read, or only delivered.
pub fn take(connection: &Connection, row: &MessageRow) -> Result<Option<bool>, StoreError> {
    let (direction, stanza_id) =
        if row.is_outgoing() { (Direction::Outgoing, None) } else { (Direction::Incoming, row.stanza_id.as_ref()) };
    let mut statement = connection.prepare_cached(
        "DELETE FROM early_answer WHERE conversation_id = ?1 AND is_outgoing = ?2 AND named IN (?3, ?4)
            AND (?2 OR said_at >= ?5)
         RETURNING is_read",
    )?;
    let values = params![row.conversation, direction, row.origin_id, stanza_id, row.time];
    let found = statement.query_map(values, |row| row.get(0))?.collect::<Result<Vec<bool>, _>>()?;
    Ok((!found.is_empty()).then(|| found.contains(&true)))
}
