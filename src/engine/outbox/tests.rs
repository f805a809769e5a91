use super::{
    in_hand::{Admission, Outbox},
    *,
};
use crate::{
    engine::{
        api::Event,
        fixture::{ALICE, BOB, Fixture, NOW, Seen},
    },
    ids::Timestamp,
};

fn ids(outgoing: &[Outgoing]) -> Vec<MessageId> {
    outgoing.iter().filter_map(|outgoing| Some(outgoing.message?.id)).collect()
}

fn waiting(fixture: &Fixture) -> Vec<Outgoing> {
    pending(&fixture.store, &fixture.scope, &HashSet::new(), None).unwrap().stanzas
}

#[test]
fn a_message_is_a_row_an_event_and_a_stanza_under_one_id() {
    let fixture = Fixture::new();
    let conversation = fixture.receive(&[fixture.from(BOB, "are you there?")]).stored[0].conversation;
    conversation::set_draft(&fixture.store, conversation, "h", &TextFormat::default()).unwrap();
    let (message, effects) = fixture.send(conversation, "hi");
    assert_eq!((message.state, message.is_outgoing, message.time), (MessageState::Waiting, true, NOW));
    let [Outgoing { stanza, message: Some(named), .. }] = &effects.stanzas[..] else { panic!("{effects:?}") };
    assert_eq!(*named, OwnMessage { id: message.cursor.id, conversation, is_attempted: true, is_in_turn: false });
    assert_eq!(stanza.attr("to"), Some(BOB));
    let row = message::by_id(&fixture.store, message.cursor.id).unwrap();
    assert_eq!(stanza.attr("id"), row.origin_id.as_ref().map(|id| id.0.as_str()));
    assert!(stanza.get_child("request", "urn:xmpp:receipts").is_some());
    assert!(stanza.get_child("delay", "urn:xmpp:delay").is_none());
    let seen = Seen::from(effects);
    assert_eq!((seen.stored, seen.news), (vec![message], vec![]));
    let [Event::ConversationsChanged(changed), Event::ReadChanged { .. }] = &seen.effects.events[..] else {
        panic!("{:?}", seen.effects.events)
    };
    assert_eq!((changed[0].draft.as_deref(), changed[0].last.as_ref().unwrap().is_outgoing), (None, true));
}

#[test]
fn what_waits_is_sent_in_order_until_the_server_has_it() {
    let mut fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let sent: Vec<_> = ["one", "two", "three"].map(|text| fixture.send(conversation, text).0.cursor.id).into();
    assert_eq!(ids(&waiting(&fixture)), sent);
    let seen = Seen::from(acked(&fixture.store, &sent[..2]).unwrap());
    assert_eq!(seen.states(), [MessageState::Sent; 2]);
    assert_eq!(seen.effects.events.len(), 1, "one snapshot of the conversation");
    fixture.scope.now = Timestamp(NOW.0 + 3_600_000);
    let waiting = waiting(&fixture);
    assert_eq!(ids(&waiting), sent[2..]);
    assert!(waiting[0].stanza.get_child("delay", "urn:xmpp:delay").is_some(), "it says when it was written");
}

#[test]
fn an_acknowledgement_that_comes_twice_or_for_nothing_changes_nothing() {
    let fixture = Fixture::new();
    let (message, _) = fixture.send(fixture.open(BOB), "hi");
    acked(&fixture.store, &[message.cursor.id]).unwrap();
    assert!(acked(&fixture.store, &[message.cursor.id, MessageId(99)]).unwrap().is_empty());
}

#[test]
fn a_failed_message_is_retried_in_its_place_or_discarded() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let (first, _) = fixture.send(conversation, "first");
    let (second, _) = fixture.send(conversation, "second");
    let (id, other) = (first.cursor.id, second.cursor.id);
    assert!(matches!(retry(&fixture.store, &fixture.scope, id), Err(StoreError::NotFound)), "it waits already");
    assert!(matches!(discard(&fixture.store, id), Err(StoreError::NotFound)));
    for id in [id, other] {
        message::advance(&fixture.store, id, MessageState::Failed(SendFailure::Refused)).unwrap().unwrap();
    }
    let seen = Seen::from(retry(&fixture.store, &fixture.scope, id).unwrap());
    assert_eq!((seen.changed[0].cursor, seen.states()), (first.cursor, vec![MessageState::Waiting]));
    assert_eq!(ids(&seen.effects.stanzas), [id]);
    let effects = discard(&fixture.store, other).unwrap();
    assert_eq!(effects.events[0], Event::MessageRemoved { conversation, message: other });
    assert!(matches!(message::by_id(&fixture.store, other), Err(StoreError::NotFound)));
}

