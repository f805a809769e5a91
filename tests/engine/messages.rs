//! Messages both ways, and nothing lost or doubled whatever happens to the line.

use stonechat::{
    engine::{
        api::{Availability, ChatState, Command, CommandError, Event, MessageState, TextFormat, Timestamp},
        effect::{Privacy, Scope},
        outbox::{self, Draft},
    },
    ids::OriginId,
    store::{SendFailure, Store},
};

use super::{
    person::{Person, befriend, jid},
    plain::Plain,
    support::{Options, Prosody, Relay},
};

const BOB: &str = "bob@chat.test";
const ALICE: &str = "alice@chat.test";

fn server() -> Prosody {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "carol"]));
    befriend(&prosody, "alice", "bob");
    prosody
}

#[tokio::test]
async fn friends_write_to_each_other_and_see_that_it_arrives() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let to_bob = alice.open(BOB).await.id;
    let sent = alice.send(to_bob, "Is this thing on? <&> \u{1F426}").await;
    assert_eq!(sent.state, MessageState::Waiting);
    let received = bob.news().await;
    assert_eq!((received.body.as_str(), received.sender), ("Is this thing on? <&> \u{1F426}", jid(ALICE)));
    alice.state(sent.cursor.id, MessageState::Delivered).await;
    let answer = bob.send(received.conversation, "It is.").await;
    assert_eq!(alice.news().await.body, "It is.");
    bob.state(answer.cursor.id, MessageState::Delivered).await;
    let [here, there] = [&alice.history(to_bob).await, &bob.history(received.conversation).await];
    assert_eq!(here.len(), 2);
    assert!(here.iter().zip(there).all(|(a, b)| a.body == b.body && a.is_outgoing != b.is_outgoing));
}

#[tokio::test]
async fn friends_see_each_other_type_until_the_message_comes_or_they_go() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    // Nobody is told of who is not known to be there.
    alice.until_contact(BOB, "there", |contact| contact.presence.availability == Availability::Online).await;
    let to_alice = bob.open(ALICE).await.id;
    bob.send(to_alice, "Write to me").await;
    let to_bob = alice.news().await.conversation;
    for state in [ChatState::Composing, ChatState::Paused, ChatState::Composing] {
        alice.handle.send(Command::SetChatState { conversation: to_bob, state }).unwrap();
        assert_eq!(bob.chat_state(to_alice).await, state);
    }
    alice.send(to_bob, "There").await;
    assert_eq!(bob.chat_state(to_alice).await, ChatState::Active);
    alice.handle.send(Command::SetChatState { conversation: to_bob, state: ChatState::Composing }).unwrap();
    assert_eq!(bob.chat_state(to_alice).await, ChatState::Composing);
    alice.stop().await;
    assert_eq!(bob.chat_state(to_alice).await, ChatState::Gone);
}

