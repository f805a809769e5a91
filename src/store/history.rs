//! Messages by the page, for a history that shows a window over a long conversation.

use rusqlite::{Connection, params};

use super::{
    StoreError,
    message::{self, COLUMNS, MessageRow},
};
use crate::ids::{ConversationId, Cursor, MessageId};

/// Which part of a conversation to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Newest,
    Before(Cursor),
    After(Cursor),
    /// The message itself and about half a page on either side.
    Around(MessageId),
}

/// Messages that follow each other without a gap, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub messages: Vec<MessageRow>,
    pub has_older: bool,
    pub has_newer: bool,
}

/// Past every message there is.
const END: Cursor = Cursor { position: i64::MAX, id: MessageId(i64::MAX) };

/// At most `limit` messages, and at least one where there is one.
///
/// # Errors
/// `NotFound` when the message to load around is not in this conversation.
pub fn page(
    connection: &Connection,
    conversation: ConversationId,
    anchor: Anchor,
    limit: usize,
) -> Result<Page, StoreError> {
    let limit = limit.max(1);
    match anchor {
        Anchor::Newest => {
            let (messages, has_older) = before(connection, conversation, END, limit)?;
            Ok(Page { messages, has_older, has_newer: false })
        }
        Anchor::Before(cursor) => {
            let (messages, has_older) = before(connection, conversation, cursor, limit)?;
            // The anchor itself is newer, unless it was discarded meanwhile.
            let has_newer = exists(connection, FROM, conversation, cursor)?;
            Ok(Page { messages, has_older, has_newer })
        }
        Anchor::After(cursor) => {
            let (messages, has_newer) = after(connection, conversation, cursor, limit)?;
            let has_older = exists(connection, UP_TO, conversation, cursor)?;
            Ok(Page { messages, has_older, has_newer })
        }
        Anchor::Around(id) => around(connection, conversation, id, limit),
    }
}

fn around(
    connection: &Connection,
    conversation: ConversationId,
    id: MessageId,
    limit: usize,
) -> Result<Page, StoreError> {
    let target = message::by_id(connection, id)?;
    if target.conversation != conversation {
        return Err(StoreError::NotFound);
    }
    let cursor = target.cursor;
    let others = limit - 1;
    // Near an end, the other side makes up for what is missing.
    let (mut newer, mut has_newer) = after(connection, conversation, cursor, others)?;
    let wanted = others - newer.len().min(others / 2);
    let (mut messages, has_older) = before(connection, conversation, cursor, wanted)?;
    let room = others - messages.len();
    has_newer |= newer.len() > room;
    newer.truncate(room);
    messages.push(target);
    messages.append(&mut newer);
    Ok(Page { messages, has_older, has_newer })
}

/// The messages before `cursor`, oldest first, and whether there are more.
fn before(
    connection: &Connection,
    conversation: ConversationId,
    cursor: Cursor,
    limit: usize,
) -> Result<(Vec<MessageRow>, bool), StoreError> {
    let (mut messages, has_more) = collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message AS m WHERE m.conversation_id = ?1 AND (m.position, m.id) < (?2, ?3)
             ORDER BY m.position DESC, m.id DESC LIMIT ?4"
        ),
        conversation,
        cursor,
        limit,
    )?;
    messages.reverse();
    Ok((messages, has_more))
}

/// The messages after `cursor`, oldest first, and whether there are more.
fn after(
    connection: &Connection,
    conversation: ConversationId,
    cursor: Cursor,
    limit: usize,
) -> Result<(Vec<MessageRow>, bool), StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message AS m WHERE m.conversation_id = ?1 AND (m.position, m.id) > (?2, ?3)
             ORDER BY m.position, m.id LIMIT ?4"
        ),
        conversation,
        cursor,
        limit,
    )
}

/// One row more than asked for tells whether there are more.
fn collect(
    connection: &Connection,
    sql: &str,
    conversation: ConversationId,
    cursor: Cursor,
    limit: usize,
) -> Result<(Vec<MessageRow>, bool), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows = statement.query_map(params![conversation, cursor.position, cursor.id, more], message::from_row)?;
    let mut messages = rows.collect::<Result<Vec<_>, _>>()?;
    let has_more = messages.len() > limit;
    messages.truncate(limit);
    Ok((messages, has_more))
}

const FROM: &str = "SELECT EXISTS (SELECT 1 FROM message WHERE conversation_id = ?1 AND (position, id) >= (?2, ?3))";
const UP_TO: &str = "SELECT EXISTS (SELECT 1 FROM message WHERE conversation_id = ?1 AND (position, id) <= (?2, ?3))";

fn exists(
    connection: &Connection,
    sql: &str,
    conversation: ConversationId,
    cursor: Cursor,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![conversation, cursor.position, cursor.id], |row| row.get(0))?)
}
