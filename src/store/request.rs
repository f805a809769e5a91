//! Those who ask to see our presence and have no answer yet.

use rusqlite::{Connection, params};

use super::{StoreError, column::address};
use crate::ids::{AccountId, BareJid, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    pub account: AccountId,
    pub address: BareJid,
    pub nickname: Option<String>,
    pub text: Option<String>,
    /// When they asked first.
    pub time: Timestamp,
}

/// The open requests of an account, the oldest first.
pub fn all(connection: &Connection, account: AccountId) -> Result<Vec<RequestRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT account_id, address, nickname, text, time FROM request WHERE account_id = ?1 ORDER BY time, address",
    )?;
    let rows = statement.query_map([account], |row| {
        Ok(RequestRow {
            account: row.get(0)?,
            address: address(row, 1)?,
            nickname: row.get(2)?,
            text: row.get(3)?,
            time: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A server repeats a request at every sign-in (RFC 6121 §3.1.3): true when it is new or says something else.
pub fn put(connection: &Connection, request: &RequestRow) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO request (account_id, address, nickname, text, time) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account_id, address) DO UPDATE SET nickname = excluded.nickname, text = excluded.text
         WHERE nickname IS NOT excluded.nickname OR text IS NOT excluded.text",
    )?;
    let RequestRow { account, address, nickname, text, time } = request;
    Ok(statement.execute(params![account, address.as_str(), nickname, text, time])? > 0)
}

/// True when there was one.
pub fn remove(connection: &Connection, account: AccountId, address: &BareJid) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM request WHERE account_id = ?1 AND address = ?2")?;
    Ok(statement.execute(params![account, address.as_str()])? > 0)
}
