//! How far the other side has read, and what others have been told of how far we have.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    StoreError,
    column::address,
    message::{self, COLUMNS, MessageRow},
};
use crate::ids::{AccountId, BareJid, ConversationId, Cursor, MessageId};

/// A conversation that was read further here than others know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    pub conversation: ConversationId,
    pub peer: BareJid,
    /// Everything up to here has been read.
    pub read: Cursor,
    /// The id of the newest message among these whose sender wants to know (XEP-0333).
    pub markable: Option<String>,
    /// What our archive calls the newest message that was read (XEP-0490).
    pub archive_id: Option<String>,
}

/// The other side has read what was sent up to here ([`sent_place`]). Between which places that is new; `None` where it is not.
pub fn peer_read(
    connection: &Connection,
    conversation: ConversationId,
    up_to: Cursor,
) -> Result<Option<(Cursor, Cursor)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT peer_read_position, peer_read_id FROM conversation WHERE id = ?1")?;
    let before = statement.query_row([conversation], |row| Ok(Cursor { position: row.get(0)?, id: row.get(1)? }))?;
    if up_to <= before {
        return Ok(None);
    }
    connection
        .prepare_cached("UPDATE conversation SET peer_read_position = ?2, peer_read_id = ?3 WHERE id = ?1")?
        .execute(params![conversation, up_to.position, up_to.id])?;
    Ok(Some((before, up_to)))
}

/// Where a message of ours counts as standing, for what the other side has read: by when it was sent.
pub fn sent_place(connection: &Connection, message: Cursor) -> Result<Cursor, StoreError> {
    let mut statement = connection.prepare_cached("SELECT sent_position FROM message WHERE id = ?1")?;
    let late: Option<i64> = statement.query_row([message.id], |row| row.get(0))?;
    Ok(Cursor { position: late.map_or(message.position, |late| late.max(message.position)), id: message.id })
}

/// Which messages of ours were sent after what the other side has read, wherever they stand.
pub fn sent_after(
    connection: &Connection,
    conversation: ConversationId,
    peer_read: Cursor,
) -> Result<HashSet<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM message WHERE conversation_id = ?1 AND sent_position IS NOT NULL AND (sent_position, id) > (?2, ?3)",
    )?;
    let rows = statement.query_map(params![conversation, peer_read.position, peer_read.id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest of our own messages that were sent between two places, the second one included, oldest first.
pub fn own_between(
    connection: &Connection,
    conversation: ConversationId,
    after: Cursor,
    up_to: Cursor,
    limit: usize,
) -> Result<Vec<MessageRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, m.position AS place FROM message AS m
            WHERE m.conversation_id = ?1 AND m.is_outgoing = 1 AND m.sent_position IS NULL
                AND (m.position, m.id) > (?2, ?3) AND (m.position, m.id) <= (?4, ?5)
         UNION ALL SELECT {COLUMNS}, m.sent_position FROM message AS m
            WHERE m.conversation_id = ?1 AND m.sent_position IS NOT NULL
                AND (m.sent_position, m.id) > (?2, ?3) AND (m.sent_position, m.id) <= (?4, ?5)
         ORDER BY place DESC, 1 DESC LIMIT ?6"
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = params![conversation, after.position, after.id, up_to.position, up_to.id, limit];
    let mut rows = statement.query_map(values, message::from_row)?.collect::<Result<Vec<_>, _>>()?;
    rows.reverse();
    Ok(rows)
}

/// A message of the other side by the id that a marker of ours on another device names.
pub fn incoming_by_id(
    connection: &Connection,
    conversation: ConversationId,
    id: &str,
) -> Result<Option<Cursor>, StoreError> {
    // Ids need not be unique; the newest is meant. Nobody marks what is so long ago.
    let mut statement = connection.prepare_cached(
        "SELECT position, id FROM (SELECT position, id, stanza_id, origin_id FROM message
            WHERE conversation_id = ?1 AND is_outgoing = 0 ORDER BY position DESC, id DESC LIMIT 1000)
         WHERE stanza_id = ?2 OR origin_id = ?2 ORDER BY position DESC, id DESC LIMIT 1",
    )?;
    let found =
        statement.query_row(params![conversation, id], |row| Ok(Cursor { position: row.get(0)?, id: row.get(1)? }));
    Ok(found.optional()?)
}

/// Others know by themselves how far has been read.
pub fn is_told(connection: &Connection, conversation: ConversationId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE conversation SET told_position = read_position, told_id = read_id WHERE id = ?1")?
        .execute([conversation])?;
    Ok(())
}

/// Others have been told up to here.
pub fn told(connection: &Connection, conversation: ConversationId, up_to: Cursor) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE conversation SET told_position = ?2, told_id = ?3
             WHERE id = ?1 AND (told_position, told_id) < (?2, ?3)",
        )?
        .execute(params![conversation, up_to.position, up_to.id])?;
    Ok(())
}

/// What others have still to be told.
pub fn untold(connection: &Connection, account: AccountId, archive: &BareJid) -> Result<Vec<Untold>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.peer, c.read_position, c.read_id,
            (SELECT m.stanza_id FROM message AS m WHERE m.conversation_id = c.id AND m.is_outgoing = 0
                AND m.is_markable = 1 AND m.stanza_id IS NOT NULL
                AND (m.position, m.id) > (c.told_position, c.told_id) AND (m.position, m.id) <= (c.read_position, c.read_id)
                ORDER BY m.position DESC, m.id DESC LIMIT 1),
            (SELECT m.archive_id FROM message AS m WHERE m.conversation_id = c.id AND m.archive = ?2
                AND (m.position, m.id) > (c.told_position, c.told_id) AND (m.position, m.id) <= (c.read_position, c.read_id)
                ORDER BY m.position DESC, m.id DESC LIMIT 1)
         FROM conversation AS c
         WHERE c.account_id = ?1 AND (c.read_position, c.read_id) > (c.told_position, c.told_id)",
    )?;
    let rows = statement.query_map(params![account, archive.as_str()], |row| {
        Ok(Untold {
            conversation: row.get(0)?,
            peer: address(row, 1)?,
            read: Cursor { position: row.get(2)?, id: row.get(3)? },
            markable: row.get(4)?,
            archive_id: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes how far all devices have read, as the server has it.
pub fn set_displayed(
    connection: &Connection,
    account: AccountId,
    peer: &BareJid,
    archive_id: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO displayed (account_id, peer, archive_id) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET archive_id = excluded.archive_id",
        )?
        .execute(params![account, peer.as_str(), archive_id])?;
    Ok(())
}

/// Whether the server has it that everything up to this message has been read.
pub fn is_displayed(
    connection: &Connection,
    account: AccountId,
    peer: &BareJid,
    archive_id: &str,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM displayed WHERE account_id = ?1 AND peer = ?2 AND archive_id = ?3)",
    )?;
    Ok(statement.query_row(params![account, peer.as_str(), archive_id], |row| row.get(0))?)
}

/// The place of the message that our archive calls so.
pub fn by_archive_id(
    connection: &Connection,
    conversation: ConversationId,
    archive: &BareJid,
    id: &str,
) -> Result<Option<Cursor>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id FROM message WHERE conversation_id = ?1 AND archive_id = ?2 AND archive = ?3",
    )?;
    let found = statement.query_row(params![conversation, id, archive.as_str()], |row| {
        Ok(Cursor { position: row.get(0)?, id: row.get::<_, MessageId>(1)? })
    });
    Ok(found.optional()?)
}
