//! What is said of messages before they are here.

use super::*;
use crate::store::{
    early_answer::{EarlyAnswer, keep, take},
    message::{Direction, MessageRow},
};

const DAY_MS: i64 = 86_400_000;

fn answer(conversation: ConversationId, direction: Direction, named: &str) -> EarlyAnswer {
    EarlyAnswer { conversation, direction, named: named.to_owned(), is_read: true, said_at: NOW }
}

/// A message of Bob's that he calls so.
fn theirs(store: &Connection, conversation: ConversationId, name: &str, time: Timestamp) -> MessageRow {
    let new = message::NewMessage { stanza_id: Some(name.to_owned()), ..incoming(conversation, time.0, name) };
    message::insert(store, new).unwrap().unwrap()
}

fn ours(store: &Connection, conversation: ConversationId, name: &str) -> MessageRow {
    message::insert(store, outgoing(conversation, name)).unwrap().unwrap()
}

#[test]
fn it_is_taken_once_by_the_message_that_is_meant() {
    let (store, _, id) = chat();
    for direction in [Direction::Incoming, Direction::Outgoing] {
        keep(&store, &answer(id, direction, "one"), NOW).unwrap();
    }
    // What says less, and comes later, takes nothing back.
    keep(&store, &EarlyAnswer { is_read: false, ..answer(id, Direction::Outgoing, "one") }, NOW).unwrap();
    let [ours, theirs] = [ours(&store, id, "one"), theirs(&store, id, "one", NOW)];
    assert_eq!(take(&store, &ours).unwrap(), Some(true));
    assert_eq!(take(&store, &ours).unwrap(), None);
    assert_eq!(take(&store, &theirs).unwrap(), Some(true));
}

#[test]
fn what_came_after_it_was_said_is_another_message_of_the_same_name() {
    let (store, _, id) = chat();
    keep(&store, &answer(id, Direction::Incoming, "7"), NOW).unwrap();
    let later = theirs(&store, id, "7", Timestamp(NOW.0 + 1));
    assert_eq!(take(&store, &later).unwrap(), None);
    let meant = theirs(&store, id, "7", Timestamp(NOW.0 - 1));
    assert_eq!(take(&store, &meant).unwrap(), Some(true));
}

#[test]
fn of_what_never_comes_only_so_much_is_kept_and_one_side_does_not_drive_out_the_other() {
    let (store, _, id) = chat();
    keep(&store, &answer(id, Direction::Incoming, "read elsewhere"), NOW).unwrap();
    for n in 0..1_200 {
        keep(&store, &answer(id, Direction::Outgoing, &n.to_string()), NOW).unwrap();
    }
    let count: i64 = store.query_row("SELECT count(*) FROM early_answer", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1_001);
    assert_eq!(take(&store, &ours(&store, id, "199")).unwrap(), None, "the oldest go");
    assert_eq!(take(&store, &ours(&store, id, "200")).unwrap(), Some(true));
    assert_eq!(take(&store, &theirs(&store, id, "read elsewhere", NOW)).unwrap(), Some(true));
}

#[test]
fn what_has_not_come_for_long_is_forgotten_wherever_it_was_said() {
    let (store, account, id) = chat();
    let other = conversation::find_or_create(&store, account, &jid("carol@chat.test"), NOW).unwrap();
    keep(&store, &answer(id, Direction::Outgoing, "old"), NOW).unwrap();
    for (days, is_kept) in [(29, true), (31, false)] {
        keep(&store, &answer(other, Direction::Outgoing, "new"), Timestamp(NOW.0 + days * DAY_MS)).unwrap();
        let kept: bool = store
            .query_row("SELECT EXISTS (SELECT 1 FROM early_answer WHERE named = 'old')", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, is_kept, "after {days} days");
    }
}
