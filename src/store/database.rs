//! Opens the profile's database and hands closures to its two threads: one that writes, one that reads.
//!
//! In WAL mode a reader sees the last commit and never waits for a writer, so a page of history comes while a long write goes on.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use super::{
    damage,
    error::{OpenError, StoreError, is_damage},
    migration, search,
    worker::Worker,
};

/// The database's name in the profile's directory.
pub const DATABASE_NAME: &str = "stonechat.db";

/// How long one process waits for another that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than the statements of all tables, so that each is parsed once per connection.
const STATEMENT_CACHE: usize = 96;

/// A database that could be opened.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    /// Where the damaged one lies now in whose place this one was begun.
    pub set_aside: Option<PathBuf>,
}

/// A profile's database; clones share it. It is closed, with all that was begun finished, when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    // Dropped in this order: the connection that can write closes last and moves the log into the database.
    reader: Worker,
    writer: Worker,
    dir: PathBuf,
}

impl Store {
    /// Opens the database in `dir`, or makes it. A directory it makes is for the user's eyes only; so are the files in any case.
    ///
    /// # Errors
    /// A damaged database is none: it is set aside, and a new one begun.
    pub fn open(dir: &Path) -> Result<Opened, OpenError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(OpenError::io(dir))?;
        let path = dir.join(DATABASE_NAME);
        let (connection, set_aside) = match connect(&path) {
            Ok(connection) => (connection, None),
            Err(Failure::Open(error)) => return Err(error),
            Err(Failure::Damaged(reason)) => {
                let aside = damage::set_aside(&path).map_err(OpenError::io(&path))?;
                log::error!("{}: {reason}; it now lies at {}", path.display(), aside.display());
                (connect(&path).map_err(|failure| failure.into_error(&path))?, Some(aside))
            }
        };
        let reader = connect_read_only(&path).map_err(OpenError::sqlite(&path))?;
        let inner = Inner {
            reader: Worker::start("store-read", path.clone(), reader).map_err(OpenError::io(&path))?,
            writer: Worker::start("store-write", path.clone(), connection).map_err(OpenError::io(&path))?,
            dir: dir.to_owned(),
        };
        Ok(Opened { store: Self { inner: Arc::new(inner) }, set_aside })
    }

    /// Where the profile lies.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Runs `f` as one transaction on the writing thread. When this has returned `Ok`, what was written is on disk.
    ///
    /// The closure runs even where the future is dropped before its end.
    ///
    /// # Errors
    /// What `f` returns or the commit runs into; the transaction is then rolled back.
    pub fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        self.inner.writer.run(TransactionBehavior::Immediate, |transaction| {
            let value = f(transaction)?;
            search::index(transaction)?;
            Ok(value)
        })
    }

    /// Runs `f` on the reading thread. All its queries see the same state: the last commit when it began.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        self.inner.reader.run(TransactionBehavior::Deferred, |transaction| f(transaction))
    }
}

enum Failure {
    Damaged(String),
    Open(OpenError),
}

impl Failure {
    fn into_error(self, path: &Path) -> OpenError {
        match self {
            Self::Open(error) => error,
            Self::Damaged(reason) => {
                OpenError::Io { path: path.to_owned(), error: io::Error::new(io::ErrorKind::InvalidData, reason) }
            }
        }
    }
}

/// The writing connection, with the newest schema.
fn connect(path: &Path) -> Result<Connection, Failure> {
    let failure = |error: rusqlite::Error| {
        if is_damage(&error) {
            Failure::Damaged(error.to_string())
        } else {
            Failure::Open(OpenError::sqlite(path)(error))
        }
    };
    if damage::has_lost_all(path) {
        return Err(Failure::Damaged("the database is empty, its log is not".to_owned()));
    }
    create_file(path).map_err(|error| Failure::Open(OpenError::io(path)(error)))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    // Until it is known to be ours to change, closing it must not change it either.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failure)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failure)?;
    let found = migration::version(&connection).map_err(failure)?;
    if !is_ours(&connection, found).map_err(failure)? {
        return Err(Failure::Damaged("this is not a database of Stonechat".to_owned()));
    }
    if found > migration::newest() {
        return Err(Failure::Open(OpenError::NewerVersion { found, known: migration::newest() }));
    }
    if !damage::is_sound(path, &connection).map_err(failure)? {
        return Err(Failure::Damaged("an index or a page is damaged".to_owned()));
    }
    configure(&mut connection).map_err(failure)?;
    Ok(connection)
}

/// Whether Stonechat made this database, or will have.
fn is_ours(connection: &Connection, version: i64) -> rusqlite::Result<bool> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application == migration::APPLICATION_ID || (application == 0 && version == 0 && objects == 0))
}

fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    keep_statements(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The server forgets a stanza once we acknowledge it, so a commit must outlive a power cut. In WAL mode NORMAL would not
    // do: it syncs at checkpoints only (https://sqlite.org/pragma.html#pragma_synchronous).
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    search::register(connection)?;
    migration::migrate(connection)
}

/// Beside the one that writes, in this process or in another.
pub(super) fn connect_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    keep_statements(&connection)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Has each statement parsed and planned once. SQLite would otherwise plan some of them anew for each value that is bound, in
/// case a partial index fits that value (<https://sqlite.org/queryplanner-ng.html#qpstab>).
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Makes the file where there is none, so that not even a world-readable directory lets others read it. SQLite gives the files
/// beside it the same mode.
fn create_file(path: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A database in memory with the newest schema, for the tests of single tables.
#[cfg(any(test, fuzzing))]
pub(crate) fn in_memory() -> Connection {
    let mut connection = Connection::open_in_memory().expect("there is memory");
    configure(&mut connection).expect("the schema is sound");
    connection
}
