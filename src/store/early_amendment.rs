//! What is said of messages that are not here (yet): archives are read backwards, and some messages never come.
//!
//! A correction of what nobody knows is shown as a message of its own that stands in for it, and becomes one with it if it comes
//! after all. What is said in emoji of such a message is not shown, nor that it was taken back.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    StoreError,
    amendment::{self, Amendment, Kind, Order},
    column::address,
    link_preview::LinkPreviews,
    message::MessageRow,
};
use crate::ids::{AccountId, BareJid, ConversationId, MessageId, Timestamp};

/// So many amendments of a conversation wait for their messages; the oldest go first.
const MAX_EARLY: i64 = 1_000;
const COLUMNS: &str = "e.kind, e.sender, e.origin_id, e.time, e.content, e.format, e.links";

/// Of which message something is said: by what its author calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    pub conversation: ConversationId,
    pub id: String,
    /// Who says it: of texts, only the author may.
    pub sender: BareJid,
}

/// Where the archive has an amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub archive_id: String,
    /// The place in the conversation.
    pub position: i64,
    /// It came while this device was away: it may be news.
    pub is_absence: bool,
}

/// An amendment that waits for its message, and the message that stands for it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Early {
    pub amendment: Amendment,
    pub stand_in: Option<MessageId>,
}

/// A correction that nothing stands for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub target: Target,
    pub peer: BareJid,
    pub correction: Amendment,
    /// `None` where nobody has noted it.
    pub found: Option<Found>,
}

/// Keeps an amendment whose message is not here. False: it waits already.
pub fn keep(
    connection: &Connection,
    target: &Target,
    amendment: &Amendment,
    stand_in: Option<MessageId>,
    found: Option<&Found>,
    order: Order,
) -> Result<bool, StoreError> {
    let Target { conversation, id: target_id, .. } = target;
    let Amendment { kind, sender, origin_id, time, content, format, links } = amendment;
    let mut is_taken = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM early_amendment WHERE conversation_id = ?1 AND target_id = ?2 AND sender = ?3
            AND kind = ?4 AND origin_id != ?5 AND time = ?6)",
    )?;
    let mut is_taken = |time| {
        let values = params![conversation, target_id, sender.as_str(), kind, origin_id, time];
        is_taken.query_row(values, |row| row.get(0))
    };
    if let Some(known) = time_of(connection, target, amendment)? {
        if order.is_out_of_place(known) {
            let time = order.free(known, &mut is_taken)?;
            let mut statement = connection.prepare_cached(
                "UPDATE early_amendment SET time = ?6 WHERE conversation_id = ?1 AND target_id = ?2 AND sender = ?3
                    AND kind = ?4 AND origin_id = ?5",
            )?;
            statement.execute(params![conversation, target_id, sender.as_str(), kind, origin_id, time])?;
        }
        return Ok(false);
    }
    let time = order.free(*time, &mut is_taken)?;
    connection
        .prepare_cached(
            "INSERT INTO early_amendment (conversation_id, target_id, sender, kind, origin_id, time, content, stand_in,
                links, format, archive_id, position, is_absence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            conversation,
            target_id,
            sender.as_str(),
            kind,
            origin_id,
            time,
            content,
            stand_in,
            LinkPreviews(links.clone()),
            format,
            found.map(|found| &found.archive_id),
            found.map(|found| found.position),
            found.is_some_and(|found| found.is_absence),
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM early_amendment WHERE conversation_id = ?1 AND id <= (SELECT id FROM early_amendment
                WHERE conversation_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![conversation, MAX_EARLY])?;
    Ok(true)
}

