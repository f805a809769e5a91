//! What a copy in the archive says of whether a message arrived, and of whether it is here already.

use super::*;
use crate::engine::{api::SendFailure, outbox};

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
