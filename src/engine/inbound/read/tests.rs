use super::*;
use crate::{
    engine::{
        api::HistoryAnchor,
        conversation as deeds,
        effect::Effects,
        fixture::{ALICE, BOB, Fixture, NOW, Seen, jid},
        outbox,
    },
    ids::{MessageId, Timestamp},
    store::{SendFailure, message::ArchiveId},
    xmpp::incoming::IncomingMessage,
};

/// Bob has seen the message that went out under this id.
fn marker(fixture: &Fixture, id: &str) -> IncomingMessage {
    IncomingMessage { body: None, displayed: Some(id.to_owned()), receipt_request: false, ..fixture.from(BOB, "") }
}

/// The id under which a message of ours went out.
fn id_of(effects: &Effects) -> String {
    effects.stanzas[0].stanza.attr("id").unwrap().to_owned()
}

/// What of ours counts as read, by its text.
fn read(fixture: &Fixture) -> Vec<String> {
    let id = fixture.open(BOB);
    let page = deeds::history(&fixture.store, id, HistoryAnchor::Newest, 100).unwrap();
    page.messages.into_iter().filter(|message| message.is_read).map(|message| message.body).collect()
}

/// A message that failed, and one after it that the server has; with the ids of both.
fn failed_and_sent(fixture: &Fixture) -> [(MessageId, String); 2] {
    let id = fixture.open(BOB);
    let [first, second] = ["first", "second"].map(|text| {
        let (message, effects) = fixture.send(id, text);
        (message.cursor.id, id_of(&effects))
    });
    message::advance(&fixture.store, first.0, MessageState::Failed(SendFailure::Refused)).unwrap().unwrap();
    outbox::acked(&fixture.store, &[second.0]).unwrap();
    [first, second]
}

/// It goes out once more, a while later, and the server has it; what the window is told.
fn retried(fixture: &mut Fixture, message: MessageId) -> Seen {
    fixture.scope.now.0 += 1_000;
    outbox::retry(&fixture.store, &fixture.scope, message).unwrap();
    Seen::from(outbox::acked(&fixture.store, &[message]).unwrap())
}

#[test]
fn what_is_sent_late_in_its_old_place_is_not_read_with_what_was_read_before() {
    let mut fixture = Fixture::new();
    let [first, second] = failed_and_sent(&fixture);
    fixture.receive(&[marker(&fixture, &second.1)]);
    assert_eq!(read(&fixture), ["second"]);
    let told = retried(&mut fixture, first.0);
    assert_eq!((told.changed.len(), told.changed[0].is_read), (1, false));
    assert_eq!(read(&fixture), ["second"]);
    // What was sent after it was read after it.
    let (third, effects) = fixture.send(told.changed[0].conversation, "third");
    outbox::acked(&fixture.store, &[third.cursor.id]).unwrap();
    let seen = fixture.receive(&[marker(&fixture, &id_of(&effects))]);
    let told: Vec<_> = seen.changed.iter().map(|message| (message.body.as_str(), message.is_read)).collect();
    assert_eq!(told, [("first", true), ("third", true)]);
    assert_eq!(read(&fixture), ["first", "second", "third"]);
}

#[test]
fn a_marker_counts_by_what_it_names_and_not_by_when_it_comes() {
    let mut fixture = Fixture::new();
    let [first, second] = failed_and_sent(&fixture);
    retried(&mut fixture, first.0);
    fixture.receive(&[marker(&fixture, &second.1)]);
    assert_eq!(read(&fixture), ["second"]);
    fixture.receive(&[marker(&fixture, &first.1)]);
    assert_eq!(read(&fixture), ["first", "second"]);
}

#[test]
fn who_has_read_what_was_sent_late_has_read_what_was_sent_before() {
    let mut fixture = Fixture::new();
    let [first, second] = failed_and_sent(&fixture);
    retried(&mut fixture, first.0);
    let seen = fixture.receive(&[marker(&fixture, &first.1)]);
    assert_eq!(seen.changed.len(), 2);
    assert_eq!(read(&fixture), ["first", "second"]);
    // That stays so where the one that was sent late is all that was sent after.
    let row = message::by_id(&fixture.store, second.0).unwrap();
    let archive = ArchiveId { by: jid(ALICE), id: "a".to_owned() };
    message::move_to(&fixture.store, second.0, row.cursor.position - 1, &archive).unwrap();
    assert_eq!(read(&fixture), ["first", "second"]);
}

#[test]
fn what_waited_for_a_line_is_read_in_the_order_in_which_it_was_written() {
    let mut fixture = Fixture::new();
    let id = fixture.open(BOB);
    fixture.scope.is_online = false;
    let sent = ["one", "two", "three"].map(|text| {
        fixture.scope.now.0 += 1_000;
        let (message, effects) = fixture.send(id, text);
        (message.cursor.id, id_of(&effects))
    });
    (fixture.scope.is_online, fixture.scope.now) = (true, Timestamp(NOW.0 + 60_000));
    // The line broke and came again, and the server had none of it.
    for _ in 0..2 {
        outbox::pending(&fixture.store, &fixture.scope, &std::collections::HashSet::new(), None).unwrap();
    }
    outbox::acked(&fixture.store, &sent.each_ref().map(|(id, _)| *id)).unwrap();
    fixture.receive(&[marker(&fixture, &sent[1].1)]);
    assert_eq!(read(&fixture), ["one", "two"]);
    let (last, effects) = fixture.send(id, "four");
    outbox::acked(&fixture.store, &[last.cursor.id]).unwrap();
    fixture.receive(&[marker(&fixture, &id_of(&effects))]);
    assert_eq!(read(&fixture), ["one", "two", "three", "four"]);
}
