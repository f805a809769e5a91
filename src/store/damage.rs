//! Tells a damaged database from a sound one, and puts it aside: renamed, never deleted.
//!
//! A file that lost its end or its head betrays itself when it is opened. Damage further in shows when a page is read; then a mark
//! is left beside the file, and the next start looks through all of it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

/// Whether SQLite would take the file for a new one though it is what is left of an old one: it would then delete the log.
pub(super) fn has_lost_all(database: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map_or(0, |m| m.len());
    length(database) == 0 && length(&beside(database, "-wal")) > 0
}

/// Asks for a look through the whole file at the next start.
pub(super) fn suspect(database: &Path) {
    if let Err(error) = fs::write(suspicion(database), "") {
        log::warn!("the damaged database could not be marked: {error}");
    }
}

/// Reads all of a suspected database: `false` when it is damaged.
pub(super) fn is_sound(database: &Path, connection: &Connection) -> rusqlite::Result<bool> {
    if !suspicion(database).exists() {
        return Ok(true);
    }
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        acquit(database);
        return Ok(true);
    }
    log::error!("the database is damaged: {verdict}");
    Ok(false)
}

/// Renames the database and what belongs to it to a name that is free, and returns that name.
pub(super) fn set_aside(database: &Path) -> io::Result<PathBuf> {
    const PARTS: [&str; 3] = ["-wal", "-shm", ""];
    let is_free = |name: &PathBuf| PARTS.iter().all(|part| !beside(name, part).exists());
    let aside = (1..=u32::MAX)
        .map(|n| beside(database, &format!(".damaged-{n}")))
        .find(is_free)
        .expect("a directory holds fewer files than there are numbers");
    // The database itself goes last: a log without its database would be deleted by SQLite, and that log may hold the newest
    // messages.
    for part in PARTS {
        match fs::rename(beside(database, part), beside(&aside, part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    acquit(database);
    Ok(aside)
}

fn acquit(database: &Path) {
    if let Err(error) = fs::remove_file(suspicion(database))
        && error.kind() != io::ErrorKind::NotFound
    {
        log::warn!("the mark of a damaged database could not be removed: {error}");
    }
}

fn suspicion(database: &Path) -> PathBuf {
    beside(database, ".suspect")
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    name.into()
}
