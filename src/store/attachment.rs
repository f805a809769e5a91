//! The file that a message shares: what is said of it, whence it can be had, and where it lies here.
//!
//! The file itself lies below `media/` beside the database; whoever takes a row's file away removes it there.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, column::checked_integer};
use crate::ids::{AccountId, MessageId, Timestamp};

/// What can be done with a file besides keeping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AttachmentKind {
    Picture,
    Video,
    Audio,
    #[default]
    Other,
}

impl AttachmentKind {
    pub const ALL: [Self; 4] = [Self::Picture, Self::Video, Self::Audio, Self::Other];

    /// What a media type promises. Vector graphics are no pictures here: they can hold programs.
    #[must_use]
    pub fn of(media_type: &str) -> Self {
        match media_type {
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Self::Picture,
            other if other.starts_with("video/") => Self::Video,
            other if other.starts_with("audio/") => Self::Audio,
            _ => Self::Other,
        }
    }
}

/// Why a file is not here, or not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachmentProblem {
    /// The place where it lies, or should go, can't be reached.
    Unreachable,
    /// It is there no more.
    Gone,
    /// The place where it lies, or should go, refuses.
    Refused,
    /// It is larger than may be fetched, or than the server takes.
    TooLarge,
    /// It is not the file that was announced.
    Different,
    /// The account's server takes no files.
    NoService,
    /// It lies where nothing is fetched from.
    Forbidden,
    /// Our own copy has gone.
    Lost,
}

checked_integer!(AttachmentProblem {
    0 => [AttachmentProblem::Unreachable],
    1 => [AttachmentProblem::Gone],
    2 => [AttachmentProblem::Refused],
    3 => [AttachmentProblem::TooLarge],
    4 => [AttachmentProblem::Different],
    5 => [AttachmentProblem::NoService],
    6 => [AttachmentProblem::Forbidden],
    7 => [AttachmentProblem::Lost],
});

/// A file below `media/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub file: String,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttachmentRow {
    /// Safe as the name of a file.
    pub name: String,
    pub media_type: String,
    pub size: Option<u64>,
    pub dimensions: Option<(u32, u32)>,
    pub sha256: Option<[u8; 32]>,
    pub thumbhash: Option<Vec<u8>>,
    /// How long sound or a film lasts, in milliseconds.
    pub length: Option<u32>,
    /// None while it has still to be uploaded.
    pub url: Option<String>,
    pub kept: Option<Kept>,
    pub problem: Option<AttachmentProblem>,
    /// What the message says beside it.
    pub caption: String,
}

const COLUMNS: &str = "a.message_id, a.name, a.media_type, a.size, a.width, a.height, a.sha256, a.thumbhash, a.url, a.file, \
                       a.file_bytes, a.problem, a.caption, a.length";

/// What is shared by a message that was just stored.
pub fn insert(
    connection: &Connection,
    message: MessageId,
    new: &AttachmentRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO attachment (message_id, name, media_type, size, width, height, sha256, thumbhash, url, file, file_bytes,
            used_at, caption, length)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    let (width, height) = new.dimensions.unzip();
    let kept = new.kept.as_ref();
    statement.execute(params![
        message,
        new.name,
        new.media_type,
        new.size.map(integer),
        width,
        height,
        new.sha256,
        new.thumbhash,
        new.url,
        kept.map(|kept| &kept.file),
        kept.map(|kept| integer(kept.bytes)),
        kept.map(|_| now),
        new.caption,
        new.length,
    ])?;
    Ok(())
}

pub fn find(connection: &Connection, message: MessageId) -> Result<Option<AttachmentRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM attachment AS a WHERE a.message_id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([message], from_row).optional()?.map(|(_, row)| row))
}

