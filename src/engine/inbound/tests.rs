use super::*;
use crate::{
    engine::{
        api::{ChatState, Event},
        effect::{AvatarNotice, AvatarSource, PeerState},
        fixture::{ALICE, BOB, Fixture, NOW, carbon, jid},
        outbox,
    },
    ids::{AvatarHash, ConversationId, Timestamp},
    store::{SendFailure, message},
    xmpp::{
        avatar,
        carbon::Direction,
        delay::Delay,
        displayed,
        incoming::MessageKind,
        nickname,
        pubsub::{Event as PubsubEvent, Item},
        stanza_error::StanzaError,
        stanza_id::StanzaId,
    },
};

const HASH: &str = "01b87fcd030b72895ff8e88db57ec525450f000d";

fn receipt_for(fixture: &Fixture, from: &str, id: &str) -> IncomingMessage {
    IncomingMessage { body: None, receipt: Some(id.to_owned()), receipt_request: false, ..fixture.from(from, "") }
}

fn error_for(fixture: &Fixture, from: &str, id: &str, condition: &str) -> IncomingMessage {
    IncomingMessage {
        kind: MessageKind::Error,
        id: Some(id.to_owned()),
        body: None,
        error: Some(StanzaError::new(condition)),
        ..fixture.from(from, "")
    }
}

/// The id under which a message of ours went out.
fn id_of(effects: &Effects) -> String {
    effects.stanzas[0].stanza.attr("id").unwrap().to_owned()
}

fn pep(fixture: &Fixture, from: &str, node: &str, payload: &str) -> IncomingMessage {
    let item = Item { id: Some("1".to_owned()), payload: Some(payload.parse().unwrap()) };
    let event = PubsubEvent { node: node.to_owned(), items: vec![item], retracted: Vec::new(), is_emptied: false };
    IncomingMessage {
        from: Some(jid(from).into()),
        kind: MessageKind::Headline,
        body: None,
        pubsub: Some(event),
        ..fixture.from(from, "")
    }
}

#[test]
fn a_batch_becomes_one_event_per_conversation() {
    let fixture = Fixture::new();
    let messages: Vec<_> =
        (0..1_000).map(|n| fixture.from(if n % 2 == 0 { BOB } else { "carol@chat.test" }, &n.to_string())).collect();
    let mut inbound = Inbound::new(&fixture.scope);
    for message in &messages {
        inbound.message(&fixture.store, message).unwrap();
    }
    let effects = inbound.finish(&fixture.store).unwrap();
    assert_eq!(effects.events.len(), 4);
    for pair in effects.events.chunks(2) {
        let [Event::ConversationsChanged(changed), Event::MessagesStored { messages, news, .. }] = pair else {
            panic!("the conversation, then its messages")
        };
        assert_eq!((changed[0].unread, messages.len(), news.len()), (500, 500, 500));
        assert!(messages.is_sorted_by_key(|message| message.cursor));
        assert_eq!(changed[0].last.as_ref().unwrap().id, messages[499].cursor.id);
    }
}

#[test]
fn a_message_that_comes_twice_is_stored_once_and_acknowledged_again() {
    let fixture = Fixture::new();
    fixture.befriend(BOB, Subscription::Both);
    let message = fixture.from(BOB, "once");
    let first = fixture.receive(&[message.clone(), message.clone()]);
    assert_eq!(first.bodies(), ["once"]);
    let again = fixture.receive(&[message]);
    assert_eq!(again.bodies(), [""; 0]);
    assert_eq!(again.effects.stanzas.len(), 1);
    assert_eq!(again.effects.events, []);
}

#[test]
fn what_is_known_again_is_the_senders_word_and_not_anothers() {
    let fixture = Fixture::new();
    let message = fixture.from(BOB, "one");
    let by_carol = IncomingMessage { from: Some(jid("carol@chat.test").into()), ..message.clone() };
    assert_eq!(fixture.receive(&[message, by_carol]).stored.len(), 2);
    // Without an origin id, a long `id` serves, and a counter does not.
    for (id, expected) in [("6f3b0d0e-uuid-like", 1), ("7", 2)] {
        let message = IncomingMessage { id: Some(id.to_owned()), origin_id: None, ..fixture.from(BOB, "x") };
        assert_eq!(fixture.receive(&[message.clone(), message]).stored.len(), expected, "{id}");
    }
}

