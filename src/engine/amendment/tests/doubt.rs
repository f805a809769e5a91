//! What is taken back while it is not known whether it has left.

use std::collections::HashSet;

use super::*;
use crate::engine::{api::MessageState, effect::Released};

/// Alice takes back what a session has in its hands; that session is over, and what it had of it is known by nobody.
fn in_doubt() -> (Fixture, MessageId, String) {
    let fixture = Fixture::new();
    let (message, effects) = fixture.send(fixture.open(BOB), "never mind");
    let id = effects.stanzas[0].stanza.attr("id").unwrap().to_owned();
    (fixture, message.cursor.id, id)
}

/// All that goes out with a new session.
fn next_session(fixture: &Fixture) -> Effects {
    outbox::pending(&fixture.store, &fixture.scope, &HashSet::new(), Some(Released::All)).unwrap()
}

fn state(fixture: &Fixture, message: MessageId) -> MessageState {
    message::by_id(&fixture.store, message).unwrap().state
}

#[test]
fn what_may_have_left_is_taken_back_and_never_goes_out_empty() {
    let (fixture, message, id) = in_doubt();
    let effects = retract(&fixture.store, &fixture.scope, message, &origin("x-1")).unwrap();
    let [now] = &read(&effects.stanzas)[..] else { panic!("{effects:?}") };
    assert_eq!((now.retracts.as_deref(), now.id.as_deref()), (Some(id.as_str()), Some("x-1")));
    // The line broke: neither is it sent again, nor does anything wait until the archive has said whether it arrived.
    assert!(pending::doubtful(&fixture.store, fixture.scope.account).unwrap().is_empty());
    let effects = next_session(&fixture);
    let [again] = &read(&effects.stanzas)[..] else { panic!("{effects:?}") };
    assert_eq!((again.retracts.as_deref(), again.id.as_deref()), (Some(id.as_str()), Some("x-1")));
    // Then there is nothing left that waits.
    let batch = Batch { confirmed: vec![effects.stanzas[0].amendment.unwrap()], ..Batch::default() };
    let (effects, _) = taken_in(&fixture.store, &fixture.scope, &batch, false).unwrap();
    assert_eq!(Seen::from(effects).states(), [MessageState::Sent]);
    assert!(next_session(&fixture).stanzas.is_empty());
    assert!(shown(&fixture)[0].annotations.is_retracted);
}

#[test]
fn what_was_taken_back_and_is_certain_not_to_have_left_is_gone() {
    let (fixture, message, _) = in_doubt();
    retract(&fixture.store, &fixture.scope, message, &origin("x-1")).unwrap();
    let effects = outbox::not_sent(&fixture.store, &[message]).unwrap();
    assert!(effects.events.iter().any(|event| matches!(event, Event::MessageRemoved { .. })), "{effects:?}");
    assert!(shown(&fixture).is_empty() && next_session(&fixture).stanzas.is_empty());
}

#[test]
fn what_was_taken_back_and_refused_is_not_sent_again() {
    let (fixture, message, _) = in_doubt();
    retract(&fixture.store, &fixture.scope, message, &origin("x-1")).unwrap();
    outbox::refused(&fixture.store, &[message]).unwrap();
    assert!(matches!(outbox::retry(&fixture.store, &fixture.scope, message), Err(StoreError::NotFound)));
    assert!(matches!(state(&fixture, message), MessageState::Failed(_)));
    assert!(next_session(&fixture).stanzas.is_empty());
}
