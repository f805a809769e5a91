//! What is left of a profile after the worst: a crash, a torn file, a file that is somebody else's.

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use futures::executor::block_on;
use rusqlite::config::DbConfig;
use tempfile::TempDir;

use super::*;
use crate::store::{DATABASE_NAME, OpenError, Store, export};

/// What `PRAGMA synchronous` answers where every commit is synced.
const FULL: i64 = 2;

fn database(dir: &Path) -> PathBuf {
    dir.join(DATABASE_NAME)
}

fn wal(dir: &Path) -> PathBuf {
    dir.join(format!("{DATABASE_NAME}-wal"))
}

fn open(dir: &Path) -> Store {
    let opened = Store::open(dir).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.store
}

fn begin(store: &Store) -> ConversationId {
    let begun = store.write(|tx| {
        let account = add_account(tx, "alice@chat.test");
        conversation::find_or_create(tx, account, &jid("bob@chat.test"), NOW)
    });
    block_on(begun).unwrap()
}

fn put(store: &Store, chat: ConversationId, body: &str) {
    let new = incoming(chat, NOW.0, body);
    block_on(store.write(move |tx| message::insert(tx, new))).unwrap().unwrap();
}

fn bodies(store: &Store) -> Vec<String> {
    let read = store.read(|connection| {
        let mut bodies = Vec::new();
        export::messages(connection, |message| {
            bodies.push(message.body);
            Ok::<_, crate::store::StoreError>(())
        })?;
        Ok(bodies)
    });
    block_on(read).unwrap()
}

/// What the disk holds at this moment, as a crash would leave it. The shared memory is none of it.
fn crash(dir: &Path) -> TempDir {
    let left = TempDir::new().unwrap();
    for part in [database, wal] {
        fs::copy(part(dir), part(left.path())).unwrap();
    }
    left
}

#[test]
fn a_crash_within_a_transaction_leaves_the_last_commit() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let chat = begin(&store);
    put(&store, chat, "committed");
    let (written, is_written) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let writing = store.write(move |tx| {
        // More than the page cache holds, so that half of it is in the log already.
        tx.pragma_update(None, "cache_size", 10)?;
        for n in 0..500 {
            message::insert(tx, incoming(chat, NOW.0, &format!("{n} {}", "x".repeat(1_000))))?;
        }
        written.send(()).unwrap();
        released.recv_timeout(Duration::from_secs(10)).expect("the copy is made meanwhile");
        Ok(())
    });
    is_written.recv_timeout(Duration::from_secs(10)).unwrap();
    let left = crash(dir.path());
    release.send(()).unwrap();
    block_on(writing).unwrap();
    assert!(fs::metadata(wal(left.path())).unwrap().len() > 200_000, "the transaction had reached the log");
    assert_eq!(bodies(&open(left.path())), ["committed"]);
}

#[test]
fn a_log_that_lost_its_end_costs_only_what_stood_there() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let chat = begin(&store);
    put(&store, chat, "first");
    let whole = fs::metadata(wal(dir.path())).unwrap().len();
    put(&store, chat, "second");
    let left = crash(dir.path());
    fs::File::options().write(true).open(wal(left.path())).unwrap().set_len(whole + 100).unwrap();
    assert_eq!(bodies(&open(left.path())), ["first"]);
    assert_eq!(bodies(&open(crash(dir.path()).path())), ["first", "second"]);
}

#[test]
fn what_a_write_returned_for_is_synced() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let settings = store.write(|tx| {
        let ask = |name: &str| tx.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let journal: String = tx.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        Ok((journal, ask("synchronous")?, ask("foreign_keys")?))
    });
    assert_eq!(block_on(settings).unwrap(), ("wal".to_owned(), FULL, 1));
}

#[test]
fn damage_that_is_found_while_running_is_set_aside_at_the_next_start() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let chat = begin(&store);
    for n in 0..800 {
        put(&store, chat, &format!("{n} {}", "x".repeat(500)));
    }
    drop(store);
    // All but the first pages, which hold the schema: a start reads no further.
    let length = fs::metadata(database(dir.path())).unwrap().len();
    let mut file = fs::File::options().write(true).open(database(dir.path())).unwrap();
    file.seek(SeekFrom::Start(length / 2)).unwrap();
    file.write_all(&vec![0xA5; usize::try_from(length / 2).unwrap()]).unwrap();
    let damaged = fs::read(database(dir.path())).unwrap();

    let store = open(dir.path());
    block_on(store.read(|connection| export::messages(connection, |_| Ok::<_, crate::store::StoreError>(()))))
        .unwrap_err();
    drop(store);
    let aside = Store::open(dir.path()).unwrap().set_aside.unwrap();
    assert_eq!(fs::read(aside).unwrap(), damaged);
    open(dir.path());
}

#[test]
fn a_log_without_its_database_is_kept() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    begin(&store);
    let left = crash(dir.path());
    fs::write(database(left.path()), "").unwrap();
    let log = fs::read(wal(left.path())).unwrap();
    let aside = Store::open(left.path()).unwrap().set_aside.unwrap();
    let mut kept = aside.into_os_string();
    kept.push("-wal");
    assert_eq!(fs::read(kept).unwrap(), log);
}

#[test]
fn the_database_of_another_program_is_kept_as_it_is() {
    let dir = TempDir::new().unwrap();
    let other = Connection::open(database(dir.path())).unwrap();
    other.execute_batch("CREATE TABLE account (secret TEXT); INSERT INTO account VALUES ('theirs');").unwrap();
    drop(other);
    let before = fs::read(database(dir.path())).unwrap();
    let aside = Store::open(dir.path()).unwrap().set_aside.unwrap();
    assert_eq!(fs::read(aside).unwrap(), before);
}

#[test]
fn a_newer_database_keeps_even_its_log() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    begin(&store);
    let newer = Connection::open(database(dir.path())).unwrap();
    newer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    newer.pragma_update(None, "user_version", 2_000).unwrap();
    let left = crash(dir.path());
    let read = || [database, wal].map(|part| fs::read(part(left.path())).unwrap());
    let before = read();
    assert!(matches!(Store::open(left.path()), Err(OpenError::NewerVersion { found: 2_000, .. })));
    assert_eq!(read(), before);
}

#[test]
fn a_profile_is_for_its_owner_only() {
    let dir = TempDir::new().unwrap();
    let profile = dir.path().join("deeper").join("profile");
    let store = open(&profile);
    begin(&store);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&profile), 0o700);
    assert_eq!((mode(&database(&profile)), mode(&wal(&profile))), (0o600, 0o600));
}

#[test]
fn a_place_where_nothing_can_be_written_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let Err(OpenError::Io { path, .. }) = Store::open(&file.join("profile")) else { panic!("no such directory") };
    assert_eq!(path, file.join("profile"));
    fs::create_dir(database(dir.path())).unwrap();
    let Err(OpenError::Sqlite { path, .. }) = Store::open(dir.path()) else { panic!("a directory is no database") };
    assert_eq!(path, database(dir.path()));
}