#[test]
fn what_the_session_says_of_what_failed_is_not_said_of_what_goes_out_again() {
    let mut outbox = Outbox::default();
    outbox.let_go(Released::All);
    let message = own(1, 1, true);
    assert_eq!(outbox.admit(&message), Admission::Now);
    // An error came before the acknowledgement, and the person was quick.
    outbox.send_again(message.id);
    assert_eq!(outbox.admit(&message), Admission::Now);
    assert!(outbox.heard([message.id]).is_empty(), "that was the first");
    assert_eq!(outbox.admit(&message), Admission::No, "the session has the second");
    assert_eq!(outbox.heard([message.id, MessageId(2)]), [message.id, MessageId(2)]);
    outbox.release([message.id]);
    outbox.send_again(message.id);
    assert_eq!(outbox.admit(&message), Admission::Now);
    outbox.send_again(message.id);
    assert_eq!(outbox.admit(&message), Admission::Now);
    assert_eq!(outbox.heard([message.id; 2]), [message.id], "both are given back");
}

#[test]
fn only_what_failed_is_sent_whatever_the_session_has_of_it() {
    let fixture = Fixture::new();
    let id = fixture.send(fixture.open(BOB), "hi").0.cursor.id;
    assert!(matches!(retry(&fixture.store, &fixture.scope, id), Err(StoreError::NotFound)));
    message::advance(&fixture.store, id, MessageState::Failed(SendFailure::Refused)).unwrap().unwrap();
    let effects = retry(&fixture.store, &fixture.scope, id).unwrap();
    assert_eq!((effects.again, effects.stanzas.len()), (vec![(fixture.scope.account, id)], 1));
}

#[test]
fn a_note_to_oneself_wants_no_receipt_and_comes_back_unnoticed() {
    let fixture = Fixture::new();
    let (_, effects) = fixture.send(fixture.open(ALICE), "milk");
    let stanza = &effects.stanzas[0].stanza;
    assert!(stanza.get_child("request", "urn:xmpp:receipts").is_none());
    let id = stanza.attr("id").unwrap().to_owned();
    let mut echo = fixture.from(ALICE, "milk");
    (echo.origin_id, echo.id) = (Some(OriginId(id.clone())), Some(id));
    let seen = fixture.receive(&[echo]);
    assert!(seen.stored.is_empty() && seen.news.is_empty());
}

fn own(id: i64, conversation: i64, is_attempted: bool) -> OwnMessage {
    let (id, conversation) = (MessageId(id), ConversationId(conversation));
    OwnMessage { id, conversation, is_attempted, is_in_turn: false }
}

/// As one of all that waits.
fn in_turn(id: i64, conversation: i64) -> OwnMessage {
    OwnMessage { is_in_turn: true, ..own(id, conversation, true) }
}

#[test]
fn nothing_is_given_to_the_session_twice_or_while_there_is_none() {
    let mut outbox = Outbox::default();
    let [one, two] = [own(1, 1, true), own(2, 1, true)];
    assert_eq!(outbox.admit(&one), Admission::No);
    outbox.let_go(Released::All);
    assert_eq!(outbox.admit(&in_turn(1, 1)), Admission::Now);
    assert!(!outbox.caught_up(one.id));
    assert_eq!(outbox.admit(&one), Admission::No);
    outbox.set_offline();
    assert_eq!(outbox.admit(&two), Admission::No);
    outbox.let_go(Released::All);
    assert_eq!(outbox.admit(&in_turn(1, 1)), Admission::No, "the resumed session still has it");
    assert_eq!(outbox.admit(&in_turn(2, 1)), Admission::Now);
    assert!(!outbox.caught_up(two.id));
    outbox.release([one.id]);
    assert_eq!(outbox.admit(&one), Admission::Now);
}

#[test]
fn nothing_goes_out_before_it_is_noted_that_it_may_have() {
    let mut outbox = Outbox::default();
    outbox.let_go(Released::All);
    assert_eq!(outbox.admit(&own(1, 1, false)), Admission::NotYet);
    assert_eq!(outbox.admit(&in_turn(1, 1)), Admission::Now);
}

#[test]
fn what_is_written_while_the_line_comes_up_is_not_overtaken() {
    let mut outbox = Outbox::default();
    outbox.let_go(Released::All);
    // Its transaction still saw no line, that of the next one did.
    assert_eq!(outbox.admit(&own(1, 1, false)), Admission::NotYet);
    assert_eq!(outbox.admit(&own(2, 1, true)), Admission::NotYet);
    assert_eq!(outbox.admit(&own(3, 2, true)), Admission::Now, "another conversation");
    assert_eq!(outbox.admit(&in_turn(1, 1)), Admission::Now);
    assert_eq!(outbox.admit(&in_turn(2, 1)), Admission::Now);
    assert!(!outbox.caught_up(MessageId(3)));
    assert_eq!(outbox.admit(&own(4, 1, true)), Admission::Now);
}

