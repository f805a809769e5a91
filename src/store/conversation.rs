//! Conversations: an account and the address it talks with, how the person has set them, and how far they have read.
//!
//! The last message and the number of unread ones are not columns: two indices answer both (`benches/store.rs` measures it).

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{MessageState, StoreError, column::address};
use crate::{
    ids::{AccountId, BareJid, ConversationId, Cursor, MessageId, Timestamp},
    text_format::TextFormat,
};

/// How many characters of a message stand in a list.
pub const PREVIEW_LENGTH: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the person's for itself")]
pub struct ConversationRow {
    pub id: ConversationId,
    pub account: AccountId,
    pub peer: BareJid,
    pub is_listed: bool,
    pub is_muted: bool,
    /// When that ends by itself.
    pub muted_until: Option<Timestamp>,
    /// Shown without sound and pop-up.
    pub is_silent: bool,
    /// It stands in a list of its own.
    pub is_archived: bool,
    pub is_pinned: bool,
    pub draft: Option<String>,
    pub draft_format: TextFormat,
    /// What one writes in there, as dictionaries name it (`en_US`); none where it is the desktop's.
    pub language: Option<String>,
    /// The list's order, newest first.
    pub active_at: Timestamp,
    /// Everything up to here has been read.
    pub read: Cursor,
    /// The other side has read what was sent up to here ([`sent_place`](super::read_state::sent_place)).
    pub peer_read: Cursor,
    pub unread: u32,
    pub last: Option<LastMessage>,
}

/// The newest message of a conversation, for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessage {
    pub cursor: Cursor,
    pub time: Timestamp,
    pub is_outgoing: bool,
    pub state: MessageState,
    /// What [`preview`] makes of the body, or of what is said beside a file; of a covered text, what may be read of it.
    pub text: String,
    pub is_spoiler: bool,
    pub file: Option<LastFile>,
}

/// The file that the newest message shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFile {
    pub name: String,
    pub media_type: String,
}

/// What [`mark_read`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    pub up_to: Cursor,
    pub unread: u32,
    /// False when this much had been read already.
    pub has_moved: bool,
}

// The body is cut here, so that a start does not carry long texts about.
const SELECT: &str = "
    SELECT c.id, c.account_id, c.peer, c.is_listed, c.is_muted, c.is_pinned, c.draft, c.active_at, c.read_position, c.read_id,
        (SELECT count(*) FROM message AS i WHERE i.conversation_id = c.id AND i.is_outgoing = 0
            AND (i.position, i.id) > (c.read_position, c.read_id)),
        l.id, l.position, l.time, l.is_outgoing, l.state, substr(ifnull(f.caption, l.body), 1, 200), c.peer_read_position, c.peer_read_id,
        f.name, f.media_type, c.muted_until, c.is_silent, c.is_archived, c.draft_format, l.format, c.language
    FROM conversation AS c LEFT JOIN message AS l ON l.id =
        (SELECT n.id FROM message AS n WHERE n.conversation_id = c.id ORDER BY n.position DESC, n.id DESC LIMIT 1)
        LEFT JOIN attachment AS f ON f.message_id = l.id";

/// All conversations of an account, also those that are not in the list.
pub fn all(connection: &Connection, account: AccountId) -> Result<Vec<ConversationRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE c.account_id = ?1 ORDER BY c.id"))?;
    let rows = statement.query_map([account], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// # Errors
/// `NotFound`.
pub fn by_id(connection: &Connection, id: ConversationId) -> Result<ConversationRow, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE c.id = ?1"))?;
    Ok(statement.query_row([id], from_row)?)
}

pub fn find(connection: &Connection, account: AccountId, peer: &BareJid) -> Result<Option<ConversationId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM conversation WHERE account_id = ?1 AND peer = ?2")?;
    Ok(statement.query_row(params![account, peer.as_str()], |row| row.get(0)).optional()?)
}

/// A conversation that is new is not in the list yet: [`touch`] or [`list`] puts it there.
pub fn find_or_create(
    connection: &Connection,
    account: AccountId,
    peer: &BareJid,
    now: Timestamp,
) -> Result<ConversationId, StoreError> {
    if let Some(id) = find(connection, account, peer)? {
        return Ok(id);
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO conversation (account_id, peer, is_listed, active_at) VALUES (?1, ?2, 0, ?3) RETURNING id",
    )?;
    Ok(statement.query_row(params![account, peer.as_str(), now], |row| row.get(0))?)
}

