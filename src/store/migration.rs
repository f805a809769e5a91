//! Brings a database to the newest schema, one numbered step after the other.
//!
//! A migration that has left the house is never changed: `fixtures/` holds a database of each earlier version, and the tests
//! bring each of them up.

use rusqlite::{Connection, TransactionBehavior, ffi};

/// `PRAGMA application_id`: "Ston".
pub(super) const APPLICATION_ID: i64 = 0x5374_6F6E;

/// The step at index `n` leads from version `n` to version `n + 1`.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_archive.sql"),
    include_str!("migrations/0003_attempt.sql"),
    include_str!("migrations/0004_search.sql"),
    include_str!("migrations/0005_read.sql"),
    include_str!("migrations/0006_sign_in.sql"),
    include_str!("migrations/0007_amendment.sql"),
    include_str!("migrations/0008_blocked.sql"),
    include_str!("migrations/0009_deletion.sql"),
    include_str!("migrations/0010_attention.sql"),
    include_str!("migrations/0011_attachment.sql"),
    include_str!("migrations/0012_held.sql"),
    include_str!("migrations/0013_length.sql"),
    include_str!("migrations/0014_link_preview.sql"),
    include_str!("migrations/0015_file_search.sql"),
    include_str!("migrations/0016_text_format.sql"),
    include_str!("migrations/0017_language.sql"),
    include_str!("migrations/0018_orphan.sql"),
    include_str!("migrations/0019_archive_lowest.sql"),
    include_str!("migrations/0020_search_due.sql"),
    include_str!("migrations/0021_retried.sql"),
    include_str!("migrations/0022_sent_position.sql"),
    include_str!("migrations/0023_early_answer.sql"),
];

/// The version that this program writes.
pub(super) fn newest() -> i64 {
    count(MIGRATIONS)
}

fn count(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).expect("migrations can be counted")
}

