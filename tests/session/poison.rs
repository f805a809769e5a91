//! A message on which the server ends the stream each time that it is sent: it is given back, and what stands behind it goes out.

use std::time::Duration;

use stonechat::xmpp::session::{SessionEvent, SessionState, Tag};

use crate::{
    client::{Client, DEADLINE, config, config_at},
    support::{Cut, Limit, Management, Options, Poison, Prosody, Relay, Script, Scripted},
};

const BOB: &str = "bob@chat.test";
/// Modules of a Prosody that signs in and resumes in one round trip.
const MODERN: [&str; 3] = ["sasl2", "sasl2_bind2", "sasl2_sm"];

/// What became of messages.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fates {
    acked: Vec<u64>,
    refused: Vec<u64>,
}

impl Fates {
    fn all(&self) -> usize {
        self.acked.len() + self.refused.len()
    }
}

/// Sends these, and as the engine does what may not have arrived again in the next session, until so many have a fate.
async fn fates(client: &mut Client, messages: &[(u64, &str)], count: usize) -> Fates {
    let mut fates = Fates::default();
    let mut again = Vec::new();
    for (tag, body) in messages {
        client.say(BOB, *tag, body);
    }
    let deciding = async {
        while fates.all() < count {
            match client.next().await.expect("the session goes on") {
                SessionEvent::Acked(tags) => fates.acked.extend(tags.iter().map(|tag| tag.0)),
                SessionEvent::Refused(tag) => fates.refused.push(tag.0),
                SessionEvent::Unsent { undelivered, unknown } => again.extend(undelivered.into_iter().chain(unknown)),
                SessionEvent::Online { resumed: false, .. } => {
                    again.sort_unstable();
                    for Tag(tag) in again.drain(..) {
                        let (_, body) = messages.iter().find(|(known, _)| *known == tag).unwrap();
                        client.say(BOB, tag, body);
                    }
                }
                SessionEvent::State(SessionState::NeedsPerson(problem)) => panic!("{problem}"),
                _ => (),
            }
        }
    };
    tokio::time::timeout(2 * DEADLINE, deciding).await.unwrap_or_else(|_| panic!("not all has a fate"));
    fates.acked.sort_unstable();
    fates
}

#[tokio::test]
async fn a_message_that_a_server_does_not_survive_is_given_back() {
    let table = [
        (Some("policy-violation"), Management::Resumable, 4),
        (Some("policy-violation"), Management::Forgetful, 4),
        (Some("not-well-formed"), Management::Resumable, 4),
        (None, Management::Resumable, 6),
        (None, Management::Forgetful, 6),
        (Some("internal-server-error"), Management::Resumable, 6),
    ];
    let play = |(error, management, most)| async move {
        let server = Scripted::start(Script { management: Some(management), ..Script::default() }).await;
        server.set_poison(Some(Poison { text: "poison", error }));
        let mut alice = Client::start(config_at(&server));
        alice.until_online().await;
        let messages = [(1, "before"), (2, "poison"), (3, "behind"), (4, "last")];
        let fates = fates(&mut alice, &messages, 4).await;
        let case = format!("{error:?}, {management:?}");
        assert_eq!(fates, Fates { acked: vec![1, 3, 4], refused: vec![2] }, "{case}");
        assert!(server.connections() <= most, "{case}: {} streams", server.connections());
        let heard = |text: &'static str| {
            move |stanza: &minidom::Element| (stanza.get_child("body", "jabber:client")?.text() == text).then_some(())
        };
        server.heard("the last", heard("last")).await;
        // Another try of the person's has the same chance.
        server.set_poison(None);
        alice.say(BOB, 2, "poison");
        alice.until_acked(2).await;
        server.heard("what was poison", heard("poison")).await;
    };
    futures::future::join_all(table.map(play)).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_for_the_server_is_given_back() {
    let large = "x".repeat(20_000);
    for modules in [vec![], MODERN.map(str::to_owned).to_vec()] {
        let global = "c2s_stanza_size_limit = 10000".to_owned();
        let prosody = Prosody::start(&Options { modules, global, ..Options::with_users(&["alice", "bob"]) });
        let mut alice = Client::online(config(&prosody, "alice", prosody.port())).await;
        let mut bob = Client::online(config(&prosody, "bob", prosody.port())).await;
        let fates = fates(&mut alice, &[(1, "before"), (2, &large), (3, "behind")], 3).await;
        assert_eq!(fates, Fates { acked: vec![1, 3], refused: vec![2] });
        let streams = prosody.log().matches("Authenticated as alice@chat.test").count();
        assert!(streams <= 6, "{streams}");
        // What was in doubt after the first loss was sent again.
        while bob.bodies(1).await != ["behind"] {}
    }
}