/// The time that counts for an amendment, where it waits already.
pub fn time_of(
    connection: &Connection,
    target: &Target,
    amendment: &Amendment,
) -> Result<Option<Timestamp>, StoreError> {
    let Amendment { kind, sender, origin_id, .. } = amendment;
    let mut statement = connection.prepare_cached(
        "SELECT time FROM early_amendment WHERE conversation_id = ?1 AND target_id = ?2 AND sender = ?3 AND kind = ?4
            AND origin_id = ?5",
    )?;
    let values = params![target.conversation, target.id, sender.as_str(), kind, origin_id];
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

/// The message that stands in for one that nobody knows.
pub fn stand_in(connection: &Connection, target: &Target) -> Result<Option<MessageId>, StoreError> {
    // 0 is `Kind::Correction`.
    let mut statement = connection.prepare_cached(
        "SELECT stand_in FROM early_amendment WHERE conversation_id = ?1 AND target_id = ?2 AND sender = ?3 AND kind = 0
            AND stand_in IS NOT NULL ORDER BY id LIMIT 1",
    )?;
    let values = params![target.conversation, target.id, target.sender.as_str()];
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

/// A message that has the text of a correction stands in for what that corrects.
pub fn stands_in(
    connection: &Connection,
    target: &Target,
    correction: &Amendment,
    message: MessageId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE early_amendment SET stand_in = ?5 WHERE conversation_id = ?1 AND target_id = ?2 AND sender = ?3
                AND kind = 0 AND origin_id = ?4",
        )?
        .execute(params![target.conversation, target.id, target.sender.as_str(), correction.origin_id, message])?;
    amendment::begin_with(connection, message, correction)
}

/// The corrections of an account, or of one of its conversations, that nothing stands for: of one message the first before the
/// next, and none of what its author has taken back.
pub fn orphans(
    connection: &Connection,
    account: AccountId,
    only: Option<ConversationId>,
) -> Result<Vec<Orphan>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, e.conversation_id, e.target_id, e.archive_id, e.position, e.is_absence, c.peer
         FROM early_amendment AS e JOIN conversation AS c ON c.id = e.conversation_id
         WHERE c.account_id = ?1 AND ifnull(c.id = ?2, 1) AND e.kind = 0 AND e.stand_in IS NULL
            AND NOT EXISTS (SELECT 1 FROM early_amendment AS r WHERE r.conversation_id = e.conversation_id
                AND r.target_id = e.target_id AND r.sender = e.sender AND r.kind = 2 AND r.time >= e.time)
         ORDER BY e.conversation_id, e.time, e.id DESC"
    ))?;
    let rows = statement.query_map(params![account, only], |row| {
        let correction = amendment(row)?;
        let target = Target { conversation: row.get(7)?, id: row.get(8)?, sender: correction.sender.clone() };
        let place: (Option<String>, Option<i64>) = (row.get(9)?, row.get(10)?);
        let is_absence = row.get(11)?;
        let found = match place {
            (Some(archive_id), Some(position)) => Some(Found { archive_id, position, is_absence }),
            _ => None,
        };
        Ok(Orphan { target, peer: address(row, 12)?, correction, found })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes what waits for a message, in the order of its time; of what has the same time, as it came.
pub fn take(connection: &Connection, row: &MessageRow) -> Result<Vec<Early>, StoreError> {
    let mut early = Vec::new();
    let ids = [row.origin_id.as_ref().map(|id| &id.0), row.stanza_id.as_ref()];
    let mut statement = connection.prepare_cached(
        "DELETE FROM early_amendment WHERE conversation_id = ?1 AND target_id = ?2 AND (kind = 1 OR sender = ?3)
         RETURNING kind, sender, origin_id, time, content, format, links, stand_in, id",
    )?;
    for (n, id) in ids.iter().enumerate() {
        let Some(id) = id.filter(|id| !ids[..n].contains(&Some(*id))) else { continue };
        let rows = statement.query_map(params![row.conversation, id, row.sender.as_str()], |row| {
            let place: i64 = row.get(8)?;
            Ok((place, Early { amendment: amendment(row)?, stand_in: row.get(7)? }))
        })?;
        for row in rows {
            early.push(row?);
        }
    }
    early.sort_by_key(|(place, early)| (early.amendment.time, *place));
    Ok(early.into_iter().map(|(_, early)| early).collect())
}

/// Of the first columns.
fn amendment(row: &Row<'_>) -> rusqlite::Result<Amendment> {
    Ok(Amendment {
        kind: row.get::<_, Kind>(0)?,
        sender: address(row, 1)?,
        origin_id: row.get(2)?,
        time: row.get(3)?,
        content: row.get(4)?,
        format: row.get(5)?,
        links: row.get::<_, LinkPreviews>(6)?.0,
    })
}
