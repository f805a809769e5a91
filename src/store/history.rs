//! Messages by the page, for a history that shows a window over a long conversation.

use rusqlite::{Connection, OptionalExtension, Params, params};

use super::{
    StoreError, conversation,
    message::{self, COLUMNS, MessageRow},
};
use crate::ids::{ConversationId, Cursor, MessageId, Timestamp};

/// Which part of a conversation to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Newest,
    Oldest,
    Before(Cursor),
    After(Cursor),
    /// The message itself and about half a page on either side.
    Around(MessageId),
    /// Around the first message of this time or later; the newest where there is none.
    At(Timestamp),
    /// Around the first received message that has not been read; the newest where all have been.
    Unread,
}

/// Messages that follow each other without a gap, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub messages: Vec<MessageRow>,
    /// The one of them that was looked for.
    pub target: Option<Cursor>,
    pub has_older: bool,
    pub has_newer: bool,
}

/// Before and past every message there is.
const START: Cursor = Cursor { position: -1, id: MessageId(0) };
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
    let newest = || {
        let (messages, has_older) = before(connection, conversation, END, limit)?;
        Ok(Page { messages, target: None, has_older, has_newer: false })
    };
    let around_or_newest = |target: Option<MessageRow>| match target {
        Some(target) => around(connection, conversation, target, limit),
        None => newest(),
    };
    match anchor {
        Anchor::Newest => newest(),
        Anchor::Oldest => {
            let (messages, has_newer) = after(connection, conversation, START, limit)?;
            Ok(Page { messages, target: None, has_older: false, has_newer })
        }
        Anchor::Before(cursor) => {
            let (messages, has_older) = before(connection, conversation, cursor, limit)?;
            // The anchor itself is newer, unless it was discarded meanwhile.
            let has_newer = exists(connection, FROM, conversation, cursor)?;
            Ok(Page { messages, target: None, has_older, has_newer })
        }
        Anchor::After(cursor) => {
            let (messages, has_newer) = after(connection, conversation, cursor, limit)?;
            let has_older = exists(connection, UP_TO, conversation, cursor)?;
            Ok(Page { messages, target: None, has_older, has_newer })
        }
        Anchor::Around(id) => {
            let target = message::by_id(connection, id)?;
            if target.conversation != conversation {
                return Err(StoreError::NotFound);
            }
            around(connection, conversation, target, limit)
        }
        Anchor::At(time) => around_or_newest(first_at(connection, conversation, time)?),
        Anchor::Unread => around_or_newest(first_unread(connection, conversation)?),
    }
}

/// How many messages a conversation has.
pub fn count(connection: &Connection, conversation: ConversationId) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM message WHERE conversation_id = ?1")?;
    let count: i64 = statement.query_row([conversation], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The places of all messages from one to another, both included where they exist.
pub fn places(
    connection: &Connection,
    conversation: ConversationId,
    from: Cursor,
    to: Cursor,
) -> Result<Vec<Cursor>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id FROM message WHERE conversation_id = ?1 AND (position, id) >= (?2, ?3)
            AND (position, id) <= (?4, ?5) ORDER BY position, id",
    )?;
    let rows = statement.query_map(params![conversation, from.position, from.id, to.position, to.id], |row| {
        Ok(Cursor { position: row.get(0)?, id: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A message that was long on its way stands where it arrived, among later ones: it does not begin a day of its own.
fn first_at(
    connection: &Connection,
    conversation: ConversationId,
    time: Timestamp,
) -> Result<Option<MessageRow>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message AS m WHERE m.conversation_id = ?1 AND m.position >= ?2 AND m.time >= ?3
             ORDER BY m.position, m.id LIMIT 1"
        ),
        params![conversation, message::position_of(time), time],
    )
}

fn first_unread(connection: &Connection, conversation: ConversationId) -> Result<Option<MessageRow>, StoreError> {
    let read = conversation::read_up_to(connection, conversation)?;
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message AS m WHERE m.conversation_id = ?1 AND m.is_outgoing = 0
                AND (m.position, m.id) > (?2, ?3) ORDER BY m.position, m.id LIMIT 1"
        ),
        params![conversation, read.position, read.id],
    )
}

fn first(connection: &Connection, sql: &str, params: impl Params) -> Result<Option<MessageRow>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, message::from_row).optional()?)
}

fn around(
    connection: &Connection,
    conversation: ConversationId,
    target: MessageRow,
    limit: usize,
) -> Result<Page, StoreError> {
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
    Ok(Page { messages, target: Some(cursor), has_older, has_newer })
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