/// Messages came, the newest of this time: puts the conversation into the list, not further down than it is. Once per batch is
/// enough. What is new brings it back from the archived ones, unless it is muted; times do not tell what is, for clocks differ.
pub fn touch(connection: &Connection, id: ConversationId, time: Timestamp, is_new: bool) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE conversation SET is_listed = 1, is_archived = iif(?3 AND NOT is_muted, 0, is_archived),
            active_at = max(active_at, ?2) WHERE id = ?1",
    )?;
    found(statement.execute(params![id, time, is_new])?)
}

/// The person opened it: puts it into the list, on top if it was not in it.
pub fn list(connection: &Connection, id: ConversationId, now: Timestamp) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE conversation SET active_at = iif(is_listed, active_at, max(active_at, ?2)), is_listed = 1 WHERE id = ?1",
    )?;
    found(statement.execute(params![id, now])?)
}

/// Takes it out of the list; its history stays.
pub fn unlist(connection: &Connection, id: ConversationId) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE conversation SET is_listed = 0 WHERE id = ?1")?;
    found(statement.execute([id])?)
}

/// An empty draft is none.
pub fn set_draft(
    connection: &Connection,
    id: ConversationId,
    text: &str,
    format: &TextFormat,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE conversation SET draft = nullif(?2, ''), draft_format = iif(?2 = '', NULL, ?3) WHERE id = ?1",
    )?;
    found(statement.execute(params![id, text, format])?)
}

/// None: the desktop's.
pub fn set_language(connection: &Connection, id: ConversationId, language: Option<&str>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE conversation SET language = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, language])?)
}

/// `until`: when a mute ends by itself.
pub fn set_muted(
    connection: &Connection,
    id: ConversationId,
    is_muted: bool,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("UPDATE conversation SET is_muted = ?2, muted_until = ?3 WHERE id = ?1")?;
    found(statement.execute(params![id, is_muted, until.filter(|_| is_muted)])?)
}

/// Ends each mute whose time has come; whose they were.
pub fn end_mutes(connection: &Connection, now: Timestamp) -> Result<Vec<ConversationId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE conversation SET is_muted = 0, muted_until = NULL WHERE muted_until <= ?1 RETURNING id",
    )?;
    let rows = statement.query_map([now], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn set_silent(connection: &Connection, id: ConversationId, is_silent: bool) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE conversation SET is_silent = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, is_silent])?)
}

pub fn set_archived(connection: &Connection, id: ConversationId, is_archived: bool) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE conversation SET is_archived = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, is_archived])?)
}

pub fn set_pinned(connection: &Connection, id: ConversationId, is_pinned: bool) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE conversation SET is_pinned = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, is_pinned])?)
}

/// The newest message has gone, or stands farther up now: no mark stays where nothing is, or what comes there would count as
/// read.
pub(super) fn hold_marks(connection: &Connection, id: ConversationId) -> Result<(), StoreError> {
    let newest = newest_cursor(connection, id)?.unwrap_or(Cursor { position: 0, id: MessageId(0) });
    for sql in [
        "UPDATE conversation SET read_position = ?2, read_id = ?3 WHERE id = ?1 AND (read_position, read_id) > (?2, ?3)",
        "UPDATE conversation SET peer_read_position = ?2, peer_read_id = ?3
            WHERE id = ?1 AND (peer_read_position, peer_read_id) > (?2, ?3) AND NOT EXISTS (SELECT 1 FROM message AS m
                WHERE m.conversation_id = ?1 AND m.sent_position >= peer_read_position)",
        "UPDATE conversation SET told_position = ?2, told_id = ?3 WHERE id = ?1 AND (told_position, told_id) > (?2, ?3)",
    ] {
        connection.prepare_cached(sql)?.execute(params![id, newest.position, newest.id])?;
    }
    Ok(())
}

/// The person has seen all that stands here up to `up_to`. Where what stands there is their own, the mark is put where the other side
/// wrote last: what an archive has still to bring may come to stand between.
///
/// # Errors
/// `NotFound` where there is no such conversation.
pub fn mark_seen(connection: &Connection, id: ConversationId, up_to: Cursor) -> Result<ReadMark, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id FROM message WHERE conversation_id = ?1 AND is_outgoing = 0 AND (position, id) <= (?2, ?3)
         ORDER BY position DESC, id DESC LIMIT 1",
    )?;
    let last = statement.query_row(params![id, up_to.position, up_to.id], cursor).optional()?;
    mark_read(connection, id, last.unwrap_or(Cursor { position: 0, id: MessageId(0) }))
}

