//! What stands with messages beside their texts: whether they were edited or taken back, reactions, what they answer, and what is
//! said of their links. Read for a whole page at once.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, column::address, link_preview::LinkPreview};
use crate::ids::{BareJid, ConversationId, MessageId, Timestamp};

/// A quote is a few lines of what is answered.
const MAX_QUOTE: usize = 2_000;

/// What stands with one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotation {
    /// When its text was changed last.
    pub edited_at: Option<Timestamp>,
    pub is_retracted: bool,
    /// What each person says of it in emoji, by when they said so.
    pub reactions: Vec<(BareJid, Vec<String>)>,
    pub reply: Option<Reply>,
    /// It can be taken back until then.
    pub held_until: Option<Timestamp>,
    /// What its author says of links in it.
    pub links: Vec<LinkPreview>,
}

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// By what the author of the answer calls it.
    pub target_id: String,
    /// Who wrote that, as the author of the answer has it.
    pub author: Option<BareJid>,
    /// What stood there, as the author of the answer has it; may be empty.
    pub quote: String,
}

/// The annotations of those of these messages that have any.
pub fn of(connection: &Connection, messages: &[MessageId]) -> Result<HashMap<MessageId, Annotation>, StoreError> {
    let mut found: HashMap<MessageId, Annotation> = HashMap::new();
    if messages.is_empty() {
        return Ok(found);
    }
    let ids: Vec<String> = messages.iter().map(|id| id.0.to_string()).collect();
    let mut statement = connection.prepare_cached(
        "WITH wanted (id) AS (SELECT value FROM json_each(?1))
         SELECT 0, message_id, max(time), NULL, NULL, NULL, NULL, NULL FROM wanted JOIN revision ON message_id = id
            WHERE origin_id != '' GROUP BY message_id
         UNION ALL SELECT 1, message_id, time, NULL, NULL, NULL, NULL, NULL FROM wanted JOIN retraction ON message_id = id
         UNION ALL SELECT 2, message_id, time, sender, emoji, NULL, NULL, NULL FROM wanted JOIN reaction ON message_id = id
         UNION ALL SELECT 3, message_id, 0, author, target_id, quote, NULL, NULL FROM wanted JOIN reply ON message_id = id
         UNION ALL SELECT 4, message_id, until, NULL, NULL, NULL, NULL, NULL FROM wanted JOIN held_message ON message_id = id
         UNION ALL SELECT 5, message_id, number, url, title, description, site, picture
            FROM wanted JOIN link_preview ON message_id = id
         ORDER BY 1, 3",
    )?;
    let mut rows = statement.query([format!("[{}]", ids.join(","))])?;
    while let Some(row) = rows.next()? {
        let annotation = found.entry(row.get(1)?).or_default();
        match row.get::<_, i64>(0)? {
            0 => annotation.edited_at = Some(row.get(2)?),
            1 => annotation.is_retracted = true,
            2 => {
                let emoji: String = row.get(4)?;
                let emoji: Vec<_> = emoji.split_whitespace().map(str::to_owned).collect();
                if !emoji.is_empty() {
                    annotation.reactions.push((address(row, 3)?, emoji));
                }
            }
            3 => {
                let author =
                    if row.get_ref(3)? == rusqlite::types::ValueRef::Null { None } else { Some(address(row, 3)?) };
                annotation.reply = Some(Reply { target_id: row.get(4)?, author, quote: row.get(5)? });
            }
            4 => annotation.held_until = Some(row.get(2)?),
            _ => annotation.links.push(LinkPreview {
                url: row.get(3)?,
                title: row.get(4)?,
                description: row.get(5)?,
                site: row.get(6)?,
                picture: row.get(7)?,
            }),
        }
    }
    Ok(found)
}

/// What a message answers.
pub fn reply_of(connection: &Connection, message: MessageId) -> Result<Option<Reply>, StoreError> {
    Ok(of(connection, &[message])?.remove(&message).and_then(|annotation| annotation.reply))
}

/// Notes what a message answers.
pub fn set_reply(connection: &Connection, message: MessageId, reply: &Reply) -> Result<(), StoreError> {
    let end = reply.quote.char_indices().nth(MAX_QUOTE).map_or(reply.quote.len(), |(at, _)| at);
    connection
        .prepare_cached("INSERT OR IGNORE INTO reply (message_id, target_id, author, quote) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            message,
            reply.target_id,
            reply.author.as_ref().map(|author| author.as_str()),
            &reply.quote[..end]
        ])?;
    Ok(())
}

/// Whose account a conversation belongs to.
pub fn own_address(connection: &Connection, conversation: ConversationId) -> Result<Option<BareJid>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT a.address FROM conversation AS c JOIN account AS a ON a.id = c.account_id WHERE c.id = ?1",
    )?;
    Ok(statement.query_row([conversation], |row| address(row, 0)).optional()?)
}