#[test]
fn an_archive_id_counts_only_from_our_own_archive() {
    let fixture = Fixture::new();
    for (by, expected) in [(ALICE, 1), (BOB, 2), ("alice@chat.test/phone", 2)] {
        let message = |body| {
            let id = StanzaId { id: format!("in {by}"), by: Jid::new(by).unwrap() };
            IncomingMessage { origin_id: None, id: None, stanza_ids: vec![id], ..fixture.from(BOB, body) }
        };
        assert_eq!(fixture.receive(&[message("one"), message("two")]).stored.len(), expected, "{by}");
    }
    let mut untrusted = Fixture::new();
    untrusted.scope.has_stanza_ids = false;
    let message = |body| {
        let id = StanzaId { id: "1".to_owned(), by: Jid::new(ALICE).unwrap() };
        IncomingMessage { origin_id: None, id: None, stanza_ids: vec![id], ..untrusted.from(BOB, body) }
    };
    assert_eq!(untrusted.receive(&[message("one"), message("two")]).stored.len(), 2);
}

#[test]
fn news_is_what_arrives_unmuted_and_unseen() {
    let mut fixture = Fixture::new();
    let seen = fixture.receive(&[fixture.from(BOB, "one")]);
    assert_eq!(seen.news, [seen.stored[0].cursor.id]);
    let id = seen.stored[0].conversation;
    fixture.scope.in_front = Some(id);
    assert_eq!(fixture.receive(&[fixture.from(BOB, "two")]).news, []);
    fixture.scope.in_front = Some(ConversationId(-1));
    conversation::set_muted(&fixture.store, id, true, None).unwrap();
    let muted = fixture.receive(&[fixture.from(BOB, "three")]);
    assert_eq!((muted.stored.len(), muted.news.len()), (1, 0));
    let [Event::ConversationsChanged(changed)] = &muted.effects.events[..] else { panic!("{muted:?}") };
    assert_eq!(changed[0].unread, 3);
}

#[test]
fn what_waited_at_the_server_and_was_read_elsewhere_is_no_news() {
    let fixture = Fixture::new();
    let item = Item { id: Some(BOB.to_owned()), payload: Some(displayed::build(&jid(ALICE), "a-2")) };
    let mut inbound = Inbound::new(&fixture.scope);
    inbound.synchronised(&fixture.store, &[item]).unwrap();
    inbound.finish(&fixture.store).unwrap();
    let waited = |n: i64| {
        let id = StanzaId { id: format!("a-{n}"), by: Jid::new(ALICE).unwrap() };
        let delay = Some(Delay { stamp: Timestamp(NOW.0 - 60_000 + n), from: None });
        IncomingMessage { stanza_ids: vec![id], delay, ..fixture.from(BOB, &n.to_string()) }
    };
    let seen = fixture.receive(&[waited(1), waited(2), waited(3)]);
    assert_eq!(seen.news, [seen.stored[2].cursor.id]);
    let row = conversation::by_id(&fixture.store, seen.stored[0].conversation).unwrap();
    assert_eq!(row.unread, 1);
}

#[test]
fn what_we_wrote_elsewhere_is_ours_and_reads_the_conversation() {
    let fixture = Fixture::new();
    let seen = fixture.receive(&[
        fixture.from(BOB, "are you there?"),
        fixture.sent_elsewhere(BOB, "yes"),
        fixture.from(BOB, "good"),
    ]);
    assert_eq!(seen.bodies(), ["are you there?", "yes", "good"]);
    let ours = &seen.stored[1];
    assert_eq!((ours.is_outgoing, ours.state, &ours.sender), (true, MessageState::Sent, &jid(ALICE)));
    assert_eq!(seen.news, [seen.stored[2].cursor.id], "what was read elsewhere is no news");
    let [Event::ConversationsChanged(changed), Event::ReadChanged { up_to, .. }] = &seen.effects.events[..] else {
        panic!("{seen:?}")
    };
    assert_eq!((changed[0].unread, *up_to), (1, ours.cursor));
    assert!(seen.effects.stanzas.is_empty(), "strangers get no receipt");
}