/// Waits until the line is back, as a person would who has no patience. Nothing is given back meanwhile.
async fn comes_back(client: &mut Client) {
    let handle = client.handle.clone();
    let is_back = |event: &SessionEvent| match event {
        SessionEvent::Refused(_) => panic!("{event:?}"),
        SessionEvent::State(SessionState::Waiting { .. }) => {
            handle.reconnect_now();
            None
        }
        SessionEvent::Online { .. } => Some(()),
        _ => None,
    };
    client.until("the line", is_back).await;
}

#[tokio::test]
async fn a_line_that_breaks_again_and_again_is_no_reason_to_give_a_message_up() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let relay = Relay::start(prosody.port());
    let mut alice = Client::online(config(&prosody, "alice", relay.port())).await;
    let mut bob = Client::online(config(&prosody, "bob", prosody.port())).await;
    let mut tag = 0;
    for _ in 0..4 {
        relay.swallow(true);
        for _ in 0..3 {
            tag += 1;
            alice.say(BOB, tag, &tag.to_string());
        }
        relay.cut();
        relay.swallow(false);
        comes_back(&mut alice).await;
        // And a network that changes wipes out what was suspected.
        relay.cut();
        alice.handle.network_changed(true);
        comes_back(&mut alice).await;
    }
    let expected: Vec<_> = (1..=tag).map(|n| n.to_string()).collect();
    assert_eq!(bob.bodies(expected.len()).await, expected);
}

#[tokio::test]
async fn a_line_that_breaks_at_the_same_place_each_time_is_no_reason_to_give_a_message_up() {
    for modules in [vec![], MODERN.map(str::to_owned).to_vec()] {
        at_the_same_place(&Prosody::start(&Options { modules, ..Options::with_users(&["alice", "bob"]) })).await;
    }
}

async fn at_the_same_place(prosody: &Prosody) {
    let relay = Relay::start(prosody.port());
    let mut alice = Client::online(config(prosody, "alice", relay.port())).await;
    let mut bob = Client::online(config(prosody, "bob", prosody.port())).await;
    // As much as it takes to come back, and a part of what is sent then.
    let before = relay.bytes_up();
    relay.cut();
    comes_back(&mut alice).await;
    let place = relay.bytes_up() - before + 60;
    relay.truncate(Some((Limit::Up(place), Cut::Close)));
    relay.swallow(true);
    for tag in 1..=3 {
        alice.say(BOB, tag, &tag.to_string());
    }
    relay.cut();
    relay.swallow(false);
    for _ in 0..8 {
        comes_back(&mut alice).await;
    }
    assert!(relay.reached() >= 7, "{}", relay.reached());
    relay.truncate(None);
    comes_back(&mut alice).await;
    assert_eq!(bob.bodies(3).await, ["1", "2", "3"]);
    assert!(!prosody.log().contains("<stream:error>"), "what is tried is no offence");
}

#[tokio::test]
async fn sessions_that_are_lost_as_soon_as_they_begin_come_seldom() {
    let server = Scripted::start(Script::default()).await;
    server.set_poison(Some(Poison { text: "", error: None }));
    let mut alice = Client::start(config_at(&server));
    let mut waits = Vec::new();
    while waits.len() < 3 {
        match alice.next().await.expect("the session goes on") {
            // Not counted, so never blamed: it is sent in each session.
            SessionEvent::Online { .. } => alice.say(BOB, 1, "poison"),
            SessionEvent::State(SessionState::Waiting { retry_in, .. }) => waits.push(retry_in),
            _ => (),
        }
    }
    assert!(waits[0] <= Duration::from_secs(2) && waits[2] >= Duration::from_secs(4), "{waits:?}");
    assert_eq!(server.connections(), 6);
}