/// What these messages share, in one query however many they are.
pub fn of_messages(
    connection: &Connection,
    messages: impl Iterator<Item = MessageId>,
) -> Result<Vec<(MessageId, AttachmentRow)>, StoreError> {
    let ids: Vec<String> = messages.map(|message| message.0.to_string()).collect();
    let sql = format!("SELECT {COLUMNS} FROM json_each(?1) AS m JOIN attachment AS a ON a.message_id = m.value");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([format!("[{}]", ids.join(","))], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What an account has still to upload, in the order in which it was written.
pub fn to_upload(connection: &Connection, account: AccountId) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.id FROM message AS m CROSS JOIN conversation AS c ON c.id = m.conversation_id
            JOIN attachment AS a ON a.message_id = m.id
         WHERE m.state = 1 AND c.account_id = ?1 AND a.url IS NULL ORDER BY m.id",
    )?;
    let rows = statement.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The file is here; `found` says what it is in truth.
pub fn set_kept(
    connection: &Connection,
    message: MessageId,
    found: &AttachmentRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (width, height) = found.dimensions.unzip();
    let kept = found.kept.as_ref();
    let mut statement = connection.prepare_cached(
        "UPDATE attachment SET media_type = ?2, size = ?3, width = ?4, height = ?5, sha256 = ?6, file = ?7, file_bytes = ?8,
            used_at = ?9, problem = NULL
         WHERE message_id = ?1",
    )?;
    statement.execute(params![
        message,
        found.media_type,
        found.size.map(integer),
        width,
        height,
        found.sha256,
        kept.map(|kept| &kept.file),
        kept.map(|kept| integer(kept.bytes)),
        kept.map(|_| now),
    ])?;
    Ok(())
}

/// It has been uploaded: the message's text is its address from now on, and what was to be said with it is said apart.
pub fn set_uploaded(connection: &Connection, message: MessageId, url: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE attachment SET url = ?2, caption = '', problem = NULL WHERE message_id = ?1")?
        .execute(params![message, url])?;
    connection.prepare_cached("UPDATE message SET body = ?2 WHERE id = ?1")?.execute(params![message, url])?;
    Ok(())
}

pub fn set_problem(
    connection: &Connection,
    message: MessageId,
    problem: Option<AttachmentProblem>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE attachment SET problem = ?2 WHERE message_id = ?1")?
        .execute(params![message, problem])?;
    Ok(())
}

/// The server says how large it is.
pub fn set_size(connection: &Connection, message: MessageId, size: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE attachment SET size = ?2 WHERE message_id = ?1")?
        .execute(params![message, integer(size)])?;
    Ok(())
}

/// Somebody looks at it.
pub fn touch(connection: &Connection, message: MessageId, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE attachment SET used_at = ?2 WHERE message_id = ?1 AND file IS NOT NULL")?
        .execute(params![message, now])?;
    Ok(())
}

/// The file has gone from the disk.
pub fn forget_file(connection: &Connection, message: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE attachment SET file = NULL, file_bytes = NULL, used_at = NULL WHERE message_id = ?1 AND url IS NOT NULL",
        )?
        .execute([message])?;
    Ok(())
}

/// How many bytes of files are kept that could be had again: each file once, however many messages have it.
pub fn kept_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT COALESCE(SUM(bytes), 0) FROM (SELECT MAX(file_bytes) AS bytes FROM attachment WHERE file IS NOT NULL
         GROUP BY file HAVING COUNT(*) = COUNT(url))",
    )?;
    let bytes: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Lets go of the files that were not wanted for the longest time until no more than `limit` bytes are kept. What has not been
/// uploaded stays. Returns the messages whose file it was, and the files that nobody has any more.
pub fn evict(connection: &Connection, limit: u64) -> Result<(Vec<MessageId>, Vec<String>), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT message_id, file, file_bytes FROM attachment WHERE file IS NOT NULL AND url IS NOT NULL ORDER BY used_at DESC",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut kept = 0_u64;
    let mut staying = HashSet::new();
    let (mut messages, mut files) = (Vec::new(), Vec::new());
    for row in rows {
        let (message, file, bytes): (MessageId, String, i64) = row?;
        if staying.contains(&file) {
            continue;
        }
        kept = kept.saturating_add(u64::try_from(bytes).unwrap_or(0));
        if kept <= limit {
            staying.insert(file);
        } else {
            messages.push(message);
            files.push(file);
        }
    }
    for message in &messages {
        forget_file(connection, *message)?;
    }
    files.sort();
    files.dedup();
    let mut unused = Vec::new();
    for file in files {
        if !is_kept(connection, &file)? {
            unused.push(file);
        }
    }
    Ok((messages, unused))
}

/// Whether a message has this file.
pub fn is_kept(connection: &Connection, file: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment WHERE file = ?1)")?;
    Ok(statement.query_row([file], |row| row.get(0))?)
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(MessageId, AttachmentRow)> {
    let number = |index| row.get::<_, Option<i64>>(index).map(|n| n.and_then(|n| u64::try_from(n).ok()));
    let kept = match (row.get(9)?, number(10)?) {
        (Some(file), Some(bytes)) => Some(Kept { file, bytes }),
        _ => None,
    };
    let attachment = AttachmentRow {
        name: row.get(1)?,
        media_type: row.get(2)?,
        size: number(3)?,
        dimensions: row.get::<_, Option<u32>>(4)?.zip(row.get::<_, Option<u32>>(5)?),
        sha256: row.get(6)?,
        thumbhash: row.get(7)?,
        length: row.get(13)?,
        url: row.get(8)?,
        kept,
        problem: row.get(11)?,
        caption: row.get(12)?,
    };
    Ok((row.get(0)?, attachment))
}
