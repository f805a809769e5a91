//! What a copy in the archive says of whether a message arrived, and of whether it is here already.

use super::*;
use crate::{
    engine::{api::SendFailure, outbox},
    xmpp::delay::Delay,
};

#[test]
fn what_failed_and_was_deleted_does_not_come_back_as_sent() {
    let fixture = Fixture::new();
    let sent = fixture.send(fixture.open(BOB), "to nobody").0.cursor.id;
    let archived = ours(&fixture, sent, 0, 1);
    message::advance(&fixture.store, sent, MessageState::Failed(SendFailure::Undeliverable)).unwrap().unwrap();
    outbox::discard(&fixture.store, sent).unwrap();
    // Our server archives what we send before it knows what becomes of it.
    assert_eq!(Archive { items: vec![archived] }.fetch(&fixture, 1), (0, 0));
    assert_eq!(bodies(&fixture), [""; 0]);
}

#[test]
fn what_failed_and_goes_out_again_has_not_arrived_because_the_archive_has_what_failed() {
    let mut fixture = Fixture::new();
    let id = fixture.open(BOB);
    let sent = fixture.send(id, "to nobody").0.cursor.id;
    let archived = Archive { items: vec![ours(&fixture, sent, 0, 2)] };
    message::advance(&fixture.store, sent, MessageState::Failed(SendFailure::Undeliverable)).unwrap().unwrap();
    fixture.scope.is_online = false;
    outbox::retry(&fixture.store, &fixture.scope, sent).unwrap();
    assert_eq!(lookups(&fixture), [], "the archive can't tell");
    assert_eq!(archived.fetch(&fixture, 1), (0, 0));
    let state = || message::by_id(&fixture.store, sent).unwrap().state;
    assert_eq!(state(), MessageState::Waiting);
    // Nor where another one is looked for.
    fixture.scope.is_online = true;
    fixture.send(id, "another");
    let [lookup] = &lookups(&fixture)[..] else { panic!("of the other") };
    lookup.store(&fixture.store, &fixture.scope, &archived.items, true).unwrap();
    assert_eq!(state(), MessageState::Waiting);
    outbox::acked(&fixture.store, &[sent]).unwrap();
    assert_eq!(state(), MessageState::Sent);
}

#[test]
fn what_waited_at_a_server_without_stanza_ids_is_not_shown_twice() {
    let mut fixture = Fixture::new();
    fixture.scope.has_stanza_ids = false;
    // A client without unique ids, and a conversation in which something newer stands already.
    let mut archived = item(0, 1);
    archived.stamp = Timestamp(NOW.0 - 3_600_000);
    (archived.message.id, archived.message.origin_id) = (Some("7".to_owned()), None);
    fixture.send(fixture.open(BOB), "written without a line");
    let delay = Some(Delay { stamp: archived.stamp, from: None });
    assert_eq!(fixture.receive(&[IncomingMessage { delay, ..(*archived.message).clone() }]).stored.len(), 1);
    assert_eq!(Archive { items: vec![archived] }.fetch(&fixture, 1), (0, 0));
    assert_eq!(bodies(&fixture), ["written without a line", "0"]);
}

#[test]
fn what_was_missed_brings_an_archived_conversation_back_and_what_is_older_does_not() {
    let (mut fixture, archive) = (Fixture::new(), Archive::new(60));
    // Our clock is a day ahead.
    fixture.scope.now = Timestamp(NOW.0 + 86_400_000);
    let id = fixture.send(fixture.open(BOB), "from tomorrow").0.conversation;
    let is_archived = || crate::store::conversation::by_id(&fixture.store, id).unwrap().is_archived;
    conversation::set_archived(&fixture.store, id, true).unwrap();
    assert_eq!(Archive { items: archive.items[..30].to_vec() }.fetch(&fixture, 100), (30, 0));
    assert!(is_archived(), "all of this is from before");
    assert_eq!(archive.fetch(&fixture, 100), (30, 30));
    assert!(!is_archived());
}
