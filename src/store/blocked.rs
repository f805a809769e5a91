//! Who may not reach an account, as its server has it.

use rusqlite::{Connection, params};

use super::{StoreError, column::any_address};
use crate::ids::{AccountId, BareJid, Jid};

/// The list of an account, in alphabetical order.
pub fn all(connection: &Connection, account: AccountId) -> Result<Vec<Jid>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT address FROM blocked WHERE account_id = ?1 ORDER BY address")?;
    let rows = statement.query_map([account], |row| any_address(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether somebody is on the list, or all of their server is (XEP-0191 §5).
pub fn is_blocked(connection: &Connection, account: AccountId, who: &BareJid) -> Result<bool, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM blocked WHERE account_id = ?1 AND address IN (?2, ?3))")?;
    Ok(statement.query_row(params![account, who.as_str(), who.domain().as_str()], |row| row.get(0))?)
}

/// True when it is new.
pub fn add(connection: &Connection, account: AccountId, address: &Jid) -> Result<bool, StoreError> {
    let mut statement = connection
        .prepare_cached("INSERT INTO blocked (account_id, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    Ok(statement.execute(params![account, address.as_str()])? > 0)
}

/// True when it was there.
pub fn remove(connection: &Connection, account: AccountId, address: &Jid) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM blocked WHERE account_id = ?1 AND address = ?2")?;
    Ok(statement.execute(params![account, address.as_str()])? > 0)
}

/// Empties the list. True when there was something on it.
pub fn clear(connection: &Connection, account: AccountId) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM blocked WHERE account_id = ?1")?.execute([account])? > 0)
}
