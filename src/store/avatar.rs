//! Which pictures have been fetched. The pictures themselves are files; what is written here is that they are there, or that
//! they are no good and need not be fetched again.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::ids::AvatarHash;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvatarRow {
    pub hash: AvatarHash,
    /// Of the published picture, as its bytes show.
    pub mime: String,
    /// Bytes of the published picture.
    pub size: u32,
    pub width: u32,
    pub height: u32,
    /// False for what is no picture, or too large.
    pub is_usable: bool,
}

pub fn find(connection: &Connection, hash: &AvatarHash) -> Result<Option<AvatarRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT hash, mime, size, width, height, is_usable FROM avatar WHERE hash = ?1")?;
    let row = statement.query_row([hash], |row| {
        Ok(AvatarRow {
            hash: row.get(0)?,
            mime: row.get(1)?,
            size: row.get(2)?,
            width: row.get(3)?,
            height: row.get(4)?,
            is_usable: row.get(5)?,
        })
    });
    Ok(row.optional()?)
}

pub fn put(connection: &Connection, avatar: &AvatarRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO avatar (hash, mime, size, width, height, is_usable) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (hash) DO UPDATE SET mime = excluded.mime, size = excluded.size, width = excluded.width,
            height = excluded.height, is_usable = excluded.is_usable",
    )?;
    let AvatarRow { hash, mime, size, width, height, is_usable } = avatar;
    statement.execute(params![hash, mime, size, width, height, is_usable])?;
    Ok(())
}

/// Forgets the pictures that nobody announces any more, and names them, so that their files can go too.
pub fn remove_unused(connection: &Connection) -> Result<Vec<AvatarHash>, StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM avatar WHERE hash NOT IN (SELECT avatar_hash FROM contact WHERE avatar_hash IS NOT NULL)
            AND hash NOT IN (SELECT avatar_hash FROM account WHERE avatar_hash IS NOT NULL)
         RETURNING hash",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
