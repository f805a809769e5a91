//! Brings a database to the newest schema, one numbered step after the other.
//!
//! A migration that has left the house is never changed: `fixtures/` holds a database of each earlier version, and the tests
//! bring each of them up.

use rusqlite::{Connection, TransactionBehavior};

/// `PRAGMA application_id`: "Ston".
pub(super) const APPLICATION_ID: i64 = 0x5374_6F6E;

/// The step at index `n` leads from version `n` to version `n + 1`.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_initial.sql")];

/// The version that this program writes.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("migrations can be counted")
}

/// The version of a database; 0 when it is empty.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Applies what is missing, all of it or nothing.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let found = version(connection)?;
    let Some(missing) = usize::try_from(found).ok().and_then(|done| MIGRATIONS.get(done..)) else { return Ok(()) };
    if missing.is_empty() {
        return Ok(());
    }
    // A table can only be rebuilt while nothing watches its references (https://sqlite.org/lang_altertable.html §7).
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for step in missing {
        transaction.execute_batch(step)?;
    }
    if let Some(table) = broken_reference(&transaction)? {
        log::error!("migration left a broken reference in table {table}");
        return Err(rusqlite::Error::InvalidQuery);
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest())?;
    transaction.commit()?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn broken_reference(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}
