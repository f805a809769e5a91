//! What is said of messages after they were sent: corrections (XEP-0308), reactions (XEP-0444), retractions (XEP-0424).
//!
//! What is stored does not depend on the order in which it comes: of the texts of a message, and of one person's reactions, the
//! newest counts, and nothing comes after a retraction. Who may say what is for the caller to know.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    StoreError,
    column::{address, checked_integer},
    conversation,
    link_preview::{self, LinkPreview},
    message::{self, MessageRow},
};
use crate::{
    ids::{AccountId, AmendmentId, BareJid, ConversationId, MessageId, OriginId, Timestamp},
    text_format::TextFormat,
};

/// So many corrections of one message are kept.
const MAX_REVISIONS: i64 = 50;
/// Ids need not be unique, nor indexed; nobody amends what is farther back by one that is neither.
const LOOKED_THROUGH: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Correction,
    Reactions,
    Retraction,
}

checked_integer!(Kind {
    0 => [Kind::Correction],
    1 => [Kind::Reactions],
    2 => [Kind::Retraction],
});

/// Something that is said of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    pub kind: Kind,
    pub sender: BareJid,
    /// Its own id.
    pub origin_id: String,
    pub time: Timestamp,
    /// The new text, or the emoji with spaces between them.
    pub content: String,
    /// Of a new text.
    pub format: TextFormat,
    /// What is said of links in the new text.
    pub links: Vec<LinkPreview>,
}

/// One of the texts that a message has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub time: Timestamp,
    pub body: String,
    pub format: TextFormat,
    /// It is the text that was written first, before any correction.
    pub is_original: bool,
}

/// In which direction amendments come. Of those that bear the same time, as all do that some archive calls the same second,
/// the last that comes live is the newest; an archive is read backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Onwards,
    /// What came last before it, and so is newer, has this time.
    Backwards {
        before: Option<Timestamp>,
    },
}

impl Order {
    /// The time that counts for what is said to be of `time`: the next one that is free.
    pub(super) fn free(
        self,
        mut time: Timestamp,
        mut is_taken: impl FnMut(Timestamp) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<Timestamp> {
        let step = match self {
            Self::Onwards => 1,
            Self::Backwards { before } => {
                time = before.map_or(time, |before| time.min(Timestamp(before.0.saturating_sub(1))));
                -1
            }
        };
        while is_taken(time)? {
            time.0 = time.0.saturating_add(step);
        }
        Ok(time)
    }

    /// Whether the archive has what is known already before something that is newer by its time here.
    pub(super) fn is_out_of_place(self, known: Timestamp) -> bool {
        matches!(self, Self::Backwards { before: Some(before) } if known >= before)
    }
}

/// An amendment of our own that no server has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAmendment {
    pub id: AmendmentId,
    pub kind: Kind,
    pub origin_id: OriginId,
    pub message: MessageRow,
    pub peer: BareJid,
}

/// The message that somebody calls so, the newest where there are several; of one sender only, or of either side.
pub fn find_target(
    connection: &Connection,
    conversation: ConversationId,
    id: &str,
    sender: Option<&BareJid>,
) -> Result<Option<MessageId>, StoreError> {
    let sender = sender.map(|sender| sender.as_str());
    let by_origin = connection
        .prepare_cached(
            "SELECT id FROM message WHERE conversation_id = ?1 AND origin_id = ?2 AND ifnull(sender = ?3, 1)
             ORDER BY position DESC, id DESC LIMIT 1",
        )?
        .query_row(params![conversation, id, sender], |row| row.get(0))
        .optional()?;
    if by_origin.is_some() {
        return Ok(by_origin);
    }
    let mut statement = connection.prepare_cached(
        "SELECT id FROM (SELECT id, position, stanza_id, sender FROM message WHERE conversation_id = ?1
            ORDER BY position DESC, id DESC LIMIT ?4)
         WHERE stanza_id = ?2 AND ifnull(sender = ?3, 1) ORDER BY position DESC, id DESC LIMIT 1",
    )?;
    Ok(statement.query_row(params![conversation, id, sender, LOOKED_THROUGH], |row| row.get(0)).optional()?)
}

pub fn is_retracted(connection: &Connection, message: MessageId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM retraction WHERE message_id = ?1)")?;
    Ok(statement.query_row([message], |row| row.get(0))?)
}

