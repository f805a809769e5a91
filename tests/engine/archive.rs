//! What the server's archive holds comes here, once and in order (XEP-0313).

use std::{fs, time::Duration};

use minidom::Element;
use stonechat::engine::api::{ArchivePolicy, Command, CommandError, Event, Message, MessageState};

use super::{
    person::{self, Person, befriend, friendly_server, new_account},
    plain::Plain,
    support::{Management, Options, Prosody, Relay, Script, Scripted},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";
const CAROL: &str = "carol@chat.test";

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| &message.body[..]).collect()
}

/// Waits until so many messages are there, and then a little for what must not come.
async fn history(who: &mut Person, with: &str, len: usize) -> Vec<Message> {
    while who.history_with(with).await.len() < len {
        who.wait("more messages", |event| matches!(event, Event::MessagesStored { .. }).then_some(())).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    who.history_with(with).await
}

#[tokio::test]
async fn a_second_device_finds_all_that_was_said_on_the_first() {
    let prosody = friendly_server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let mut expected = Vec::new();
    for n in 0..65 {
        for (from, to, name) in [(&alice, BOB, "alice"), (&bob, ALICE, "bob")] {
            let text = format!("{name} {n}");
            from.say(to, &text).await;
            expected.push(text);
        }
    }
    bob.message("alice 64").await;
    let first = history(&mut bob, ALICE, 130).await;

    let mut second = Person::new(&prosody, "bob").await;
    let found = history(&mut second, ALICE, 130).await;
    let mut found_texts = texts(&found);
    // The two wrote at the same time: only each one's own order is certain.
    for name in ["alice", "bob"] {
        let of = |all: &[&str]| all.iter().filter(|t| t.starts_with(name)).map(ToString::to_string).collect::<Vec<_>>();
        let wanted: Vec<_> = expected.iter().map(String::as_str).collect();
        assert_eq!(of(&found_texts), of(&wanted));
        assert_eq!(of(&texts(&first)), of(&wanted));
    }
    found_texts.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found_texts, expected);
    let snapshot = second.snapshot().await;
    assert_eq!((snapshot.conversations.len(), snapshot.conversations[0].unread), (1, 0));
}

