//! Everything that is stored, one row after the other, for taking it elsewhere.

use rusqlite::Connection;

use super::{
    StoreError, account,
    column::address,
    contact::{self, ContactRow},
};
use crate::{
    ids::{BareJid, MessageId, Timestamp},
    text_format::TextFormat,
};

/// A message as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedMessage {
    pub id: MessageId,
    /// With whom the conversation is.
    pub conversation: BareJid,
    pub sender: BareJid,
    pub time: Timestamp,
    pub body: String,
    /// How it is to be shown.
    pub format: TextFormat,
}

/// Calls `each` with every message: conversation after conversation, in the order of each history.
pub fn messages<E: From<StoreError>>(
    connection: &Connection,
    mut each: impl FnMut(ExportedMessage) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection
        .prepare(
            "SELECT m.id, c.peer, m.sender, m.time, m.body, m.format FROM message AS m
                JOIN conversation AS c ON c.id = m.conversation_id ORDER BY m.conversation_id, m.position, m.id",
        )
        .map_err(StoreError::from)?;
    let mut rows = statement.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let read = || -> rusqlite::Result<ExportedMessage> {
            Ok(ExportedMessage {
                id: row.get(0)?,
                conversation: address(row, 1)?,
                sender: address(row, 2)?,
                time: row.get(3)?,
                body: row.get(4)?,
                format: row.get(5)?,
            })
        };
        each(read().map_err(StoreError::from)?)?;
    }
    Ok(())
}

/// The rosters of all accounts.
pub fn roster(connection: &Connection) -> Result<Vec<ContactRow>, StoreError> {
    let mut entries = Vec::new();
    for account in account::all(connection)? {
        entries.extend(contact::all(connection, account.id)?.into_iter().filter(|row| row.in_roster));
    }
    Ok(entries)
}