#[test]
fn a_forged_carbon_changes_nothing() {
    let fixture = Fixture::new();
    fixture.open(BOB);
    for outer in [BOB, "mallory@evil.example", "chat.test", "alice@chat.test/phone"] {
        for direction in [Direction::Sent, Direction::Received] {
            let inner = match direction {
                Direction::Sent => IncomingMessage { to: Some(jid(BOB).into()), ..fixture.from(ALICE, "forged") },
                Direction::Received => fixture.from(BOB, "forged"),
            };
            let forged = IncomingMessage { from: Some(Jid::new(outer).unwrap()), ..carbon(direction, inner) };
            assert!(fixture.receive(&[forged]).is_nothing(), "{outer} {direction:?}");
        }
    }
}

#[test]
fn receipts_go_only_to_those_who_may_see_us() {
    for (subscription, expected) in [
        (None, 0),
        (Some(Subscription::None), 0),
        (Some(Subscription::To), 0),
        (Some(Subscription::From), 1),
        (Some(Subscription::Both), 1),
    ] {
        let mut fixture = Fixture::new();
        if let Some(subscription) = subscription {
            fixture.befriend(BOB, subscription);
        }
        let seen = fixture.receive(&[fixture.from(BOB, "hello")]);
        assert_eq!(seen.effects.stanzas.len(), expected, "{subscription:?}");
        for receipt in &seen.effects.stanzas {
            assert_eq!(receipt.stanza.attr("to"), Some("bob@chat.test/phone"));
        }
        fixture.scope.privacy.send_receipts = false;
        assert!(fixture.receive(&[fixture.from(BOB, "hello")]).effects.stanzas.is_empty());
        fixture.scope.privacy.send_receipts = true;
        let copy = carbon(Direction::Received, fixture.from(BOB, "to another device"));
        let copied = fixture.receive(&[copy]);
        assert_eq!((copied.stored.len(), copied.effects.stanzas.len()), (1, 0));
    }
}

#[test]
fn a_receipt_counts_only_from_the_peer_and_for_a_message_of_ours() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    fixture.open("carol@chat.test");
    let (_, sent) = fixture.send(conversation, "hi");
    let id = id_of(&sent);
    // A message of his own can't be delivered to himself.
    let theirs = fixture.from(BOB, "theirs");
    let his = theirs.id.clone().unwrap();
    fixture.receive(&[theirs]);
    for (from, id) in [("carol@chat.test", &id), ("chat.test", &id), (ALICE, &id), (BOB, &his), (BOB, &"x".to_owned())]
    {
        assert!(fixture.receive(&[receipt_for(&fixture, from, id)]).is_nothing(), "{from} {id}");
    }
    let seen = fixture.receive(&[receipt_for(&fixture, BOB, &id)]);
    assert_eq!(seen.states(), [MessageState::Delivered]);
    assert!(fixture.receive(&[receipt_for(&fixture, BOB, &id)]).is_nothing());
}

#[test]
fn a_marker_says_nothing_of_messages_before_it_that_did_not_arrive() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let (arrived, _) = fixture.send(conversation, "arrives");
    let (failed, _) = fixture.send(conversation, "does not");
    let (waiting, _) = fixture.send(conversation, "waits for its turn");
    let (last, sent) = fixture.send(conversation, "arrives too");
    let [arrived, failed, waiting, last] = [arrived, failed, waiting, last].map(|message| message.cursor.id);
    outbox::acked(&fixture.store, &[arrived, last]).unwrap();
    outbox::refused(&fixture.store, &[failed]).unwrap();
    let marker =
        IncomingMessage { body: None, displayed: Some(id_of(&sent)), receipt_request: false, ..fixture.from(BOB, "") };
    fixture.receive(&[marker]);
    let state = |id| message::by_id(&fixture.store, id).unwrap().state;
    assert_eq!([state(arrived), state(last)], [MessageState::Delivered; 2]);
    assert_eq!(state(failed), MessageState::Failed(SendFailure::Refused), "the person can still try again");
    assert_eq!(state(waiting), MessageState::Waiting, "it still goes out");
}