#[tokio::test]
async fn a_stranger_is_heard_and_learns_nothing() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut carol = Person::sign_in(&prosody, "carol", prosody.port()).await;
    let to_alice = carol.open(ALICE).await.id;
    let sent = carol.send(to_alice, "Hello stranger").await;
    assert_eq!(alice.news().await.body, "Hello stranger");
    carol.state(sent.cursor.id, MessageState::Sent).await;
    // Whatever Alice's client would send about it comes before this answer.
    let conversation = alice.snapshot().await.conversations[0].id;
    alice.handle.send(Command::SetChatState { conversation, state: ChatState::Composing }).unwrap();
    alice.send(conversation, "Hello").await;
    carol
        .wait("an answer", |event| match event {
            Event::MessagesChanged { messages, .. } => {
                assert!(messages.iter().all(|message| message.state != MessageState::Delivered), "{messages:?}");
                None
            }
            Event::ChatStateChanged { .. } => panic!("{event:?}"),
            Event::MessagesStored { messages, .. } => messages.iter().any(|m| m.body == "Hello").then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn all_of_it_is_there_after_a_restart() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let id = alice.open(BOB).await.id;
    for n in 0..20 {
        alice.send(id, &format!("message {n}")).await;
    }
    let mut last = bob.news().await;
    while last.body != "message 19" {
        last = bob.news().await;
    }
    let before = bob.history(last.conversation).await;
    alice
        .handle
        .send(Command::SetDraft { conversation: id, text: "half a sen".into(), format: TextFormat::default() })
        .unwrap();
    alice.stop().await;
    bob.stop().await;
    bob.start();
    assert_eq!(bob.history(last.conversation).await, before);
    let kept = bob.snapshot().await;
    assert_eq!((kept.conversations[0].unread, kept.conversations[0].peer.clone()), (20, jid(ALICE)));
    alice.start();
    assert_eq!(alice.snapshot().await.conversations[0].draft.as_deref(), Some("half a sen"));
    alice.online().await;
    bob.online().await;
    alice.send(id, "still there?").await;
    assert_eq!(bob.news().await.body, "still there?");
}

#[tokio::test]
async fn a_line_that_is_cut_loses_and_doubles_nothing() {
    let prosody = server();
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let to_bob = alice.open(BOB).await.id;
    let to_alice = bob.open(ALICE).await.id;
    let mut expected = Vec::new();
    for n in 0..30 {
        if n % 10 == 5 {
            relay.cut();
        }
        let text = format!("message {n:02}");
        alice.send(to_bob, &text).await;
        bob.send(to_alice, &format!("answer {n:02}")).await;
        expected.push(text);
    }
    alice.handle.send(Command::ReconnectNow { account: alice.account }).unwrap();
    arrived(&mut bob, to_alice, &expected).await;
    let answers: Vec<_> = (0..30).map(|n| format!("answer {n:02}")).collect();
    arrived(&mut alice, to_bob, &answers).await;
}

#[tokio::test]
async fn what_the_server_forgot_is_sent_again_and_known_again() {
    // Sessions that can't be resumed: the server forgets them at once.
    let prosody = Prosody::start(&Options { hibernation: 0, ..Options::with_users(&["alice", "bob"]) });
    befriend(&prosody, "alice", "bob");
    let relay = Relay::start(prosody.port());
    let alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let (to_bob, to_alice) = (alice.open(BOB).await.id, bob.open(ALICE).await.id);
    let mut expected = Vec::new();
    for n in 0..12 {
        // The second half of the messages goes into a line that swallows everything.
        relay.swallow(n >= 6);
        let text = format!("message {n:02}");
        alice.send(to_bob, &text).await;
        expected.push(text);
    }
    relay.cut();
    relay.swallow(false);
    alice.handle.send(Command::ReconnectNow { account: alice.account }).unwrap();
    arrived(&mut bob, to_alice, &expected).await;
}

/// Waits until the texts from the other side are all there, and sees that each is so once and in its place.
async fn arrived(person: &mut Person, conversation: stonechat::ids::ConversationId, expected: &[String]) {
    let last = expected.last().unwrap().clone();
    let is_last = |texts: &[String]| texts.contains(&last);
    if !is_last(&person.texts(conversation).await) {
        person
            .wait("the last of them", |event| match event {
                Event::MessagesStored { messages, .. } => messages.iter().any(|m| m.body == last).then_some(()),
                _ => None,
            })
            .await;
    }
    let theirs = person.history(conversation).await.into_iter().filter(|message| !message.is_outgoing);
    let texts: Vec<_> = theirs.map(|message| message.body).collect();
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn a_row_whose_stanza_never_left_is_sent_at_the_next_start() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let conversation = alice.open(BOB).await.id;
    alice.stop().await;
    // What a crash between the commit and the network leaves behind.
    let store = Store::open(alice.dir.path()).unwrap().store;
    let scope = Scope {
        account: alice.account,
        address: alice.address.clone(),
        now: Timestamp(1_700_000_000_000),
        in_front: None,
        privacy: Privacy::default(),
        has_stanza_ids: false,
        is_online: true,
    };
    let written = store.write(move |store| {
        let id = OriginId("0d3f8a52-7d0c-4a53-8d5b-crash".into());
        let draft = Draft {
            text: "from before the crash".into(),
            format: TextFormat::default(),
            answers: None,
            previews: Vec::new(),
            id,
            held_until: None,
        };
        Ok(outbox::send(store, &scope, conversation, draft)?.0)
    });
    let row = written.await.unwrap();
    drop(store);
    alice.start();
    let received = bob.news().await;
    assert_eq!(received.body, "from before the crash");
    assert_eq!(received.time, Timestamp(1_700_000_000_000), "it says when it was written");
    alice.state(row.cursor.id, MessageState::Delivered).await;
}

#[tokio::test]
async fn what_was_written_offline_goes_out_in_order_when_the_line_is_back() {
    let prosody = server();
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let (to_bob, to_alice) = (alice.open(BOB).await.id, bob.open(ALICE).await.id);
    relay.refuse(true);
    alice.stop().await;
    alice.start();
    let expected: Vec<_> = (0..5).map(|n| format!("offline {n}")).collect();
    for text in &expected {
        alice.send(to_bob, text).await;
    }
    relay.refuse(false);
    alice.handle.send(Command::ReconnectNow { account: alice.account }).unwrap();
    arrived(&mut bob, to_alice, &expected).await;
}

#[tokio::test]
async fn a_message_to_nobody_fails_and_can_be_retried_or_discarded() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let id = alice.open("nobody@chat.test").await.id;
    let sent = alice.send(id, "Anybody?").await;
    let failed = MessageState::Failed(SendFailure::Undeliverable);
    alice.state(sent.cursor.id, failed).await;
    let message = sent.cursor.id;
    alice.handle.request(|reply| Command::RetryMessage { message, reply }).await.unwrap();
    alice.state(message, failed).await;
    alice.handle.request(|reply| Command::DiscardMessage { message, reply }).await.unwrap();
    assert_eq!(alice.texts(id).await, [""; 0]);
    let again = alice.handle.request(|reply| Command::DiscardMessage { message, reply }).await;
    assert_eq!(again, Err(CommandError::NotFound));
}

