//! What clients can do, kept under the hash that proves it (XEP-0115 §5), so that each kind of client is asked once.

use rusqlite::{Connection, OptionalExtension, params, types::FromSqlError};

use super::StoreError;
use crate::ids::Timestamp;

/// Anybody may announce any number of hashes and answer for each, so the longest unused make way.
const CAPACITY: i64 = 2_000;

/// Names what a client can do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CapsKey {
    /// The hash function, as in the presence.
    pub algorithm: String,
    pub ver: String,
}

/// Features by their namespaces.
pub fn features(connection: &Connection, key: &CapsKey) -> Result<Option<Vec<String>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT features FROM caps WHERE algorithm = ?1 AND ver = ?2")?;
    let features = statement.query_row(params![key.algorithm, key.ver], |row| {
        serde_json::from_str(row.get_ref(0)?.as_str()?).map_err(|error| FromSqlError::other(error).into())
    });
    Ok(features.optional()?)
}

/// Only what the hash proves may be kept. `identities` are `category/type` pairs.
pub fn put(
    connection: &Connection,
    key: &CapsKey,
    identities: &[String],
    features: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let json = |texts: &[String]| serde_json::Value::from(texts).to_string();
    let mut statement = connection.prepare_cached(
        "INSERT INTO caps (algorithm, ver, identities, features, used_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (algorithm, ver) DO UPDATE SET used_at = excluded.used_at",
    )?;
    statement.execute(params![key.algorithm, key.ver, json(identities), json(features), now])?;
    let mut statement = connection.prepare_cached(
        "DELETE FROM caps WHERE (algorithm, ver) IN
            (SELECT algorithm, ver FROM caps ORDER BY used_at DESC, algorithm DESC, ver DESC LIMIT -1 OFFSET ?1)",
    )?;
    statement.execute([CAPACITY])?;
    Ok(())
}

/// Forgets the kinds of clients that have not been met since.
pub fn remove_older(connection: &Connection, before: Timestamp) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM caps WHERE used_at < ?1")?.execute([before])?)
}
