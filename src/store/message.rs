//! Messages: storing them once, and what becomes of them. Reading them by the page is `history`'s; what waits to be sent is
//! `pending`'s.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    MessageState, StoreError,
    column::{address, checked_integer},
    conversation,
};
use crate::{
    ids::{BareJid, ConversationId, Cursor, MessageId, OriginId, Timestamp},
    text_format::TextFormat,
};

/// Units of a position in a millisecond: room for messages that must stand between two of the same time.
pub(super) const UNITS: i64 = 1_024;

/// Where a new message stands in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After all others, and nearest to its time: whatever arrives now, also what waited at the server. Its time may lie
    /// before that of messages that have been read, and it must be seen all the same.
    Last,
    /// Where its time belongs: history that is filled in later.
    ByTime,
    /// Here, whatever its time.
    At(i64),
}

/// Whether we or the other side wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Incoming,
    Outgoing,
}

checked_integer!(Direction {
    0 => [Direction::Incoming],
    1 => [Direction::Outgoing],
});

/// The id that an archive gave a message (XEP-0359 §3.1). Only to be stored when the archive is one that the account trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveId {
    pub by: BareJid,
    pub id: String,
}

/// A message that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub conversation: ConversationId,
    pub place: Place,
    pub sender: BareJid,
    pub body: String,
    pub format: TextFormat,
    /// As it is shown.
    pub time: Timestamp,
    /// `Received` says that it is incoming; all others, that it is our own.
    pub state: MessageState,
    pub origin_id: Option<OriginId>,
    /// The stanza's `id`.
    pub stanza_id: Option<String>,
    pub archive_id: Option<ArchiveId>,
    /// The sender asks for a receipt (XEP-0184), or we did.
    pub wants_receipt: bool,
    /// The sender wants to know when it has been seen (XEP-0333), or we did.
    pub is_markable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub cursor: Cursor,
    pub conversation: ConversationId,
    pub sender: BareJid,
    pub body: String,
    pub format: TextFormat,
    pub time: Timestamp,
    pub state: MessageState,
    pub origin_id: Option<OriginId>,
    pub stanza_id: Option<String>,
    pub archive_id: Option<ArchiveId>,
    pub wants_receipt: bool,
}

impl MessageRow {
    pub fn is_outgoing(&self) -> bool {
        self.state != MessageState::Received
    }

    /// What others call it by, to say something of it (XEP-0308 §3, XEP-0444 §4, XEP-0461 §4).
    pub fn public_id(&self) -> Option<&str> {
        self.stanza_id.as_deref().or(self.origin_id.as_ref().map(|id| id.0.as_str()))
    }
}

pub(super) const COLUMNS: &str = "m.id, m.position, m.conversation_id, m.sender, m.time, m.state, m.wants_receipt, m.origin_id, \
                                  m.stanza_id, m.archive, m.archive_id, m.body, m.format";

/// The position of a time. Times before 1970 and beyond the year 280,000 do not exist here.
#[must_use]
pub fn position_of(time: Timestamp) -> i64 {
    time.0.max(0).saturating_mul(UNITS)
}

/// The position of something of this time that must stand after all that the conversation holds.
pub fn position_after_all(
    connection: &Connection,
    conversation: ConversationId,
    time: Timestamp,
) -> Result<i64, StoreError> {
    let newest = conversation::newest_cursor(connection, conversation)?;
    Ok(newest.map_or(0, |cursor| cursor.position.saturating_add(UNITS)).max(position_of(time)))
}

/// What an archive calls the newest messages that came from the other side, the newest first.
pub fn newest_received_ids(
    connection: &Connection,
    conversation: ConversationId,
    limit: usize,
) -> Result<Vec<ArchiveId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT archive, archive_id FROM message WHERE conversation_id = ?1 AND is_outgoing = 0 AND archive_id IS NOT NULL
         ORDER BY position DESC, id DESC LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement
        .query_map(params![conversation, limit], |row| Ok(ArchiveId { by: address(row, 0)?, id: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores a message; `None` when it is there already, by its archive's id or by the sender's own id.
///
/// The conversation's place in the list is `conversation::touch`'s.
pub fn insert(connection: &Connection, new: NewMessage) -> Result<Option<MessageRow>, StoreError> {
    let position = match new.place {
        Place::Last => position_after_all(connection, new.conversation, new.time)?,
        Place::ByTime => position_of(new.time),
        Place::At(position) => position.max(0),
    };
    let direction = if new.state == MessageState::Received { Direction::Incoming } else { Direction::Outgoing };
    let archive = new.archive_id.as_ref();
    let mut statement = connection.prepare_cached(
        "INSERT INTO message (conversation_id, position, sender, is_outgoing, time, state, wants_receipt, origin_id, stanza_id,
            archive, archive_id, body, is_markable, format)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT DO NOTHING",
    )?;
    let inserted = statement.execute(params![
        new.conversation,
        position,
        new.sender.as_str(),
        direction,
        new.time,
        new.state,
        new.wants_receipt,
        new.origin_id,
        new.stanza_id,
        archive.map(|archive| archive.by.as_str()),
        archive.map(|archive| &archive.id),
        new.body,
        new.is_markable,
        new.format,
    ])?;
    Ok((inserted > 0).then(|| MessageRow {
        cursor: Cursor { position, id: MessageId(connection.last_insert_rowid()) },
        conversation: new.conversation,
        sender: new.sender,
        body: new.body,
        format: new.format,
        time: new.time,
        state: new.state,
        origin_id: new.origin_id,
        stanza_id: new.stanza_id,
        archive_id: new.archive_id,
        wants_receipt: new.wants_receipt,
    }))
}

/// # Errors
/// `NotFound`.
pub fn by_id(connection: &Connection, id: MessageId) -> Result<MessageRow, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM message AS m WHERE m.id = ?1"))?;
    Ok(statement.query_row([id], from_row)?)
}

/// The message that `sender` gave this id, in one conversation. An id proves nothing without its sender.
pub fn by_origin(
    connection: &Connection,
    conversation: ConversationId,
    sender: &BareJid,
    origin_id: &OriginId,
) -> Result<Option<MessageRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message AS m WHERE m.conversation_id = ?1 AND m.origin_id = ?2 AND m.sender = ?3"
    ))?;
    Ok(statement.query_row(params![conversation, origin_id, sender.as_str()], from_row).optional()?)
}