#[tokio::test]
async fn what_was_said_in_an_absence_comes_once_in_order_and_is_unread() {
    // Without offline storage nothing but the archive has it; with it, everything comes twice.
    for without in [vec!["offline".to_owned()], Vec::new()] {
        let prosody = Prosody::start(&Options { without, ..Options::with_users(&["alice", "bob"]) });
        befriend(&prosody, "alice", "bob");
        let (mut alice, bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
        bob.say(ALICE, "before").await;
        let message = alice.message("before").await;
        alice.tell(Command::MarkRead { conversation: message.conversation, up_to: message.cursor });
        alice.stop().await;
        let said: Vec<_> = (0..120).map(|n| format!("meanwhile {n}")).collect();
        for text in &said {
            bob.say(ALICE, text).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        alice.start();
        let history = history(&mut alice, BOB, 121).await;
        let expected: Vec<_> = std::iter::once("before").chain(said.iter().map(String::as_str)).collect();
        assert_eq!(texts(&history), expected);
        assert_eq!(alice.snapshot().await.conversations[0].unread, 120);
    }
}

#[tokio::test]
async fn a_sync_goes_on_after_the_line_was_cut_in_the_middle_of_it() {
    let prosody = friendly_server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let said: Vec<_> = (0..300).map(|n| format!("number {n}")).collect();
    for text in &said {
        alice.say(BOB, text).await;
    }
    bob.message("number 299").await;
    let relay = Relay::start(prosody.port());
    let mut second = Person::sign_in(&prosody, "bob", relay.port()).await;
    for _ in 0..3 {
        second.wait("a page", |event| matches!(event, Event::MessagesStored { .. }).then_some(())).await;
        relay.cut();
    }
    second.stop().await;
    second.start();
    assert_eq!(texts(&history(&mut second, ALICE, 300).await), said);
}

#[tokio::test]
async fn a_result_that_nobody_asked_for_is_no_message() {
    let prosody = friendly_server();
    let mut alice = Person::new(&prosody, "alice").await;
    let mallory = Plain::sign_in(&prosody, "bob").await;
    let forged = |query: &str| {
        format!(
            "<message xmlns='jabber:client' to='{ALICE}' type='chat'><result xmlns='urn:xmpp:mam:2' id='x' {query}>\
             <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>\
             <message xmlns='jabber:client' from='{ALICE}/x' to='carol@chat.test' type='chat'><body>I owe you</body>\
             </message></forwarded></result></message>"
        )
    };
    for query in ["", "queryid='1'"] {
        mallory.send(&forged(query));
    }
    mallory.send(&format!("<message xmlns='jabber:client' to='{ALICE}' type='chat'><body>after</body></message>"));
    alice.message("after").await;
    let snapshot = alice.snapshot().await;
    assert_eq!(snapshot.conversations.len(), 1, "{snapshot:?}");
}

/// Ends the engine behind a line that has been slow: what it has just sent arrived, and it never heard of that. Begins anew.
async fn crash_unheard(alice: &mut Person, relay: &Relay) {
    relay.refuse(true);
    relay.cut();
    alice.stop().await;
    relay.delay(Duration::ZERO);
    relay.refuse(false);
    alice.start();
}

#[tokio::test]
async fn what_had_arrived_before_a_crash_is_not_sent_again() {
    let prosody = friendly_server();
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Plain::sign_in(&prosody, "bob").await;
    let conversation = alice.open(BOB).await.id;
    // The message arrives, and nobody on this side ever hears of it.
    relay.delay(Duration::from_secs(1));
    let once = alice.send(conversation, "once").await;
    bob.message(|message| message.body.is_some()).await;
    crash_unheard(&mut alice, &relay).await;
    alice.until_state(conversation, once.cursor.id, MessageState::Sent).await;
    assert_eq!(alice.texts(conversation).await, ["once"]);
    alice.send(conversation, "after").await;
    let next = bob.message(|message| message.body.is_some()).await;
    assert_eq!(next.body.as_deref(), Some("after"));
}

#[tokio::test]
async fn the_conversation_that_is_looked_at_comes_before_the_rest() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "carol"]));
    befriend(&prosody, "alice", "carol");
    befriend(&prosody, "bob", "carol");
    let (alice, bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let mut carol = Person::new(&prosody, "carol").await;
    alice.say(CAROL, "long ago").await;
    for n in 0..400 {
        bob.say(CAROL, &format!("number {n}")).await;
    }
    carol.message("number 399").await;
    // Slow enough to be overtaken.
    let relay = Relay::start(prosody.port());
    let mut second = Person::sign_in(&prosody, "carol", relay.port()).await;
    relay.delay(Duration::from_millis(100));
    let looked_at = second.open(ALICE).await.id;
    second.tell(Command::SetInFront { conversation: Some(looked_at) });
    second.message("long ago").await;
    let rest = second.open(BOB).await.id;
    assert!(second.history(rest).await.len() < 400, "the rest comes later");
    relay.delay(Duration::ZERO);
    assert_eq!(history(&mut second, BOB, 400).await.len(), 400);
    assert_eq!(texts(&second.history(looked_at).await), ["long ago"]);
}

#[tokio::test]
async fn what_the_server_has_thrown_away_stays_here() {
    let mut prosody = friendly_server();
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    for n in 0..3 {
        alice.say(BOB, &format!("old {n}")).await;
    }
    bob.message("old 2").await;
    // Fetched, and not only come by: the archive's ids are known now, and will be asked for.
    bob.restart().await;
    bob.online().await;
    bob.say(ALICE, "seen").await;
    alice.message("seen").await;
    alice.stop().await;
    bob.stop().await;
    prosody.stop();
    fs::remove_dir_all(prosody.data_dir().join("archive")).unwrap();
    prosody.start_again();
    alice.start();
    for n in 0..3 {
        alice.say(BOB, &format!("new {n}")).await;
    }
    bob.start();
    let expected = ["old 0", "old 1", "old 2", "seen", "new 0", "new 1", "new 2"];
    assert_eq!(texts(&history(&mut bob, ALICE, 7).await), expected);
    // The next time is like any other.
    bob.restart().await;
    bob.online().await;
    alice.say(BOB, "last").await;
    assert_eq!(history(&mut bob, ALICE, 8).await.last().unwrap().body, "last");
}

#[tokio::test]
async fn where_there_is_no_archive_what_may_not_have_arrived_is_sent_again_under_its_id() {
    let prosody =
        Prosody::start(&Options { without: vec!["mam".to_owned()], ..Options::with_users(&["alice", "bob"]) });
    befriend(&prosody, "alice", "bob");
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::new(&prosody, "bob").await;
    relay.delay(Duration::from_secs(1));
    let message = alice.say(BOB, "once").await;
    bob.message("once").await;
    crash_unheard(&mut alice, &relay).await;
    alice.until_state(message.conversation, message.cursor.id, MessageState::Delivered).await;
    alice.say(BOB, "after").await;
    bob.message("after").await;
    assert_eq!(bob.texts(bob.open(ALICE).await.id).await, ["once", "after"]);
}

