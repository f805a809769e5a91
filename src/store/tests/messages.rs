use super::*;
use crate::{
    ids::{Cursor, MessageId, Timestamp},
    store::{
        SendFailure, StoreError, export,
        history::{self, Anchor},
        message::{ArchiveId, MessageRow, Place},
    },
};

fn put(connection: &Connection, new: message::NewMessage) -> MessageRow {
    message::insert(connection, new).unwrap().expect("no duplicate")
}

fn bodies(page: &history::Page) -> Vec<&str> {
    page.messages.iter().map(|row| row.body.as_str()).collect()
}

#[test]
fn the_newest_that_came_are_named_as_the_archive_does() {
    let (store, _, id) = chat();
    let by = jid("alice@chat.test");
    for n in 0..5 {
        let archive_id = (n != 3).then(|| message::ArchiveId { by: by.clone(), id: format!("a-{n}") });
        message::insert(&store, message::NewMessage { archive_id, ..incoming(id, NOW.0 + n, "x") }).unwrap();
    }
    let archive_id = Some(message::ArchiveId { by, id: "own".to_owned() });
    message::insert(&store, message::NewMessage { archive_id, ..outgoing(id, "o") }).unwrap();
    let ids = message::newest_received_ids(&store, id, 3).unwrap();
    assert_eq!(ids.iter().map(|id| id.id.as_str()).collect::<Vec<_>>(), ["a-4", "a-2", "a-1"]);
}

#[test]
fn a_duplicate_by_origin_or_archive_id_is_refused() {
    let (connection, _, chat) = chat();
    let archive = |by: &str, id: &str| Some(ArchiveId { by: jid(by), id: id.to_owned() });
    let first = message::NewMessage {
        origin_id: Some(OriginId("o".into())),
        archive_id: archive("alice@chat.test", "1"),
        ..incoming(chat, NOW.0, "x")
    };
    put(&connection, first.clone());
    let same_origin = message::NewMessage { archive_id: archive("alice@chat.test", "2"), ..first.clone() };
    assert_eq!(message::insert(&connection, same_origin).unwrap(), None);
    let same_archive = message::NewMessage { origin_id: Some(OriginId("p".into())), ..first.clone() };
    assert_eq!(message::insert(&connection, same_archive).unwrap(), None);
    // The same ids from somebody else, or from another archive, are other messages.
    let other_sender = message::NewMessage { sender: jid("eve@chat.test"), archive_id: None, ..first.clone() };
    put(&connection, other_sender);
    let other_archive = message::NewMessage { origin_id: None, archive_id: archive("chat.test", "1"), ..first };
    put(&connection, other_archive);
    put(&connection, incoming(chat, NOW.0, "no ids"));
    put(&connection, incoming(chat, NOW.0, "no ids"));
}

#[test]
fn what_arrives_stands_last_whatever_its_time() {
    let (connection, _, chat) = chat();
    put(&connection, incoming(chat, NOW.0, "first"));
    put(&connection, incoming(chat, NOW.0 - 60_000, "late"));
    put(&connection, incoming(chat, NOW.0, "third"));
    put(&connection, message::NewMessage { place: Place::ByTime, ..incoming(chat, NOW.0 - 1, "archived") });
    let page = history::page(&connection, chat, Anchor::Newest, 10).unwrap();
    assert_eq!(bodies(&page), ["archived", "first", "late", "third"]);
}

