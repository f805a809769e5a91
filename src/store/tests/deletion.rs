use super::*;
use crate::store::{
    deletion::{delete, is_deleted, tidy_index},
    message::ArchiveId,
    search::{self, Query},
};

fn archive(id: &str) -> ArchiveId {
    ArchiveId { by: jid("alice@chat.test"), id: id.to_owned() }
}

fn origin(id: &str) -> OriginId {
    OriginId(id.to_owned())
}

/// A message each half hour, the last one now.
fn filled() -> (Connection, ConversationId) {
    let (store, account, id) = chat();
    for n in 0..10 {
        let new = message::NewMessage {
            archive_id: Some(archive(&format!("a-{n}"))),
            origin_id: Some(origin(&format!("o-{n}"))),
            ..incoming(id, NOW.0 - (9 - n) * 1_800_000, "secret words")
        };
        message::insert(&store, new).unwrap();
    }
    let newest = conversation::by_id(&store, id).unwrap().last.unwrap().cursor;
    conversation::mark_read(&store, id, newest).unwrap();
    assert_eq!(conversation::all(&store, account).unwrap().len(), 1);
    (store, id)
}

#[test]
fn what_was_said_is_gone_and_what_waits_stays() {
    let (store, id) = filled();
    message::insert(&store, outgoing(id, "waits")).unwrap();
    assert_eq!(delete(&store, id, NOW).unwrap(), 10);
    let row = conversation::by_id(&store, id).unwrap();
    assert_eq!((row.last.unwrap().text.as_str(), row.unread), ("waits", 0));
    let found = |text: &str| {
        search::index(&store).unwrap();
        search::find(&store, &Query { text: text.to_owned(), ..Query::default() }, None, 10).unwrap()
    };
    assert_eq!((found("secret").len(), found("waits").len()), (0, 1));
    let mut steps = 0;
    while tidy_index(&store, steps == 0).unwrap() {
        steps += 1;
        assert!(steps < 100, "it has an end");
    }
    assert_eq!(found("waits").len(), 1);
    // Whatever its place, what comes now is unread.
    message::insert(&store, incoming(id, 5, "new")).unwrap();
    assert_eq!(conversation::by_id(&store, id).unwrap().unread, 1);
}

#[test]
fn what_was_deleted_is_known_and_what_is_new_is_not_taken_for_it() {
    let (store, id) = filled();
    let is = |stamp: i64, archive_id: &str, origin_id: &str| {
        is_deleted(&store, id, Some(Timestamp(stamp)), Some(&archive(archive_id)), Some(&origin(origin_id))).unwrap()
    };
    assert!(!is(NOW.0, "a-9", "o-9"), "nothing is deleted yet");
    delete(&store, id, NOW).unwrap();
    assert!(is(NOW.0, "a-9", "o-9"));
    assert!(is(NOW.0 + 90_000, "a-9", "x"), "by what the archive calls it, whatever its clock says");
    assert!(is(NOW.0, "x", "o-9"), "by what the sender calls it");
    assert!(is(NOW.0 - 7_200_000, "x", "x"), "long before, and never here");
    assert!(!is(NOW.0, "x", "x"));
    assert!(!is(NOW.0 - 600_000, "x", "x"), "our clock may be ahead: better twice than lost");
    assert!(!is_deleted(&store, id, None, None, None).unwrap());
    assert!(is_deleted(&store, id, None, Some(&archive("a-8")), None).unwrap());
    // Deleting again forgets nothing.
    message::insert(&store, incoming(id, NOW.0 + 1, "new")).unwrap();
    delete(&store, id, Timestamp(NOW.0 + 2)).unwrap();
    assert!(is(NOW.0, "a-9", "o-9"));
}

#[test]
fn what_was_said_can_not_be_read_in_the_file_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plain.db");
    let mut store = Connection::open(&path).unwrap();
    crate::store::search::register(&store).unwrap();
    crate::store::migration::migrate(&mut store).unwrap();
    let account = add_account(&store, "alice@chat.test");
    let id = conversation::find_or_create(&store, account, &jid("bob@chat.test"), NOW).unwrap();
    for n in 0..500 {
        message::insert(&store, incoming(id, NOW.0 + n, &format!("xyzzy{n} {}", "plugh".repeat(30)))).unwrap();
    }
    let times = |word: &[u8]| std::fs::read(&path).unwrap().windows(word.len()).filter(|w| *w == word).count();
    let words = || times(b"xyzzy");
    let text = || times(b" plugh") > 0;
    let before = words();
    assert!(before >= 500 && text());
    delete(&store, id, Timestamp(NOW.0 + 500)).unwrap();
    let mut is_first = true;
    while tidy_index(&store, is_first).unwrap() {
        is_first = false;
    }
    let left = words();
    // SQLite leaves what it has moved within a page of the index.
    assert!(left <= 4, "{left} of {before} words");
    assert!(!text(), "no text can be read");
}
