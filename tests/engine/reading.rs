//! Who has read what: markers to and from the other side, and one read state on all devices (XEP-0333, XEP-0490).

use stonechat::engine::api::{Command, Event, Message, MessageState};

use super::{
    person::{Person, befriend, friendly_server, jid},
    plain::Plain,
    support::{Options, Prosody},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

/// Somebody looks at what came.
fn read(who: &Person, message: &Message) {
    who.tell(Command::MarkRead { conversation: message.conversation, up_to: message.cursor });
}

async fn until_unread(who: &mut Person, with: &str, unread: u32) {
    let peer = jid(with);
    let is = |all: &stonechat::engine::api::Snapshot| {
        all.conversations.iter().any(|c| c.peer == peer && c.unread == unread).then_some(())
    };
    who.until(&format!("{unread} unread"), is).await;
}

/// Waits until the other side has seen this message of ours, whatever else is told meanwhile.
async fn until_read(who: &mut Person, message: &Message) {
    loop {
        let all = who.history(message.conversation).await;
        if all.iter().any(|m| m.cursor.id == message.cursor.id && m.is_read) {
            return;
        }
        who.wait("a marker", |event| matches!(event, Event::MessagesChanged { .. }).then_some(())).await;
    }
}

fn set_privacy(who: &Person, send_markers: bool) {
    who.tell(Command::SetPrivacy { send_receipts: true, send_markers, send_chat_states: true });
}

#[tokio::test]
async fn what_was_read_is_told_to_the_other_side_and_counts_for_all_before_it() {
    let prosody = friendly_server();
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let (first, second) = (alice.say(BOB, "first").await, alice.say(BOB, "second").await);
    let seen = bob.message("second").await;
    alice.state(second.cursor.id, MessageState::Delivered).await;
    assert!(alice.history(first.conversation).await.iter().all(|message| !message.is_read), "nobody has looked");
    let third = alice.say(BOB, "third").await;
    bob.message("third").await;
    read(&bob, &seen);
    until_read(&mut alice, &second).await;
    let all: Vec<_> = alice.history(first.conversation).await.iter().map(|message| message.is_read).collect();
    assert_eq!(all, [true, true, false]);
    // And it is known after a restart.
    alice.restart().await;
    assert!(alice.history(first.conversation).await[0].is_read);
    read(&bob, &bob.history_with(ALICE).await[2]);
    until_read(&mut alice, &third).await;
}

#[tokio::test]
async fn who_keeps_to_themselves_what_they_read_tells_their_own_devices_only() {
    let prosody = friendly_server();
    let mut alice = Person::new(&prosody, "alice").await;
    let (mut desk, mut phone) = (Person::new(&prosody, "bob").await, Person::new(&prosody, "bob").await);
    set_privacy(&desk, false);
    let sent = alice.say(BOB, "hello").await;
    let seen = desk.message("hello").await;
    phone.message("hello").await;
    read(&desk, &seen);
    until_unread(&mut phone, ALICE, 0).await;
    // What is told to the other side would have come before this.
    desk.say(ALICE, "anything else?").await;
    alice.message("anything else?").await;
    assert!(alice.history(sent.conversation).await.iter().all(|message| !message.is_read));
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_the_other() {
    let prosody = friendly_server();
    let alice = Person::new(&prosody, "alice").await;
    let (mut desk, mut phone) = (Person::new(&prosody, "bob").await, Person::new(&prosody, "bob").await);
    for text in ["one", "two", "three"] {
        alice.say(BOB, text).await;
    }
    desk.message("three").await;
    let two = desk.history_with(ALICE).await.remove(1);
    phone.message("three").await;
    until_unread(&mut phone, ALICE, 3).await;
    read(&desk, &two);
    phone.wait("the end of the notification", |event| matches!(event, Event::ReadChanged { .. }).then_some(())).await;
    until_unread(&mut phone, ALICE, 1).await;
}

#[tokio::test]
async fn a_device_that_was_away_knows_what_was_read_meanwhile() {
    let prosody = friendly_server();
    let alice = Person::new(&prosody, "alice").await;
    let (mut desk, mut phone) = (Person::new(&prosody, "bob").await, Person::new(&prosody, "bob").await);
    alice.say(BOB, "before").await;
    let before = phone.message("before").await;
    read(&phone, &before);
    desk.message("before").await;
    until_unread(&mut desk, ALICE, 0).await;
    phone.stop().await;
    let mut witness = Person::new(&prosody, "bob").await;
    for n in 0..60 {
        alice.say(BOB, &format!("number {n}")).await;
    }
    desk.message("number 59").await;
    let seen = desk.history_with(ALICE).await;
    read(&desk, &seen[56]);
    until_unread(&mut desk, ALICE, 4).await;
    // The server has it.
    until_unread(&mut witness, ALICE, 4).await;
    phone.start();
    let mut news = 0;
    while phone.history_with(ALICE).await.len() < 61 {
        news += phone
            .wait("more messages", |event| match event {
                Event::MessagesStored { news, .. } => Some(news.len()),
                _ => None,
            })
            .await;
    }
    until_unread(&mut phone, ALICE, 4).await;
    assert!(news >= 4, "the person is told of the rest");
    // A new device knows it as well.
    let mut tablet = Person::new(&prosody, "bob").await;
    until_unread(&mut tablet, ALICE, 0).await;
}

#[tokio::test]
async fn what_the_archive_says_of_our_messages_is_known_on_a_new_device() {
    let prosody = friendly_server();
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let first = alice.say(BOB, "first").await;
    let seen = bob.message("first").await;
    read(&bob, &seen);
    until_read(&mut alice, &first).await;
    let second = alice.say(BOB, "second").await;
    bob.message("second").await;
    alice.state(second.cursor.id, MessageState::Delivered).await;
    let mut other = Person::new(&prosody, "alice").await;
    loop {
        let all = other.history_with(BOB).await;
        if let [a, b] = &all[..]
            && (a.state, a.is_read, b.state) == (MessageState::Delivered, true, MessageState::Delivered)
        {
            assert!(!b.is_read);
            return;
        }
        other.wait("what the archive has", |event| matches!(event, Event::MessagesStored { .. }).then_some(())).await;
    }
}

#[tokio::test]
async fn nobody_else_says_what_was_read() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "mallory"]));
    befriend(&prosody, "alice", "bob");
    let mut alice = Person::new(&prosody, "alice").await;
    let mut bob = Plain::sign_in(&prosody, "bob").await;
    let mallory = Plain::sign_in(&prosody, "mallory").await;
    let sent = alice.say(BOB, "for bob").await;
    let got = bob.message(|message| message.body.is_some()).await;
    assert!(got.is_markable);
    let id = got.id.unwrap();
    bob.send(&format!(
        "<message xmlns='jabber:client' to='{ALICE}' id='b-1' type='chat'><body>from bob</body></message>"
    ));
    let from_bob = alice.message("from bob").await;
    let marker = format!("<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>");
    let event = format!(
        "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:mds:displayed:0'><item id='{BOB}'>\
         <displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='{ALICE}' id='1'/></displayed>\
         </item></items></event>"
    );
    let carbon = format!(
        "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' \
         from='{ALICE}/x' to='{BOB}' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='b-1'/></message></forwarded></sent>"
    );
    for payload in [&marker, &event, &carbon] {
        mallory.send(&format!("<message xmlns='jabber:client' to='{ALICE}' type='chat'>{payload}</message>"));
    }
    mallory.send(&format!("<message xmlns='jabber:client' to='{ALICE}' type='chat'><body>done</body></message>"));
    alice.message("done").await;
    let history = alice.history(sent.conversation).await;
    assert!(history.iter().all(|message| !message.is_read), "{history:?}");
    until_unread(&mut alice, BOB, 1).await;
    // The one whom it concerns may.
    bob.send(&format!("<message xmlns='jabber:client' to='{ALICE}' type='chat'>{marker}</message>"));
    until_read(&mut alice, &sent).await;
    assert_eq!(from_bob.conversation, sent.conversation);
}
