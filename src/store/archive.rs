//! Which parts of an account's archive are here, so that what is missing is known after a crash as well (XEP-0313).

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use crate::ids::{AccountId, ConversationId, MessageId, Timestamp};

/// Names a range; a higher one is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RangeId(i64);

/// From the first to the last message of a range, nothing of the archive is missing. The range of an archive that was empty
/// has no messages, and begins where the archive does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub id: RangeId,
    /// What the archive calls its oldest message.
    pub first_id: String,
    pub last_id: String,
    /// By the archive's clock.
    pub last_time: Timestamp,
    /// The archive holds nothing older.
    pub is_start: bool,
    /// The newest message that was here before all that the range holds: first, when the range was begun.
    pub begun_after: MessageId,
}

/// A range that is to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRange {
    pub first_id: String,
    pub last_id: String,
    pub last_time: Timestamp,
    pub is_start: bool,
    pub begun_after: MessageId,
}

const COLUMNS: &str = "id, first_id, last_id, last_time, is_start, begun_after";

/// The newest range of an account.
pub fn newest(connection: &Connection, account: AccountId) -> Result<Option<Range>, StoreError> {
    older(connection, account, RangeId(i64::MAX))
}

/// The next older range.
pub fn older(connection: &Connection, account: AccountId, than: RangeId) -> Result<Option<Range>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM archive_range WHERE account_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT 1"
    ))?;
    Ok(statement.query_row(params![account, than.0], from_row).optional()?)
}

/// # Errors
/// `NotFound`.
pub fn by_id(connection: &Connection, id: RangeId) -> Result<Range, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM archive_range WHERE id = ?1"))?;
    Ok(statement.query_row([id.0], from_row)?)
}

/// Begins a range that is newer than all others.
pub fn begin(connection: &Connection, account: AccountId, new: &NewRange) -> Result<RangeId, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO archive_range (account_id, first_id, last_id, last_time, is_start, begun_after)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let NewRange { first_id, last_id, last_time, is_start, begun_after } = new;
    statement.execute(params![account, first_id, last_id, last_time, is_start, begun_after])?;
    Ok(RangeId(connection.last_insert_rowid()))
}

/// The range reaches further back.
pub fn extend_back(
    connection: &Connection,
    id: RangeId,
    first_id: &str,
    begun_after: MessageId,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("UPDATE archive_range SET first_id = ?2, begun_after = ?3 WHERE id = ?1")?;
    statement.execute(params![id.0, first_id, begun_after])?;
    Ok(())
}

/// The range reaches further on.
pub fn extend_on(
    connection: &Connection,
    id: RangeId,
    last_id: &str,
    last_time: Option<Timestamp>,
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE archive_range SET last_id = ?2, last_time = ifnull(?3, last_time) WHERE id = ?1")?;
    statement.execute(params![id.0, last_id, last_time])?;
    Ok(())
}

/// The archive holds nothing before this range.
pub fn set_start(connection: &Connection, id: RangeId) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE archive_range SET is_start = 1 WHERE id = ?1")?.execute([id.0])?;
    connection.prepare_cached("DELETE FROM archive_lowest WHERE range_id = ?1")?.execute([id.0])?;
    Ok(())
}

/// Where the range's oldest message stands in each conversation, as long as something is missing below it.
pub fn lowest(connection: &Connection, id: RangeId) -> Result<HashMap<ConversationId, i64>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT conversation_id, position FROM archive_lowest WHERE range_id = ?1")?;
    let rows = statement.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where it stands from now on in these conversations.
pub fn set_lowest(
    connection: &Connection,
    id: RangeId,
    lowest: impl IntoIterator<Item = (ConversationId, i64)>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO archive_lowest VALUES (?1, ?2, ?3)")?;
    for (conversation, position) in lowest {
        statement.execute(params![id.0, conversation, position])?;
    }
    Ok(())
}

/// Nothing is missing any more between a range and the next older one: they become one.
pub fn join(connection: &Connection, id: RangeId, older: &Range) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE archive_range SET first_id = ?2, is_start = ?3, begun_after = ?4 WHERE id = ?1")?;
    statement.execute(params![id.0, older.first_id, older.is_start, older.begun_after])?;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO archive_lowest SELECT ?1, conversation_id, position FROM archive_lowest WHERE range_id = ?2",
    )?;
    statement.execute([id.0, older.id.0])?;
    connection.prepare_cached("DELETE FROM archive_range WHERE id = ?1")?.execute([older.id.0])?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Range> {
    Ok(Range {
        id: RangeId(row.get(0)?),
        first_id: row.get(1)?,
        last_id: row.get(2)?,
        last_time: row.get(3)?,
        is_start: row.get(4)?,
        begun_after: row.get(5)?,
    })
}
