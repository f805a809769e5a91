//! The database for one who only looks, beside a running instance or without one.

use std::path::Path;

use rusqlite::Connection;

use super::{DATABASE_NAME, StoreError, database, error::OpenError, migration};

/// A connection that can't write.
#[derive(Debug)]
pub struct ReadOnly {
    connection: Connection,
}

impl ReadOnly {
    /// # Errors
    /// `NotReady` where no instance has made or migrated the database yet; a damaged one is an error here and stays where it is.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(DATABASE_NAME);
        if !path.exists() {
            return Err(OpenError::NotReady);
        }
        let connection = database::connect_read_only(&path).map_err(OpenError::sqlite(&path))?;
        let found = migration::version(&connection).map_err(OpenError::sqlite(&path))?;
        match found - migration::newest() {
            0 => Ok(Self { connection }),
            ..0 => Err(OpenError::NotReady),
            1.. => Err(OpenError::NewerVersion { found, known: migration::newest() }),
        }
    }

    /// Runs `f`, all of whose queries see the same state.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        f(&transaction)
    }
}