#[test]
fn a_receipt_in_the_same_batch_as_our_own_copy_is_one_event() {
    let fixture = Fixture::new();
    let copy = fixture.sent_elsewhere(BOB, "hi");
    let id = copy.carbon.as_ref().unwrap().message.id.clone().unwrap();
    let seen = fixture.receive(&[copy, receipt_for(&fixture, BOB, &id)]);
    assert_eq!(seen.stored[0].state, MessageState::Delivered);
    assert!(seen.changed.is_empty());
}

#[test]
fn an_error_fails_only_the_message_it_names_and_only_from_its_peer() {
    for (condition, expected) in [
        ("service-unavailable", SendFailure::Undeliverable),
        ("remote-server-not-found", SendFailure::Undeliverable),
        ("item-not-found", SendFailure::Undeliverable),
        ("forbidden", SendFailure::Refused),
        ("anything", SendFailure::Refused),
    ] {
        let fixture = Fixture::new();
        let (_, sent) = fixture.send(fixture.open(BOB), "hi");
        fixture.send(fixture.open(BOB), "untouched");
        let id = id_of(&sent);
        for from in ["carol@chat.test", ALICE, "chat.test"] {
            assert!(fixture.receive(&[error_for(&fixture, from, &id, condition)]).is_nothing(), "{from}");
        }
        let seen = fixture.receive(&[error_for(&fixture, BOB, &id, condition)]);
        assert_eq!(seen.states(), [MessageState::Failed(expected)], "{condition}");
    }
}

#[test]
fn what_was_delivered_does_not_fail_any_more() {
    let fixture = Fixture::new();
    let (_, sent) = fixture.send(fixture.open(BOB), "hi");
    let id = id_of(&sent);
    fixture.receive(&[receipt_for(&fixture, BOB, &id)]);
    assert!(fixture.receive(&[error_for(&fixture, BOB, &id, "service-unavailable")]).is_nothing());
}

#[test]
fn what_is_not_understood_yet_or_has_nothing_to_say_is_left_alone() {
    let fixture = Fixture::new();
    for message in [
        IncomingMessage { kind: MessageKind::Groupchat, ..fixture.from("room@rooms.test", "x") },
        IncomingMessage { muc_user: true, ..fixture.from("room@rooms.test", "x") },
        IncomingMessage { kind: MessageKind::Headline, body: None, ..fixture.from(BOB, "") },
        IncomingMessage { body: None, ..fixture.from(BOB, "") },
        IncomingMessage { body: None, chat_state: Some(ChatState::Composing), ..fixture.from(BOB, "") },
        IncomingMessage::default(),
    ] {
        assert!(fixture.receive(std::slice::from_ref(&message)).is_nothing(), "{message:?}");
    }
}

#[test]
fn a_headline_with_a_text_is_shown() {
    let fixture = Fixture::new();
    let headline = IncomingMessage { kind: MessageKind::Headline, ..fixture.from("chat.test", "maintenance at noon") };
    assert_eq!(fixture.receive(&[headline]).bodies(), ["maintenance at noon"]);
}

#[test]
fn a_conversation_that_was_closed_comes_back_with_a_new_message() {
    let fixture = Fixture::new();
    let id = fixture.open(BOB);
    conversation::unlist(&fixture.store, id).unwrap();
    let seen = fixture.receive(&[fixture.from(BOB, "hello again")]);
    let [Event::ConversationsChanged(changed)] = &seen.effects.events[..] else { panic!("{seen:?}") };
    assert!(changed[0].is_listed && changed[0].id == id);
}

#[test]
fn times_are_clamped_and_what_arrives_later_stands_later() {
    let fixture = Fixture::new();
    let at = |stamp, body| IncomingMessage {
        delay: Some(Delay { stamp: Timestamp(stamp), from: None }),
        ..fixture.from(BOB, body)
    };
    let seen = fixture.receive(&[
        fixture.from(BOB, "now"),
        at(NOW.0 - 60_000, "a minute ago"),
        at(i64::MAX, "from the end of time"),
        at(i64::MIN, "from before it"),
    ]);
    assert!(seen.stored.is_sorted_by_key(|message| message.cursor));
    let times: Vec<_> = seen.stored.iter().map(|message| message.time.0).collect();
    assert_eq!(times[..3], [NOW.0, NOW.0 - 60_000, NOW.0]);
    assert!(times[3] > 0, "{times:?}");
}