/// The newest message of all, by when it came here; 0 where there is none.
pub fn newest_id(connection: &Connection) -> Result<MessageId, StoreError> {
    Ok(connection.prepare_cached("SELECT ifnull(max(id), 0) FROM message")?.query_row([], |row| row.get(0))?)
}

/// The last position of a conversation among what had come here up to `begun_after`; with `only_archived`, of what the other
/// side wrote and an archive has.
pub fn last_before(
    connection: &Connection,
    conversation: ConversationId,
    begun_after: MessageId,
    only_archived: bool,
) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position FROM message WHERE conversation_id = ?1 AND id <= ?2
            AND (NOT ?3 OR is_outgoing = 0 AND archive_id IS NOT NULL)
         ORDER BY position DESC, id DESC LIMIT 1",
    )?;
    let position = statement.query_row(params![conversation, begun_after, only_archived], |row| row.get(0));
    Ok(position.optional()?)
}

/// The first position of a conversation among what has come here after `begun_after`.
pub fn first_after(
    connection: &Connection,
    conversation: ConversationId,
    begun_after: MessageId,
) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position FROM message WHERE conversation_id = ?1 AND id > ?2 ORDER BY position, id LIMIT 1",
    )?;
    Ok(statement.query_row(params![conversation, begun_after], |row| row.get(0)).optional()?)
}

/// What may be the same message as one that is to be stored: of the same id, by whoever gave it, or of the same sender with
/// the same text within `slack_ms`.
pub fn alike(connection: &Connection, new: &NewMessage, slack_ms: i64) -> Result<Vec<MessageRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message AS m WHERE m.conversation_id = ?1 AND m.archive_id = ?2 AND m.archive = ?3
         UNION SELECT {COLUMNS} FROM message AS m
            WHERE m.conversation_id = ?1 AND m.origin_id = ?4 AND m.sender = ?5
         UNION SELECT {COLUMNS} FROM message AS m
            WHERE m.conversation_id = ?1 AND m.archive_id IS NULL AND m.time BETWEEN ?6 AND ?7 AND m.sender = ?5
                AND m.body = ?8
         ORDER BY 2, 1"
    ))?;
    let archive = new.archive_id.as_ref();
    let values = params![
        new.conversation,
        archive.map(|archive| &archive.id),
        archive.map(|archive| archive.by.as_str()),
        new.origin_id,
        new.sender.as_str(),
        new.time.0.saturating_sub(slack_ms),
        new.time.0.saturating_add(slack_ms),
        new.body,
    ];
    let rows = statement.query_map(values, from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes what the archive calls a message that had come without its id. Does nothing where it has one.
pub fn set_archive_id(connection: &Connection, id: MessageId, archive: &ArchiveId) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE OR IGNORE message SET archive = ?2, archive_id = ?3 WHERE id = ?1 AND archive_id IS NULL",
    )?;
    statement.execute(params![id, archive.by.as_str(), archive.id])?;
    Ok(())
}

/// Puts a message in another place of its conversation, where the archive has it under this id; the moved row.
pub fn move_to(
    connection: &Connection,
    id: MessageId,
    position: i64,
    archive: &ArchiveId,
) -> Result<MessageRow, StoreError> {
    connection.prepare_cached("UPDATE message SET position = ?2 WHERE id = ?1")?.execute(params![id, position])?;
    connection
        .prepare_cached("UPDATE OR IGNORE message SET archive = ?2, archive_id = ?3 WHERE id = ?1")?
        .execute(params![id, archive.by.as_str(), archive.id])?;
    let row = by_id(connection, id)?;
    conversation::hold_marks(connection, row.conversation)?;
    Ok(row)
}

/// Gives a message a new state, if it may become that ([`MessageState::may_become`]); the changed row, or `None`.
pub fn advance(connection: &Connection, id: MessageId, state: MessageState) -> Result<Option<MessageRow>, StoreError> {
    change_state(connection, id, state, |old| old.may_become(state))
}

pub(super) fn change_state(
    connection: &Connection,
    id: MessageId,
    state: MessageState,
    is_allowed: impl FnOnce(MessageState) -> bool,
) -> Result<Option<MessageRow>, StoreError> {
    let mut row = by_id(connection, id)?;
    if row.state == MessageState::Received || !is_allowed(row.state) {
        return Ok(None);
    }
    connection.prepare_cached("UPDATE message SET state = ?2 WHERE id = ?1")?.execute(params![id, state])?;
    row.state = state;
    Ok(Some(row))
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let archive_id = match row.get::<_, Option<String>>(10)? {
        Some(id) => Some(ArchiveId { by: address(row, 9)?, id }),
        None => None,
    };
    Ok(MessageRow {
        cursor: Cursor { id: row.get(0)?, position: row.get(1)? },
        conversation: row.get(2)?,
        sender: address(row, 3)?,
        time: row.get(4)?,
        state: row.get(5)?,
        wants_receipt: row.get(6)?,
        origin_id: row.get(7)?,
        stanza_id: row.get(8)?,
        archive_id,
        body: row.get(11)?,
        format: row.get(12)?,
    })
}