#[test]
fn what_is_written_right_after_what_waits_was_looked_up_is_not_forgotten() {
    let mut outbox = Outbox::default();
    assert_eq!(outbox.admit(&own(1, 1, false)), Admission::No);
    assert_eq!(outbox.admit(&own(2, 1, false)), Admission::No);
    // What was looked up before the second was written.
    outbox.let_go(Released::All);
    assert_eq!(outbox.admit(&in_turn(1, 1)), Admission::Now);
    assert!(outbox.caught_up(MessageId(1)), "it is to be looked up again");
    assert_eq!(outbox.admit(&own(3, 1, true)), Admission::NotYet);
    assert_eq!(outbox.admit(&in_turn(2, 1)), Admission::Now);
    assert_eq!(outbox.admit(&in_turn(3, 1)), Admission::Now);
    assert!(!outbox.caught_up(MessageId(3)));
}

#[test]
fn where_one_may_have_arrived_the_next_ones_wait_with_it() {
    let mut outbox = Outbox::default();
    outbox.hold(HashSet::from([ConversationId(1)]));
    outbox.let_go(Released::All);
    assert_eq!(outbox.admit(&own(1, 1, true)), Admission::No);
    assert_eq!(outbox.admit(&own(2, 2, true)), Admission::Now, "another conversation");
    assert!(!outbox.caught_up(MessageId(2)), "there is nothing to do about it yet");
    outbox.let_go(Released::Conversation(ConversationId(1)));
    assert_eq!(outbox.admit(&own(3, 1, true)), Admission::NotYet, "it waits behind the first");
    assert_eq!(outbox.admit(&in_turn(1, 1)), Admission::Now);
    assert!(outbox.caught_up(MessageId(2)));
}

#[test]
fn what_was_never_given_to_a_session_is_not_in_doubt() {
    let mut fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let doubtful = |fixture: &Fixture| pending::doubtful(&fixture.store, fixture.scope.account).unwrap().len();
    fixture.scope.is_online = false;
    let (message, effects) = fixture.send(conversation, "offline");
    assert_eq!(
        effects.stanzas[0].message,
        Some(OwnMessage { id: message.cursor.id, conversation, is_attempted: false, is_in_turn: false })
    );
    assert_eq!(doubtful(&fixture), 0);
    let effects = pending(&fixture.store, &fixture.scope, &HashSet::new(), Some(Released::All)).unwrap();
    assert_eq!((effects.stanzas[0].message.unwrap().is_attempted, doubtful(&fixture)), (true, 1));
    not_sent(&fixture.store, &[message.cursor.id]).unwrap();
    assert_eq!(doubtful(&fixture), 0);
    fixture.scope.is_online = true;
    assert_eq!(ids(&waiting(&fixture)), [message.cursor.id]);
    acked(&fixture.store, &[message.cursor.id]).unwrap();
    assert_eq!(doubtful(&fixture), 0, "it has arrived");
}

#[test]
fn what_is_held_back_stays_until_it_is_released() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.open(BOB), fixture.open(ALICE));
    let first = fixture.send(one, "first").0.cursor.id;
    let second = fixture.send(other, "second").0.cursor.id;
    let third = fixture.send(one, "third").0.cursor.id;
    let held = HashSet::from([one]);
    let all = |released| ids(&pending(&fixture.store, &fixture.scope, &held, released).unwrap().stanzas);
    assert_eq!(all(Some(Released::All)), [second]);
    assert_eq!(all(Some(Released::Conversation(one))), [first, second, third]);
}

fn held(fixture: &Fixture, conversation: ConversationId, text: &str) -> (Message, Effects) {
    let draft = Draft {
        text: text.to_owned(),
        format: TextFormat::default(),
        answers: None,
        previews: Vec::new(),
        id: OriginId(format!("held-{text}")),
        held_until: Some(Timestamp(NOW.0 + 5_000)),
    };
    send(&fixture.store, &fixture.scope, conversation, draft).unwrap()
}