/// The version of a database; 0 when it is empty.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Applies what is missing, all of it or nothing.
///
/// # Errors
/// The database is then what it was, but the connection is of no further use: references are not watched on it.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let found = version(connection)?;
    let missing = usize::try_from(found).ok().and_then(|done| steps.get(done..)).unwrap_or_default();
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
        let broken = format!("a migration would leave a broken reference in the table {table}");
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CONSTRAINT_FOREIGNKEY), Some(broken)));
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", count(steps))?;
    transaction.commit()?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn broken_reference(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{attachment::AttachmentKind, search::Query};

    /// A database of each earlier version and of this one, schema and rows, as that version wrote it. The one of version `n` is
    /// at index `n - 1`; it is written when the migration that leads to `n` leaves the house, and not touched after.
    const FIXTURES: &[&str] = &[
        include_str!("fixtures/0001.sql"),
        include_str!("fixtures/0002.sql"),
        include_str!("fixtures/0003.sql"),
        include_str!("fixtures/0004.sql"),
        include_str!("fixtures/0005.sql"),
        include_str!("fixtures/0006.sql"),
        include_str!("fixtures/0007.sql"),
        include_str!("fixtures/0008.sql"),
        include_str!("fixtures/0009.sql"),
        include_str!("fixtures/0010.sql"),
        include_str!("fixtures/0011.sql"),
        include_str!("fixtures/0012.sql"),
        include_str!("fixtures/0013.sql"),
        include_str!("fixtures/0014.sql"),
        include_str!("fixtures/0015.sql"),
        include_str!("fixtures/0016.sql"),
        include_str!("fixtures/0017.sql"),
        include_str!("fixtures/0018.sql"),
        include_str!("fixtures/0019.sql"),
        include_str!("fixtures/0020.sql"),
        include_str!("fixtures/0021.sql"),
        include_str!("fixtures/0022.sql"),
        include_str!("fixtures/0023.sql"),
    ];

    fn empty() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        super::super::search::register(&connection).unwrap();
        connection
    }

    fn database(sql: &str) -> Connection {
        let connection = empty();
        connection.execute_batch(sql).unwrap();
        connection
    }

    fn schema(connection: &Connection) -> Vec<(String, String)> {
        // Comments and white space do not change what a schema says.
        let words = |sql: String| {
            let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
            lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
        };
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, words(row.get(1)?)))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn tables(connection: &Connection) -> Vec<String> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
            AND name NOT LIKE 'message_search%' ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn each_version_that_ever_was_has_a_fixture() {
        assert_eq!(FIXTURES.len(), MIGRATIONS.len());
    }

    #[test]
    fn a_database_of_each_version_becomes_what_a_new_one_is() {
        let mut new = empty();
        migrate(&mut new).unwrap();
        for (n, sql) in FIXTURES.iter().enumerate() {
            let mut old = database(sql);
            assert_eq!(usize::try_from(version(&old).unwrap()).unwrap(), n + 1);
            migrate(&mut old).unwrap();
            assert_eq!(version(&old).unwrap(), newest());
            assert_eq!(schema(&old), schema(&new), "from version {}", n + 1);
        }
    }

    #[test]
    fn no_row_of_an_earlier_version_is_lost() {
        for sql in FIXTURES {
            let mut old = database(sql);
            let tables = tables(&old);
            migrate(&mut old).unwrap();
            for table in tables {
                let rows: i64 = old.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
                assert!(rows > 0, "{table}");
            }
            let account = &super::super::account::all(&old).unwrap()[0];
            let conversation = &super::super::conversation::all(&old, account.id).unwrap()[0];
            assert_eq!((account.address.as_str(), conversation.peer.as_str()), ("alice@chat.test", "bob@chat.test"));
            assert_eq!((conversation.unread, conversation.draft.as_deref()), (1, Some("to be con")));
            assert_eq!(conversation.last.as_ref().unwrap().text, "How are you?");
            // What is searched is made of what was there.
            let query = Query { text: "are".to_owned(), ..Query::default() };
            assert_eq!(super::super::search::find(&old, &query, None, 10).unwrap().len(), 1);
            let has_files = old.query_row("SELECT EXISTS (SELECT 1 FROM attachment)", [], |row| row.get(0)).unwrap();
            for (text, kind, is_found) in [
                ("", AttachmentKind::Picture, has_files),
                ("png", AttachmentKind::Picture, has_files),
                ("", AttachmentKind::Audio, false),
                ("hello", AttachmentKind::Picture, false),
            ] {
                let query = Query { text: text.to_owned(), files: vec![kind], ..Query::default() };
                let found = super::super::search::find(&old, &query, None, 10).unwrap();
                assert_eq!(!found.is_empty(), is_found, "{text} {kind:?}");
            }
            let contact = &super::super::contact::all(&old, account.id).unwrap()[0];
            assert_eq!((contact.groups.len(), contact.has_picture), (2, true));
        }
    }

    #[test]
    fn a_migration_that_fails_leaves_what_was_there() {
        for bad in [
            "CREATE TABLE extra (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);",
            "CREATE TABLE extra (x INTEGER) STRICT; DELETE FROM account;",
        ] {
            let mut old = database(FIXTURES[0]);
            let before = schema(&old);
            apply(&mut old, &[MIGRATIONS[0], bad]).unwrap_err();
            assert_eq!((version(&old).unwrap(), schema(&old)), (1, before));
        }
    }

    #[test]
    fn only_the_missing_steps_are_applied() {
        let mut old = database(FIXTURES[0]);
        let steps = [MIGRATIONS[0], "CREATE TABLE extra (x INTEGER) STRICT;", "ALTER TABLE extra ADD y INTEGER;"];
        apply(&mut old, &steps).unwrap();
        apply(&mut old, &steps).unwrap();
        assert_eq!(version(&old).unwrap(), 3);
        old.execute("INSERT INTO extra (x, y) VALUES (1, 2)", []).unwrap();
        old.execute("INSERT INTO contact_group (contact_id, name) VALUES (99, 'x')", []).unwrap_err();
    }
}
