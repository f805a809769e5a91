//! What a lost connection costs: nothing, where the session can be resumed; else the truth about what was in flight.

use stonechat::xmpp::{
    Problem, ping,
    session::{IqError, IqKind, SessionEvent, SessionState, Tag},
};

use crate::{
    client::{Client, body, config},
    support::{Options, Prosody, Relay},
};

fn both_ways_to_sign_in() -> [Options; 2] {
    let classic = Options::with_users(&["alice", "bob"]);
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm"].map(str::to_owned).to_vec();
    [classic.clone(), Options { modules, ..classic }]
}

struct Scene {
    prosody: Prosody,
    relay: Relay,
    alice: Client,
    bob: Client,
}

/// Alice behind a line that can be cut, Bob directly at the server.
async fn scene(options: &Options) -> Scene {
    let prosody = Prosody::start(options);
    let relay = Relay::start(prosody.direct_tls_port());
    let alice = Client::online(config(&prosody, "alice", relay.port())).await;
    let bob = Client::online(config(&prosody, "bob", prosody.port())).await;
    Scene { prosody, relay, alice, bob }
}

#[tokio::test]
async fn a_cut_line_loses_and_doubles_nothing() {
    for options in both_ways_to_sign_in() {
        let Scene { prosody: _prosody, relay, mut alice, mut bob } = scene(&options).await;
        alice.say("bob@chat.test", 1, "arrives");
        alice.until_acked(1).await;
        for round in 0..3_u64 {
            relay.swallow(true);
            alice.say("bob@chat.test", 10 * round + 2, "lost on the way");
            alice.say("bob@chat.test", 10 * round + 3, "lost as well");
            bob.say("alice@chat.test", round, &format!("while you were away {round}"));
            bob.until_acked(round).await;
            relay.cut();
            relay.swallow(false);
            let (_, resumed, _) = alice.until_online().await;
            assert!(resumed);
            alice.until_acked(10 * round + 3).await;
        }
        alice.say("bob@chat.test", 99, "the last");
        bob.say("alice@chat.test", 99, "the last");
        let mut expected = vec!["arrives"];
        expected.extend(["lost on the way", "lost as well"].repeat(3));
        expected.push("the last");
        assert_eq!(bob.bodies(8).await, expected);
        let away = (0..3).map(|round| format!("while you were away {round}"));
        assert_eq!(alice.bodies(4).await, away.chain(["the last".to_owned()]).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_lost_session_is_back_at_once() {
    let Scene { prosody: _prosody, relay, mut alice, bob: _bob } = scene(&Options::with_users(&["alice", "bob"])).await;
    let before = relay.connections();
    relay.cut();
    let is_new_try = |event: &SessionEvent| match event {
        SessionEvent::State(SessionState::Connecting(_)) => Some(()),
        SessionEvent::State(SessionState::Waiting { retry_in, .. }) => panic!("it waits for {retry_in:?}"),
        _ => None,
    };
    alice.until("a new try", is_new_try).await;
    assert!(alice.until_online().await.1);
    assert_eq!(relay.connections(), before + 1);
}

#[tokio::test]
async fn what_the_engine_has_but_has_not_stored_is_not_delivered_twice() {
    for options in both_ways_to_sign_in() {
        let Scene { prosody: _prosody, relay, mut alice, bob } = scene(&options).await;
        alice.handles = false;
        for n in 0..5 {
            bob.say("alice@chat.test", n, &n.to_string());
        }
        assert_eq!(alice.bodies(5).await, ["0", "1", "2", "3", "4"]);
        alice.handle.handled(2);
        relay.cut();
        assert!(alice.until_online().await.1);
        bob.say("alice@chat.test", 5, "5");
        assert_eq!(alice.bodies(1).await, ["5"]);
        // Only what was handled was acknowledged, so the server has it yet when the session is resumed again.
        alice.handle.handled(3);
        relay.cut();
        assert!(alice.until_online().await.1);
        bob.say("alice@chat.test", 6, "6");
        assert_eq!(alice.bodies(1).await, ["6"]);
    }
}

#[tokio::test]
async fn after_a_refused_resume_what_was_in_flight_is_named() {
    for options in both_ways_to_sign_in() {
        let Scene { mut prosody, relay, mut alice, bob: _bob } = scene(&options).await;
        relay.swallow(true);
        alice.say("bob@chat.test", 1, "perhaps");
        let handle = alice.handle.clone();
        let asked = tokio::spawn(async move { handle.iq(None, IqKind::Get, ping::build()).await });
        // Sent, and so in doubt, once the relay has it.
        let before = relay.bytes_up();
        prosody.stop();
        relay.refuse(true);
        relay.cut();
        alice.until("the loss", |e| matches!(e, SessionEvent::State(SessionState::Waiting { .. })).then_some(())).await;
        assert_eq!(relay.bytes_up(), before, "swallowed");
        alice.say("bob@chat.test", 2, "certainly not");
        prosody.start_again();
        relay.swallow(false);
        relay.refuse(false);
        alice.handle.reconnect_now();
        let (undelivered, unknown) = alice
            .until("the verdict", |event| match event {
                SessionEvent::Unsent { undelivered, unknown } => Some((undelivered.clone(), unknown.clone())),
                _ => None,
            })
            .await;
        assert_eq!((undelivered, unknown), (vec![Tag(2)], vec![Tag(1)]));
        assert!(!alice.until_online().await.1);
        assert_eq!(asked.await.unwrap(), Err(IqError::Lost));
    }
}

#[tokio::test]
async fn what_is_sent_before_there_is_any_session_comes_back() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let relay = Relay::start(prosody.port());
    relay.refuse(true);
    let mut alice = Client::start(config(&prosody, "alice", relay.port()));
    alice.say("bob@chat.test", 7, "too early");
    let back = alice
        .until("the stanza", |event| match event {
            SessionEvent::Unsent { undelivered, unknown } => Some((undelivered.clone(), unknown.len())),
            _ => None,
        })
        .await;
    assert_eq!(back, (vec![Tag(7)], 0));
    assert_eq!(alice.handle.iq(None, IqKind::Get, ping::build()).await, Err(IqError::Lost));
    relay.refuse(false);
    alice.handle.network_changed(true);
    alice.until_online().await;
}

#[tokio::test]
async fn a_dead_line_is_found_out_when_the_network_changes() {
    let Scene { prosody: _prosody, relay, mut alice, bob: _bob } = scene(&Options::with_users(&["alice", "bob"])).await;
    relay.swallow(true);
    alice.handle.network_changed(true);
    let problem = alice
        .until("the loss", |event| match event {
            SessionEvent::State(SessionState::Connecting(_)) => Some(None),
            SessionEvent::State(SessionState::Waiting { problem, .. }) => Some(Some(problem.clone())),
            _ => None,
        })
        .await;
    assert!(matches!(problem, None | Some(Problem::Timeout)), "{problem:?}");
    relay.swallow(false);
    alice.handle.network_changed(true);
    assert!(alice.until_online().await.1);
}

#[tokio::test]
async fn an_engine_that_is_behind_slows_the_server_down_and_misses_nothing() {
    let Scene { prosody: _prosody, relay: _relay, mut alice, mut bob } =
        scene(&Options::with_users(&["alice", "bob"])).await;
    let count = 3_000;
    let numbers: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    for (n, text) in (0..).zip(&numbers) {
        bob.say("alice@chat.test", n, text);
    }
    // All of it is with the server before the first is looked at.
    bob.until_acked(count - 1).await;
    assert_eq!(alice.bodies(numbers.len()).await, numbers);
}

#[tokio::test]
async fn closing_ends_the_session_after_what_was_sent_has_arrived() {
    let Scene { prosody: _prosody, relay: _relay, mut alice, mut bob } =
        scene(&Options::with_users(&["alice", "bob"])).await;
    for n in 0..50 {
        alice.say("bob@chat.test", n, &n.to_string());
    }
    alice.handle.close().await;
    let mut acked = 0;
    let mut is_closed = false;
    while let Some(event) = alice.next().await {
        match event {
            SessionEvent::Acked(tags) => acked += tags.len(),
            SessionEvent::Unsent { .. } => panic!("{event:?}"),
            SessionEvent::State(SessionState::Closed) => is_closed = true,
            _ => assert!(body(&event).is_none()),
        }
    }
    assert_eq!((acked, is_closed), (50, true));
    assert_eq!(bob.bodies(50).await.last().unwrap(), "49");
}
