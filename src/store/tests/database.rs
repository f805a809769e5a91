use std::{fs, os::unix::fs::PermissionsExt as _, sync::mpsc, time::Duration};

use futures::executor::block_on;
use tempfile::TempDir;

use super::*;
use crate::store::{DATABASE_NAME, OpenError, ReadOnly, Store, StoreError, history, migration};

fn open(dir: &TempDir) -> Store {
    let opened = Store::open(dir.path()).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.store
}

/// Stores one message for good.
fn fill(store: &Store) -> ConversationId {
    let filled = store.write(|tx| {
        let account = add_account(tx, "alice@chat.test");
        let chat = conversation::find_or_create(tx, account, &jid("bob@chat.test"), NOW)?;
        message::insert(tx, incoming(chat, NOW.0, "kept"))?;
        Ok(chat)
    });
    block_on(filled).unwrap()
}

fn count(store: &Store, chat: ConversationId) -> usize {
    block_on(store.read(move |c| history::page(c, chat, history::Anchor::Newest, 100))).unwrap().messages.len()
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let chat = fill(&open(&dir));
    assert_eq!(count(&open(&dir), chat), 1);
    let mode = |path: &str| fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(DATABASE_NAME), 0o600);
}

#[test]
fn a_transaction_that_fails_or_panics_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let chat = fill(&store);
    let failed = block_on(store.write(move |tx| {
        message::insert(tx, incoming(chat, NOW.0, "lost"))?;
        Err::<(), _>(StoreError::NotFound)
    }));
    assert!(matches!(failed, Err(StoreError::NotFound)));
    let panicked = block_on(store.write(move |tx| {
        message::insert(tx, incoming(chat, NOW.0, "lost"))?;
        assert!(chat.0 < 0, "on purpose");
        Ok(())
    }));
    assert!(matches!(panicked, Err(StoreError::Stopped)));
    assert_eq!(count(&store, chat), 1);
}

#[test]
fn a_read_does_not_wait_for_a_long_write() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let chat = fill(&store);
    let (release, released) = mpsc::channel::<()>();
    let writing = store.write(move |tx| {
        message::insert(tx, incoming(chat, NOW.0, "slow"))?;
        released.recv_timeout(Duration::from_secs(10)).expect("the read came back meanwhile");
        Ok(())
    });
    assert_eq!(count(&store, chat), 1);
    release.send(()).unwrap();
    block_on(writing).unwrap();
    assert_eq!(count(&store, chat), 2);
}

#[test]
fn a_damaged_database_is_set_aside_and_kept() {
    let dir = TempDir::new().unwrap();
    for (n, content) in [&b"this is no database, though it is long enough to have a header of one hundred bytes ...................."[..], b"short"]
        .into_iter()
        .enumerate()
    {
        fs::write(dir.path().join(DATABASE_NAME), content).unwrap();
        let opened = Store::open(dir.path()).unwrap();
        let aside = opened.set_aside.unwrap();
        assert_eq!(aside, dir.path().join(format!("{DATABASE_NAME}.damaged-{}", n + 1)));
        assert_eq!(fs::read(aside).unwrap(), content);
        fill(&opened.store);
    }
}

#[test]
fn a_database_that_lost_its_end_is_set_aside() {
    let dir = TempDir::new().unwrap();
    fill(&open(&dir));
    let path = dir.path().join(DATABASE_NAME);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let opened = Store::open(dir.path()).unwrap();
    assert_eq!(fs::read(opened.set_aside.unwrap()).unwrap(), &whole[..whole.len() / 2]);
}

#[test]
fn a_newer_database_is_refused_and_untouched() {
    let dir = TempDir::new().unwrap();
    fill(&open(&dir));
    let path = dir.path().join(DATABASE_NAME);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(
        matches!(Store::open(dir.path()), Err(OpenError::NewerVersion { found: 99, known }) if known == migration::newest())
    );
    assert!(matches!(ReadOnly::open(dir.path()), Err(OpenError::NewerVersion { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let chat = fill(&store);
    let full = block_on(store.write(move |tx| {
        // SQLite's own way of having no room left.
        let pages: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        message::insert(tx, incoming(chat, NOW.0, &"x".repeat(100_000)))
    }));
    assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
    assert_eq!(count(&store, chat), 1);
    let room = block_on(store.write(move |tx| {
        tx.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))?;
        message::insert(tx, incoming(chat, NOW.0, "there is room again"))
    }));
    assert!(room.unwrap().is_some());
    assert_eq!(count(&store, chat), 2);
}

#[test]
fn one_may_look_while_another_writes() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(ReadOnly::open(dir.path()), Err(OpenError::NotReady)));
    let store = open(&dir);
    fill(&store);
    let looked = ReadOnly::open(dir.path()).unwrap().read(|c| Ok(account::all(c)?.len())).unwrap();
    assert_eq!(looked, 1);
}