#[test]
fn a_message_that_can_be_taken_back_stays_here_and_what_follows_it_waits_with_it() {
    let fixture = Fixture::new();
    let (conversation, other) = (fixture.open(BOB), fixture.open("carol@chat.test"));
    let (first, effects) = held(&fixture, conversation, "first");
    assert_eq!((first.state, first.annotations.held_until), (MessageState::Waiting, Some(Timestamp(NOW.0 + 5_000))));
    assert!(effects.stanzas.is_empty(), "{effects:?}");
    assert_eq!(Seen::from(effects).stored, std::slice::from_ref(&first), "it stands in the history all the same");
    let (second, effects) = fixture.send(conversation, "second");
    assert!(effects.stanzas.is_empty(), "it would overtake the first: {effects:?}");
    let (elsewhere, effects) = fixture.send(other, "elsewhere");
    assert_eq!(ids(&effects.stanzas), [elsewhere.cursor.id], "other conversations do not wait");
    assert_eq!(ids(&waiting(&fixture)), [elsewhere.cursor.id]);
    assert!(!pending::is_attempted(&fixture.store, first.cursor.id).unwrap());
    let seen = Seen::from(let_leave(&fixture.store, &fixture.scope, first.cursor.id).unwrap());
    assert_eq!(ids(&seen.effects.stanzas), [first.cursor.id, second.cursor.id]);
    assert_eq!(seen.changed[0].annotations.held_until, None);
    assert!(let_leave(&fixture.store, &fixture.scope, first.cursor.id).unwrap().is_empty(), "once is enough");
}

#[test]
fn a_message_that_was_taken_back_never_leaves_and_is_a_draft_again() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let (first, _) = held(&fixture, conversation, "first");
    let (second, _) = fixture.send(conversation, "second");
    conversation::set_draft(&fixture.store, conversation, "third", &TextFormat::default()).unwrap();
    let (taken_back, effects) = undo(&fixture.store, &fixture.scope, first.cursor.id).unwrap();
    assert_eq!(taken_back.body, "first");
    assert_eq!(ids(&effects.stanzas), [second.cursor.id], "what waited behind it goes out");
    assert!(effects.events.contains(&Event::MessageRemoved { conversation, message: first.cursor.id }));
    let row = conversation::by_id(&fixture.store, conversation).unwrap();
    assert_eq!(row.draft.as_deref(), Some("first\nthird"));
    for id in [first.cursor.id, second.cursor.id] {
        assert!(matches!(undo(&fixture.store, &fixture.scope, id), Err(StoreError::NotFound)), "{id:?} can't be");
    }
}

#[test]
fn all_that_was_held_goes_out_after_a_new_start() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let sent = ["one", "two"].map(|text| held(&fixture, conversation, text).0.cursor.id);
    assert!(waiting(&fixture).is_empty());
    held::release_all(&fixture.store).unwrap();
    assert_eq!(ids(&waiting(&fixture)), sent);
}

fn with_preview(text: &str, id: &str) -> Draft {
    let preview = LinkPreview {
        url: "https://a.example".to_owned(),
        title: "A page".to_owned(),
        picture: Some(vec![1, 2]),
        ..LinkPreview::default()
    };
    let id = OriginId(id.to_owned());
    Draft {
        text: text.to_owned(),
        format: TextFormat::default(),
        answers: None,
        previews: vec![preview],
        id,
        held_until: None,
    }
}

fn titles(stanza: &minidom::Element) -> Vec<String> {
    crate::xmpp::link_metadata::parse(stanza).into_iter().map(|about| about.title).collect()
}

#[test]
fn what_is_said_of_a_link_goes_with_its_message_however_late_that_is() {
    let mut fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    fixture.scope.is_online = false;
    let draft = with_preview("see https://a.example", "p-1");
    let (message, effects) = send(&fixture.store, &fixture.scope, conversation, draft).unwrap();
    assert_eq!(message.annotations.links[0].title, "A page");
    assert_eq!(titles(&effects.stanzas[0].stanza), ["A page"]);
    fixture.scope.is_online = true;
    for _ in 0..2 {
        let again = waiting(&fixture);
        assert_eq!((again.len(), titles(&again[0].stanza)), (1, vec!["A page".to_owned()]), "it is on disk");
    }
}

#[test]
fn an_answer_to_what_is_covered_does_not_tell_it_to_those_who_know_no_answers() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let draft = |text: &str, spoiler: Option<&str>, answers, id: &str| Draft {
        text: text.to_owned(),
        format: TextFormat { spoiler: spoiler.map(str::to_owned), ..TextFormat::default() },
        answers,
        previews: Vec::new(),
        id: OriginId(id.to_owned()),
        held_until: None,
    };
    let send = |draft| send(&fixture.store, &fixture.scope, conversation, draft).unwrap();
    let (said, _) = send(draft("both die", Some("the end"), None, "s-1"));
    let (_, effects) = send(draft("Sorry", None, Some(said.cursor.id), "s-2"));
    let body = effects.stanzas[0].stanza.get_child("body", "jabber:client").unwrap().text();
    assert_eq!(body, "> the end\nSorry");
}