/// Applies an amendment to its message; whether that changed anything that is shown.
pub fn apply(
    connection: &Connection,
    row: &MessageRow,
    amendment: &Amendment,
    order: Order,
) -> Result<bool, StoreError> {
    let message = row.cursor.id;
    if is_retracted(connection, message)? {
        return Ok(false);
    }
    match amendment.kind {
        Kind::Correction => correct(connection, row, amendment, order),
        Kind::Reactions => react(connection, message, amendment, order),
        Kind::Retraction => retract(connection, message, amendment.time),
    }
}

fn correct(connection: &Connection, row: &MessageRow, amendment: &Amendment, order: Order) -> Result<bool, StoreError> {
    let Amendment { origin_id, time, content, links, .. } = amendment;
    let message = row.cursor.id;
    let mut is_taken = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM revision WHERE message_id = ?1 AND time = ?2 AND origin_id NOT IN ('', ?3))",
    )?;
    let mut is_taken = |time| is_taken.query_row(params![message, time, origin_id], |row| row.get(0));
    match time_of(connection, message, origin_id)? {
        Some(known) if order.is_out_of_place(known) => {
            let time = order.free(known, &mut is_taken)?;
            connection
                .prepare_cached("UPDATE revision SET time = ?3 WHERE message_id = ?1 AND origin_id = ?2")?
                .execute(params![message, origin_id, time])?;
        }
        Some(_) => return Ok(false),
        None => {
            // A message that stands for one that nobody knows has no text from before.
            connection
                .prepare_cached(
                    "INSERT INTO revision (message_id, origin_id, time, body, format) SELECT ?1, '', ?2, ?3, ?4
                     WHERE NOT EXISTS (SELECT 1 FROM revision WHERE message_id = ?1)",
                )?
                .execute(params![message, row.time, row.body, row.format])?;
            insert_revision(connection, message, amendment, order.free(*time, &mut is_taken)?)?;
        }
    }
    connection
        .prepare_cached(
            "DELETE FROM revision WHERE message_id = ?1 AND origin_id IN (SELECT origin_id FROM revision
                WHERE message_id = ?1 AND origin_id != '' ORDER BY time DESC, origin_id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![message, MAX_REVISIONS])?;
    let (newest, body, newest_format): (String, String, TextFormat) = connection
        .prepare_cached(
            "SELECT origin_id, body, format FROM revision WHERE message_id = ?1
             ORDER BY origin_id != '' DESC, time DESC, origin_id DESC LIMIT 1",
        )?
        .query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    set_text(connection, message, &body, &newest_format)?;
    if newest == *origin_id {
        link_preview::set(connection, message, links)?;
    } else if body != row.body && content == &row.body {
        // What was said of links in a text that another one has outdone.
        link_preview::set(connection, message, &[])?;
    }
    Ok(true)
}

fn insert_revision(
    connection: &Connection,
    message: MessageId,
    amendment: &Amendment,
    time: Timestamp,
) -> Result<(), StoreError> {
    let Amendment { origin_id, content, format, .. } = amendment;
    connection
        .prepare_cached(
            "INSERT INTO revision (message_id, origin_id, time, body, format) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![message, origin_id, time, content, format])?;
    Ok(())
}

/// A message has nothing but this correction, which corrects what nobody knows.
pub fn begin_with(connection: &Connection, message: MessageId, correction: &Amendment) -> Result<(), StoreError> {
    insert_revision(connection, message, correction, correction.time)
}

/// The time that counts for a correction of a message, where it is known.
pub fn time_of(connection: &Connection, message: MessageId, origin_id: &str) -> Result<Option<Timestamp>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT time FROM revision WHERE message_id = ?1 AND origin_id = ?2")?;
    Ok(statement.query_row(params![message, origin_id], |row| row.get(0)).optional()?)
}

fn react(connection: &Connection, message: MessageId, amendment: &Amendment, order: Order) -> Result<bool, StoreError> {
    let Amendment { sender, time, content, .. } = amendment;
    let mut statement = connection.prepare_cached(
        "INSERT INTO reaction (message_id, sender, time, emoji) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET time = excluded.time, emoji = excluded.emoji
            WHERE excluded.time > time OR (?5 AND excluded.time = time AND excluded.emoji != emoji)",
    )?;
    Ok(statement.execute(params![message, sender.as_str(), time, content, order == Order::Onwards])? > 0)
}

