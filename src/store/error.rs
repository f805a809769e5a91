//! What can go wrong between the program and its database.

use std::{io, path::PathBuf};

use rusqlite::{ErrorCode, ffi};

/// Why a transaction came to nothing. All that it had written is taken back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    DiskFull,
    #[error("no such row")]
    NotFound,
    /// The database thread has ended, or the closure panicked.
    #[error("the store has stopped")]
    Stopped,
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            error if is_disk_full(&error) => Self::DiskFull,
            error => Self::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Whether it tells of damage in the file, so that the file should be looked through before it is used again.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Sqlite(error) if is_damage(error))
    }
}

/// Why a profile's database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Written by a newer Stonechat. The file was not touched.
    #[error("the database was written by a newer version ({found}; this one knows {known})")]
    NewerVersion { found: i64, known: i64 },
    /// Only where nothing may be written: there is no database yet, or one that must be migrated first.
    #[error("there is no database to read yet")]
    NotReady,
    #[error("the disk is full")]
    DiskFull,
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error("{path}: {error}")]
    Sqlite { path: PathBuf, error: rusqlite::Error },
}

impl OpenError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io { path, error },
        }
    }

    pub(super) fn sqlite(path: impl Into<PathBuf>) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.into();
        move |error| if is_disk_full(&error) { Self::DiskFull } else { Self::Sqlite { path, error } }
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    // On a full disk it is the file of shared memory beside the database that can't be made (unixShmMap in SQLite's os_unix.c).
    error.sqlite_error().is_some_and(|e| e.code == ErrorCode::DiskFull || e.extended_code == ffi::SQLITE_IOERR_SHMSIZE)
}

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