#[tokio::test]
async fn what_the_server_keeps_is_chosen_here() {
    let prosody = friendly_server();
    let mut alice = Person::new(&prosody, "alice").await;
    let account = alice.account;
    let policy = async |alice: &Person| alice.request(|reply| Command::LoadArchivePolicy { account, reply }).await;
    assert_eq!(policy(&alice).await, Ok(Some(ArchivePolicy::Always)));
    for wanted in [ArchivePolicy::Never, ArchivePolicy::Roster] {
        alice.request(|reply| Command::SetArchivePolicy { account, policy: wanted, reply }).await.unwrap();
        assert_eq!(policy(&alice).await, Ok(Some(wanted)));
    }
    alice.tell(Command::SetEnabled { account, enabled: false });
    alice.until_account("offline", |account| !account.enabled).await;
    assert_eq!(policy(&alice).await, Err(CommandError::NotOnline));
}

#[tokio::test]
async fn how_far_a_long_fetch_has_come_is_told() {
    let prosody = friendly_server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    for n in 0..400 {
        alice.say(BOB, &format!("number {n}")).await;
    }
    bob.message("number 399").await;
    let mut second = Person::new(&prosody, "bob").await;
    let mut told = Vec::new();
    second
        .wait("the end of it", |event| {
            let Event::AccountChanged(account) = event else { return None };
            told.extend(account.history);
            (account.history.is_none() && !told.is_empty()).then_some(())
        })
        .await;
    assert!(told.len() > 1 && told.is_sorted_by_key(|progress| progress.fetched), "{told:?}");
    // Receipts are archived as well.
    let last = told.last().unwrap();
    assert!((400..=800).contains(&last.fetched) && last.total.is_none_or(|total| total >= 400), "{told:?}");
}

const DISCO: &str = "http://jabber.org/protocol/disco#info";
const MAM: &str = "urn:xmpp:mam:2";

/// The id of the next question of this kind about our own account.
async fn asked(server: &Scripted, namespace: &'static str) -> String {
    server
        .heard(namespace, |stanza| {
            let is_meant = stanza.attr("to").is_none_or(|to| to == ALICE);
            let is_asked = is_meant && stanza.get_child("query", namespace).is_some();
            is_asked.then(|| stanza.attr("id").unwrap_or_default().to_owned())
        })
        .await
}

/// It has an archive.
async fn tell_of_archive(server: &Scripted) {
    let id = asked(server, DISCO).await;
    let info = format!("<query xmlns='{DISCO}'><feature var='{MAM}'/></query>");
    server.say(&format!("<iq type='result' id='{id}' from='{ALICE}'>{info}</iq>"));
}

/// A server that has no time, or whose answer is lost, has an archive all the same.
#[tokio::test]
async fn a_server_that_has_no_time_at_first_is_asked_once_more() {
    let scripted = Scripted::start(Script::default()).await;
    scripted.be_silent();
    let mut alice = Person::nobody();
    alice.join(new_account(ALICE, "any", person::server(scripted.port(), Some(scripted.ca_file())))).await.unwrap();
    let busy = asked(&scripted, DISCO).await;
    scripted.say(&format!(
        "<iq type='error' id='{busy}' from='{ALICE}'><error type='wait'>\
         <resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    ));
    tell_of_archive(&scripted).await;
    asked(&scripted, MAM).await;
    assert_eq!(scripted.connections(), 1);
}

/// That the look into the archive was cut short says nothing of what it was for.
#[tokio::test]
async fn what_may_have_arrived_is_looked_for_until_the_archive_has_answered() {
    let script = Script { management: Some(Management::Forgetful), ..Script::default() };
    let scripted = Scripted::start(script).await;
    scripted.be_silent();
    let mut alice = Person::nobody();
    alice.join(new_account(ALICE, "any", person::server(scripted.port(), Some(scripted.ca_file())))).await.unwrap();
    alice.online().await;
    alice.say(BOB, "once").await;
    let is_it = |stanza: &Element| stanza.get_child("body", "jabber:client").is_some_and(|body| body.text() == "once");
    scripted.heard("the message", |stanza| is_it(stanza).then_some(())).await;
    for _ in 0..3 {
        scripted.say("</stream:stream>");
        tell_of_archive(&scripted).await;
        let is_repeated = scripted.heard("the look for it, or the message", |stanza| {
            let is_look = stanza.get_child("query", MAM).is_some();
            (is_look || is_it(stanza)).then(|| is_it(stanza))
        });
        assert!(!is_repeated.await, "sent again before it was looked for");
    }
}