#[test]
fn a_chat_state_belongs_to_a_conversation_that_there_is() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let typing = IncomingMessage { body: None, chat_state: Some(ChatState::Composing), ..fixture.from(BOB, "") };
    let old = IncomingMessage { delay: Some(Delay { stamp: NOW, from: None }), ..typing.clone() };
    let own = IncomingMessage { chat_state: Some(ChatState::Active), ..fixture.from(ALICE, "") };
    let seen = fixture.receive(&[typing, old]);
    let state = PeerState { conversation, state: Some(ChatState::Composing) };
    assert_eq!(seen.effects.chat_states, [(fixture.scope.account, jid(BOB), state)]);
    let sent = carbon(Direction::Sent, IncomingMessage { to: Some(jid(BOB).into()), body: None, ..own });
    assert!(fixture.receive(&[sent]).is_nothing());
}

#[test]
fn avatars_are_noticed_of_those_who_are_known() {
    let fixture = Fixture::new();
    let with =
        format!("<metadata xmlns='urn:xmpp:avatar:metadata'><info id='{HASH}' bytes='9' type='image/png'/></metadata>");
    let none = "<metadata xmlns='urn:xmpp:avatar:metadata'/>";
    assert!(fixture.receive(&[pep(&fixture, BOB, avatar::METADATA, &with)]).is_nothing());
    fixture.befriend(BOB, Subscription::Both);
    for (who, payload, hash) in
        [(BOB, with.as_str(), AvatarHash::parse(HASH)), (BOB, none, None), (ALICE, &with, AvatarHash::parse(HASH))]
    {
        let seen = fixture.receive(&[pep(&fixture, who, avatar::METADATA, payload)]);
        let notice =
            AvatarNotice { account: fixture.scope.account, address: jid(who), source: AvatarSource::Pep, hash };
        assert_eq!(seen.effects.avatars, [notice]);
    }
    let unreadable = "<metadata xmlns='urn:xmpp:avatar:metadata'><info id='x'/></metadata>";
    for payload in ["<x xmlns='urn:x'/>", unreadable] {
        assert!(fixture.receive(&[pep(&fixture, BOB, avatar::METADATA, payload)]).is_nothing(), "{payload}");
    }
}

#[test]
fn nicknames_are_taken_over_once() {
    let fixture = Fixture::new();
    let nick = "<nick xmlns='http://jabber.org/protocol/nick'>Bobby</nick>";
    assert!(fixture.receive(&[pep(&fixture, BOB, nickname::NODE, nick)]).is_nothing());
    fixture.befriend(BOB, Subscription::Both);
    let seen = fixture.receive(&[pep(&fixture, BOB, nickname::NODE, nick)]);
    assert_eq!(seen.effects.contacts, [(fixture.scope.account, jid(BOB))]);
    assert!(fixture.receive(&[pep(&fixture, BOB, nickname::NODE, nick)]).is_nothing());
    let own = fixture.receive(&[pep(&fixture, ALICE, nickname::NODE, nick)]);
    assert_eq!(own.effects.accounts, [fixture.scope.account]);
}

#[test]
fn a_stranger_introduces_themselves_and_can_not_rename_a_friend() {
    let fixture = Fixture::new();
    let named = |who| IncomingMessage { nickname: Some("The Boss".to_owned()), ..fixture.from(who, "hi") };
    let nickname = |who| contact::find(&fixture.store, fixture.scope.account, &jid(who)).unwrap().unwrap().nickname;
    fixture.receive(&[named(BOB)]);
    assert_eq!(nickname(BOB).as_deref(), Some("The Boss"));
    fixture.befriend("carol@chat.test", Subscription::Both);
    contact::set_nickname(&fixture.store, fixture.scope.account, &jid("carol@chat.test"), Some("Carol")).unwrap();
    fixture.receive(&[named("carol@chat.test")]);
    assert_eq!(nickname("carol@chat.test").as_deref(), Some("Carol"));
}