/// Everything up to `up_to` has been read, also what may come to stand there later. The mark never moves back, nor past the newest
/// message, so that what comes later is unread.
///
/// # Errors
/// `NotFound` where there is no such conversation.
pub fn mark_read(connection: &Connection, id: ConversationId, up_to: Cursor) -> Result<ReadMark, StoreError> {
    let newest = newest_cursor(connection, id)?;
    let up_to = newest.map_or(Cursor { position: 0, id: MessageId(0) }, |newest| up_to.min(newest));
    let mut statement = connection.prepare_cached(
        "UPDATE conversation SET read_position = ?2, read_id = ?3
         WHERE id = ?1 AND (read_position, read_id) < (?2, ?3)",
    )?;
    let has_moved = statement.execute(params![id, up_to.position, up_to.id])? > 0;
    let mut statement = connection.prepare_cached(
        "SELECT read_position, read_id,
            (SELECT count(*) FROM message AS i WHERE i.conversation_id = c.id AND i.is_outgoing = 0
                AND (i.position, i.id) > (c.read_position, c.read_id))
         FROM conversation AS c WHERE id = ?1",
    )?;
    Ok(statement.query_row([id], |row| {
        let up_to = Cursor { position: row.get(0)?, id: row.get(1)? };
        Ok(ReadMark { up_to, unread: row.get(2)?, has_moved })
    })?)
}

/// How far a conversation has been read.
///
/// # Errors
/// `NotFound`.
pub fn read_up_to(connection: &Connection, id: ConversationId) -> Result<Cursor, StoreError> {
    let mut statement = connection.prepare_cached("SELECT read_position, read_id FROM conversation WHERE id = ?1")?;
    Ok(statement.query_row([id], cursor)?)
}

/// The place of the last message.
pub fn newest_cursor(connection: &Connection, conversation: ConversationId) -> Result<Option<Cursor>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id FROM message WHERE conversation_id = ?1 ORDER BY position DESC, id DESC LIMIT 1",
    )?;
    Ok(statement.query_row([conversation], cursor).optional()?)
}

/// Of the first columns.
fn cursor(row: &Row<'_>) -> rusqlite::Result<Cursor> {
    Ok(Cursor { position: row.get(0)?, id: row.get(1)? })
}

/// The first characters of a text on one line.
#[must_use]
pub fn preview(body: &str) -> String {
    let mut text = String::with_capacity(body.len().min(PREVIEW_LENGTH));
    let mut lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut left = PREVIEW_LENGTH;
    text.extend(lines.next().into_iter().flat_map(str::chars).take(left));
    for line in lines {
        left = PREVIEW_LENGTH.saturating_sub(text.chars().count());
        if left == 0 {
            break;
        }
        text.push(' ');
        text.extend(line.chars().take(left - 1));
    }
    text
}

fn found(changed: usize) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    let TextFormat { spoiler, .. } = row.get(25)?;
    let last = match row.get::<_, Option<MessageId>>(11)? {
        Some(id) => Some(LastMessage {
            cursor: Cursor { position: row.get(12)?, id },
            time: row.get(13)?,
            is_outgoing: row.get(14)?,
            state: row.get(15)?,
            text: match &spoiler {
                Some(hint) => preview(hint),
                None => preview(row.get_ref(16)?.as_str()?),
            },
            is_spoiler: spoiler.is_some(),
            file: match (row.get(19)?, row.get(20)?) {
                (Some(name), Some(media_type)) if spoiler.is_none() => Some(LastFile { name, media_type }),
                _ => None,
            },
        }),
        None => None,
    };
    Ok(ConversationRow {
        id: row.get(0)?,
        account: row.get(1)?,
        peer: address(row, 2)?,
        is_listed: row.get(3)?,
        is_muted: row.get(4)?,
        muted_until: row.get(21)?,
        is_silent: row.get(22)?,
        is_archived: row.get(23)?,
        is_pinned: row.get(5)?,
        draft: row.get(6)?,
        draft_format: row.get(24)?,
        language: row.get(26)?,
        active_at: row.get(7)?,
        read: Cursor { position: row.get(8)?, id: row.get(9)? },
        peer_read: Cursor { position: row.get(17)?, id: row.get(18)? },
        unread: row.get(10)?,
        last,
    })
}