fn retract(connection: &Connection, message: MessageId, time: Timestamp) -> Result<bool, StoreError> {
    connection
        .prepare_cached("INSERT INTO retraction (message_id, time) VALUES (?1, ?2)")?
        .execute(params![message, time])?;
    for sql in [
        "DELETE FROM revision WHERE message_id = ?1",
        "DELETE FROM reaction WHERE message_id = ?1",
        "DELETE FROM reply WHERE message_id = ?1",
        "DELETE FROM attachment WHERE message_id = ?1",
        "DELETE FROM link_preview WHERE message_id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([message])?;
    }
    set_text(connection, message, "", &TextFormat::default())?;
    Ok(true)
}

fn set_text(connection: &Connection, message: MessageId, body: &str, format: &TextFormat) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE message SET body = ?2, format = ?3 WHERE id = ?1")?
        .execute(params![message, body, format])?;
    Ok(())
}

/// A message that has never left has its text changed as if nothing else had ever been written.
pub fn rewrite(
    connection: &Connection,
    message: MessageId,
    (body, format): (&str, &TextFormat),
    links: &[LinkPreview],
) -> Result<MessageRow, StoreError> {
    set_text(connection, message, body, format)?;
    link_preview::set(connection, message, links)?;
    message::by_id(connection, message)
}

/// All texts that a message has had, the first of them first; none where it never had another one. Of one that was corrected,
/// but is not known as it was before, the first is a correction.
pub fn revisions(connection: &Connection, message: MessageId) -> Result<Vec<Revision>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT time, body, format, origin_id = '' FROM revision WHERE message_id = ?1
         ORDER BY origin_id != '', time, origin_id",
    )?;
    let rows = statement.query_map([message], |row| {
        Ok(Revision { time: row.get(0)?, body: row.get(1)?, format: row.get(2)?, is_original: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What somebody says of a message in emoji.
pub fn reactions_of(connection: &Connection, message: MessageId, sender: &BareJid) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT emoji FROM reaction WHERE message_id = ?1 AND sender = ?2")?;
    let emoji: Option<String> = statement.query_row(params![message, sender.as_str()], |row| row.get(0)).optional()?;
    Ok(emoji.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// Takes away a message altogether, with all that was said of it; the row it was.
pub fn remove(connection: &Connection, message: MessageId) -> Result<MessageRow, StoreError> {
    let row = message::by_id(connection, message)?;
    connection.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([message])?;
    conversation::hold_marks(connection, row.conversation)?;
    Ok(row)
}

/// Notes that we have said something, in place of what we said before and no server has confirmed.
pub fn say(connection: &Connection, message: MessageId, kind: Kind, origin_id: &OriginId) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO own_amendment (message_id, kind, origin_id) VALUES (?1, ?2, ?3)")?
        .execute(params![message, kind, origin_id])?;
    Ok(())
}

/// A retraction leaves nothing else to be said.
pub fn say_only_retraction(
    connection: &Connection,
    message: MessageId,
    origin_id: &OriginId,
) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM own_amendment WHERE message_id = ?1")?.execute([message])?;
    say(connection, message, Kind::Retraction, origin_id)
}

/// A server has it. The message that was taken back by it, if so.
pub fn confirmed(connection: &Connection, id: AmendmentId) -> Result<Option<MessageId>, StoreError> {
    let said: Option<(MessageId, Kind)> = connection
        .prepare_cached("DELETE FROM own_amendment WHERE id = ?1 RETURNING message_id, kind")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(said.filter(|(_, kind)| *kind == Kind::Retraction).map(|(message, _)| message))
}

/// What an account has to say of messages that have left, in the order in which it was said; of these, or of all.
pub fn unconfirmed(
    connection: &Connection,
    account: AccountId,
    only: Option<&[MessageId]>,
) -> Result<Vec<OwnAmendment>, StoreError> {
    // 1 is `Waiting`: what waits goes out as it is now, but for what was taken back (2) and may have arrived. What failed never
    // arrived.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns}, c.peer, a.id, a.kind, a.origin_id FROM own_amendment AS a
            CROSS JOIN message AS m ON m.id = a.message_id JOIN conversation AS c ON c.id = m.conversation_id
         WHERE c.account_id = ?1 AND (?2 IS NULL OR m.id IN (SELECT value FROM json_each(?2)))
            AND (m.state IN (0, 2, 3) OR m.state = 1 AND a.kind = 2) ORDER BY a.id",
        columns = message::COLUMNS
    ))?;
    let only = only.map(|only| format!("[{}]", only.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",")));
    let rows = statement.query_map(params![account, only], |row| {
        Ok(OwnAmendment {
            message: message::from_row(row)?,
            peer: address(row, 13)?,
            id: row.get(14)?,
            kind: row.get(15)?,
            origin_id: row.get(16)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