#[tokio::test]
async fn a_text_of_a_megabyte_is_refused_and_the_stream_lives() {
    let prosody = server();
    let alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let id = alice.open(BOB).await.id;
    let refused = alice.try_send(id, &"x".repeat(1_000_000)).await;
    assert!(matches!(refused, Err(CommandError::TooLong { .. })), "{refused:?}");
    assert_eq!(alice.try_send(id, "\u{0}\u{8}").await, Err(CommandError::EmptyMessage));
    alice.send(id, "control\u{0} \u{1b}[31mcharacters").await;
    assert_eq!(bob.news().await.body, "control [31mcharacters");
    let long = "<".repeat(10_000);
    alice.send(id, &long).await;
    assert_eq!(bob.news().await.body, long);
}

#[tokio::test]
async fn two_devices_of_one_account_show_the_same() {
    let prosody = server();
    let mut desk = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let laptop = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let to_alice = bob.open(ALICE).await.id;
    bob.send(to_alice, "Hi both").await;
    let there = desk.news().await.conversation;
    let here = laptop.open(BOB).await.id;
    laptop.send(here, "Hi from the laptop").await;
    desk.wait("what was written on the laptop", |event| match event {
        Event::MessagesStored { messages, news, .. } => {
            let ours = messages.iter().find(|message| message.body == "Hi from the laptop")?;
            assert!(ours.is_outgoing && news.is_empty());
            Some(())
        }
        _ => None,
    })
    .await;
    let read = desk.snapshot().await.conversations.into_iter().find(|c| c.id == there).unwrap();
    assert_eq!(read.unread, 0, "who writes on the laptop has read it there");
    assert_eq!(desk.texts(there).await, ["Hi both", "Hi from the laptop"]);
}

#[tokio::test]
async fn forged_copies_and_receipts_change_nothing() {
    let prosody = server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Plain::sign_in(&prosody, "bob").await;
    let carol = Plain::sign_in(&prosody, "carol").await;
    let id = alice.open(BOB).await.id;
    let sent = alice.send(id, "To Bob").await;
    let received = bob.message(|message| message.body.is_some()).await;
    let name = received.id.unwrap();
    carol.send(&format!(
        "<message xmlns='jabber:client' to='{ALICE}' type='chat'><received xmlns='urn:xmpp:receipts' id='{name}'/></message>"
    ));
    carol.send(&format!("<message xmlns='jabber:client' to='{ALICE}' type='error' id='{name}'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"));
    for direction in ["sent", "received"] {
        carol.send(&format!(
            "<message xmlns='jabber:client' to='{ALICE}' type='chat'><{direction} xmlns='urn:xmpp:carbons:2'>\
             <forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{BOB}/x' to='{ALICE}' type='chat'>\
             <body>forged</body></message></forwarded></{direction}></message>"
        ));
    }
    carol.send(&format!(
        "<message xmlns='jabber:client' to='{ALICE}' type='chat'><body>Carol was here</body></message>"
    ));
    alice
        .wait("Carol's own words", |event| match event {
            Event::MessagesStored { messages, .. } => {
                assert!(messages.iter().all(|message| message.body != "forged"), "{messages:?}");
                messages.iter().any(|message| message.body == "Carol was here").then_some(())
            }
            Event::MessagesChanged { messages, .. } => {
                assert!(messages.iter().all(|message| message.state == MessageState::Sent), "{messages:?}");
                None
            }
            _ => None,
        })
        .await;
    bob.send(&format!(
        "<message xmlns='jabber:client' to='{ALICE}' type='chat'><received xmlns='urn:xmpp:receipts' id='{name}'/></message>"
    ));
    alice.state(sent.cursor.id, MessageState::Delivered).await;
}