#[test]
fn pages_meet_without_gap_or_overlap_even_at_equal_positions() {
    let (connection, _, chat) = chat();
    for n in 0..20 {
        let place = Place::ByTime; // all at one position
        put(&connection, message::NewMessage { place, ..incoming(chat, NOW.0, &n.to_string()) });
    }
    let mut seen = Vec::new();
    let mut anchor = Anchor::Newest;
    loop {
        let page = history::page(&connection, chat, anchor, 6).unwrap();
        assert_eq!(page.has_newer, !matches!(anchor, Anchor::Newest));
        seen.splice(0..0, page.messages.iter().map(|row| row.body.clone()));
        anchor = Anchor::Before(page.messages[0].cursor);
        if !page.has_older {
            break;
        }
    }
    assert_eq!(seen, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    let middle = history::page(&connection, chat, Anchor::Around(MessageId(10)), 5).unwrap();
    assert_eq!(bodies(&middle), ["7", "8", "9", "10", "11"]);
    assert!(middle.has_older && middle.has_newer);
    let after = history::page(&connection, chat, Anchor::After(middle.messages[4].cursor), 100).unwrap();
    assert_eq!((bodies(&after)[0], after.messages.len(), after.has_newer), ("12", 8, false));
}

#[test]
fn around_a_message_near_an_end_the_page_is_full() {
    let (connection, _, chat) = chat();
    let rows: Vec<_> = (0..10).map(|n| put(&connection, incoming(chat, NOW.0, &n.to_string()))).collect();
    for at in [0, 1, 8, 9] {
        let page = history::page(&connection, chat, Anchor::Around(rows[at].cursor.id), 6).unwrap();
        assert_eq!(page.messages.len(), 6, "{at}");
        assert!(page.messages.contains(&rows[at]));
    }
    let unknown = history::page(&connection, chat, Anchor::Around(MessageId(99)), 6);
    assert!(matches!(unknown, Err(StoreError::NotFound)));
}

#[test]
fn a_day_begins_with_the_first_message_of_its_time_also_where_an_older_one_arrived_after_it() {
    let (connection, _, chat) = chat();
    for (n, body) in [(0, "a"), (100, "b"), (40, "late"), (200, "c"), (300, "d")] {
        put(&connection, incoming(chat, NOW.0 + n, body));
    }
    let target = |time: i64| {
        let page = history::page(&connection, chat, Anchor::At(Timestamp(time)), 3).unwrap();
        let target = page.target?;
        page.messages.into_iter().find(|row| row.cursor == target).map(|row| row.body)
    };
    for (time, expected) in [(-1, "a"), (0, "a"), (1, "b"), (100, "b"), (101, "c"), (300, "d")] {
        assert_eq!(target(NOW.0 + time).as_deref(), Some(expected), "{time}");
    }
    assert_eq!(target(NOW.0 + 301), None);
    let beyond = history::page(&connection, chat, Anchor::At(Timestamp(NOW.0 + 301)), 3).unwrap();
    assert_eq!(bodies(&beyond), ["late", "c", "d"], "the newest");
}

#[test]
fn what_is_unread_begins_after_the_mark_with_what_others_wrote() {
    let (connection, _, chat) = chat();
    let unread = |limit| history::page(&connection, chat, Anchor::Unread, limit).unwrap();
    assert_eq!(unread(5).target, None);
    let read = put(&connection, incoming(chat, NOW.0, "read")).cursor;
    put(&connection, outgoing(chat, "mine"));
    let first = put(&connection, incoming(chat, NOW.0 + 1, "first")).cursor;
    put(&connection, incoming(chat, NOW.0 + 2, "second"));
    conversation::mark_read(&connection, chat, read).unwrap();
    assert_eq!(unread(10).target, Some(first));
    assert_eq!(bodies(&unread(1)), ["first"]);
    conversation::mark_read(&connection, chat, Cursor { position: i64::MAX, id: MessageId(i64::MAX) }).unwrap();
    assert_eq!((unread(10).target, bodies(&unread(1))), (None, vec!["second"]));
}

#[test]
fn the_oldest_page_and_all_places_between_two() {
    let (connection, _, chat) = chat();
    let rows: Vec<_> = (0..10).map(|n| put(&connection, incoming(chat, NOW.0, &n.to_string())).cursor).collect();
    let oldest = history::page(&connection, chat, Anchor::Oldest, 3).unwrap();
    assert_eq!((bodies(&oldest), oldest.has_older, oldest.has_newer), (vec!["0", "1", "2"], false, true));
    assert_eq!(history::places(&connection, chat, rows[2], rows[5]).unwrap(), rows[2..=5]);
}

#[test]
fn reading_lowers_the_unread_count_and_never_goes_back() {
    let (connection, account, chat) = chat();
    let rows: Vec<_> = (0..5).map(|n| put(&connection, incoming(chat, NOW.0, &n.to_string()))).collect();
    put(&connection, outgoing(chat, "mine"));
    assert_eq!(conversation::by_id(&connection, chat).unwrap().unread, 5);
    let mark = conversation::mark_read(&connection, chat, rows[2].cursor).unwrap();
    assert_eq!((mark.unread, mark.has_moved), (2, true));
    let back = conversation::mark_read(&connection, chat, rows[0].cursor).unwrap();
    assert_eq!((back.unread, back.has_moved, back.up_to), (2, false, rows[2].cursor));
    // A mark from the future does not swallow what is yet to come.
    let all = Cursor { position: i64::MAX, id: MessageId(i64::MAX) };
    assert_eq!(conversation::mark_read(&connection, chat, all).unwrap().unread, 0);
    put(&connection, incoming(chat, NOW.0 + 1, "new"));
    assert_eq!(conversation::all(&connection, account).unwrap()[0].unread, 1);
}

#[test]
fn a_state_only_moves_forward() {
    let (connection, _, chat) = chat();
    let id = put(&connection, outgoing(chat, "a")).cursor.id;
    let state = |next| message::advance(&connection, id, next).unwrap().map(|row| row.state);
    assert_eq!(state(MessageState::Delivered), Some(MessageState::Delivered));
    assert_eq!(state(MessageState::Sent), None);
    assert_eq!(state(MessageState::Failed(SendFailure::Refused)), None);
    let id = put(&connection, outgoing(chat, "b")).cursor.id;
    let failed = MessageState::Failed(SendFailure::Undeliverable);
    assert_eq!(message::advance(&connection, id, failed).unwrap().unwrap().state, failed);
    assert_eq!(pending::retry(&connection, id).unwrap().unwrap().state, MessageState::Waiting);
    assert_eq!(pending::retry(&connection, id).unwrap(), None);
    assert_eq!(pending::discard(&connection, id).unwrap(), None);
    let received = put(&connection, incoming(chat, NOW.0, "x")).cursor.id;
    assert_eq!(message::advance(&connection, received, MessageState::Sent).unwrap(), None);
}

#[test]
fn what_waits_is_sent_in_the_order_it_was_written() {
    let (connection, account, chat) = chat();
    let other = conversation::find_or_create(&connection, account, &jid("carol@chat.test"), NOW).unwrap();
    for (chat, origin) in [(chat, "1"), (other, "2"), (chat, "3")] {
        put(&connection, outgoing(chat, origin));
    }
    let sent = put(&connection, outgoing(chat, "4")).cursor.id;
    message::advance(&connection, sent, MessageState::Sent).unwrap();
    let pending = pending::of_account(&connection, account).unwrap();
    let order: Vec<_> = pending.iter().map(|p| (p.message.body.as_str(), p.peer.as_str())).collect();
    assert_eq!(order, [("1", "bob@chat.test"), ("2", "carol@chat.test"), ("3", "bob@chat.test")]);
}

#[test]
fn an_id_proves_nothing_without_its_sender() {
    let (connection, _, chat) = chat();
    put(&connection, outgoing(chat, "a"));
    let find = |sender: &str| message::by_origin(&connection, chat, &jid(sender), &OriginId("a".into())).unwrap();
    assert!(find("alice@chat.test").is_some());
    assert!(find("bob@chat.test").is_none());
}

#[test]
fn the_list_shows_the_last_message_on_one_short_line() {
    let (connection, account, chat) = chat();
    put(&connection, incoming(chat, NOW.0, "old"));
    put(&connection, incoming(chat, NOW.0, &format!("  line\n\n two {}", "é".repeat(10_000))));
    let last = conversation::all(&connection, account).unwrap().remove(0).last.unwrap();
    assert!(last.text.starts_with("line two é"), "{}", last.text);
    assert!(last.text.chars().count() <= conversation::PREVIEW_LENGTH);
}

#[test]
fn an_export_has_everything_in_the_order_of_each_history() {
    let (connection, account, chat) = chat();
    let other = conversation::find_or_create(&connection, account, &jid("carol@chat.test"), NOW).unwrap();
    put(&connection, incoming(chat, NOW.0, "1"));
    put(&connection, incoming(other, NOW.0, "3"));
    let format = TextFormat { spoiler: Some("hint".to_owned()), ..TextFormat::default() };
    put(&connection, message::NewMessage { format, ..incoming(chat, NOW.0, "2") });
    let mut bodies = Vec::new();
    export::messages(&connection, |message| {
        bodies.push((message.body, message.format.spoiler.is_some()));
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert_eq!(
        bodies,
        [("1", false), ("2", true), ("3", false)].map(|(body, is_covered)| (body.to_owned(), is_covered))
    );
}

#[test]
fn no_mark_stays_where_the_newest_message_was() {
    let (connection, account, id) = chat();
    let insert = |time: i64| message::insert(&connection, incoming(id, time, "x")).unwrap().unwrap().cursor;
    let (first, second) = (insert(NOW.0), insert(NOW.0 + 60_000));
    conversation::mark_read(&connection, id, second).unwrap();
    let archive = ArchiveId { by: jid("alice@chat.test"), id: "a".to_owned() };
    message::move_to(&connection, second.id, first.position - 1, &archive).unwrap();
    let row = || conversation::all(&connection, account).unwrap().remove(0);
    assert_eq!((row().read, row().unread), (first, 0));
    // What comes now, by a clock that is behind, is unread all the same.
    let third = insert(NOW.0 + 1_000);
    assert_eq!(row().unread, 1);
    conversation::mark_read(&connection, id, third).unwrap();
    crate::store::amendment::remove(&connection, third.id).unwrap();
    assert_eq!((row().read, row().unread), (first, 0));
}
