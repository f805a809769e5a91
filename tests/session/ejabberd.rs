//! The session against another server than Prosody.

use stonechat::{
    secret::Secret,
    xmpp::{
        CertificateProblem, Problem, ping,
        session::{AccountConfig, Assurance, IqError, IqKind, SessionEvent, SessionState, Strength, Tag, Token},
    },
};

use crate::{
    client::{Client, config_of, message},
    support::{Certificate, Ejabberd, Options, Relay},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

fn options(modules: &[&str]) -> Options {
    let modules = modules.iter().map(|module| (*module).to_owned()).collect();
    Options { modules, ..Options::with_users(&["alice", "bob"]) }
}

fn config(server: &Ejabberd, name: &str, port: u16) -> AccountConfig {
    config_of(&server.address(name), port, server.ca_file())
}

/// A person who asks for a resource gets SASL, bind and resumption one after the other.
fn both_ways(server: &Ejabberd, name: &str, port: u16) -> [AccountConfig; 2] {
    let modern = config(server, name, port);
    [AccountConfig { resource: Some("desk".into()), ..modern.clone() }, modern]
}

/// Signs in; what was learnt by that.
async fn sign_in(config: AccountConfig) -> (Client, Option<Assurance>, Option<Token>) {
    let mut client = Client::start(config);
    let (mut assurance, mut token) = (None, None);
    let is_online = |event: &SessionEvent| {
        match event {
            SessionEvent::SignedIn(new) => assurance = Some(*new),
            SessionEvent::Token(new) => token.clone_from(new),
            SessionEvent::Online { .. } => return Some(()),
            SessionEvent::State(SessionState::NeedsPerson(problem)) => panic!("{problem}"),
            _ => (),
        }
        None
    };
    client.until("sign-in", is_online).await;
    (client, assurance, token)
}

#[tokio::test]
async fn it_signs_in_on_both_ports_and_in_both_ways_and_is_bound_to_the_channel() {
    let server = Ejabberd::start(&options(&[]));
    for port in [server.port(), server.direct_tls_port()] {
        for way in both_ways(&server, "alice", port) {
            let (client, assurance, token) = sign_in(way).await;
            // It keeps what SHA-1 needs, unless it is told otherwise.
            assert_eq!(assurance, Some(Assurance { strength: Strength::Sha1, is_bound: true }));
            assert_eq!(token, None);
            client.handle.close().await;
        }
    }
    let mut wrong = config(&server, "alice", server.port());
    wrong.password = Some(Secret::new("secreT"));
    let mut client = Client::start(wrong);
    assert_eq!(client.until_problem().await, Problem::WrongPassword);
    client.handle.set_password(Secret::new("secret"));
    client.until_online().await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let certificate = Certificate::WrongName;
    let server = Ejabberd::start(&Options { certificate, ..options(&[]) });
    let problem = Client::start(config(&server, "alice", server.direct_tls_port())).until_problem().await;
    assert_eq!(problem, Problem::Certificate(CertificateProblem::WrongName));
}

#[tokio::test]
async fn a_cut_line_loses_and_doubles_nothing() {
    let server = Ejabberd::start(&options(&[]));
    for (turn, way) in both_ways(&server, "alice", 0).into_iter().enumerate() {
        let relay = Relay::start(server.direct_tls_port());
        let mut alice = Client::online(AccountConfig { port: Some(relay.port()), ..way }).await;
        let mut bob = Client::online(config(&server, "bob", server.port())).await;
        for round in 0..3_u64 {
            relay.swallow(true);
            alice.say(BOB, 10 * round + 2, "lost on the way");
            alice.say(BOB, 10 * round + 3, "lost as well");
            bob.say(ALICE, round, &format!("while you were away {round}"));
            bob.until_acked(round).await;
            relay.cut();
            relay.swallow(false);
            let (_, resumed, _) = alice.until_online().await;
            assert!(resumed, "way {turn}");
            alice.until_acked(10 * round + 3).await;
        }
        let mut expected = ["lost on the way", "lost as well"].repeat(3);
        assert_eq!(bob.bodies(6).await, expected);
        alice.say(BOB, 99, "the last");
        expected = vec!["the last"];
        assert_eq!(bob.bodies(1).await, expected);
        let away: Vec<_> = (0..3).map(|round| format!("while you were away {round}")).collect();
        assert_eq!(alice.bodies(3).await, away);
        alice.handle.close().await;
        bob.handle.close().await;
    }
}

#[tokio::test]
async fn what_was_in_flight_is_named_when_the_session_is_gone() {
    let options = options(&[]);
    let mut server = Ejabberd::start(&options);
    let relay = Relay::start(server.port());
    for way in both_ways(&server, "alice", relay.port()) {
        let mut alice = Client::online(way).await;
        relay.swallow(true);
        alice.say(BOB, 1, "perhaps");
        let handle = alice.handle.clone();
        let asked = tokio::spawn(async move { handle.iq(None, IqKind::Get, ping::build()).await });
        tokio::task::yield_now().await;
        server.stop();
        relay.refuse(true);
        relay.cut();
        alice.until("the loss", |e| matches!(e, SessionEvent::State(SessionState::Waiting { .. })).then_some(())).await;
        alice.handle.send(message(BOB, "2", "certainly not"), Some(Tag(2)));
        server.start_again(&options);
        relay.swallow(false);
        relay.refuse(false);
        alice.handle.reconnect_now();
        let verdict = |event: &SessionEvent| match event {
            SessionEvent::Unsent { undelivered, unknown } => Some((undelivered.clone(), unknown.clone())),
            _ => None,
        };
        assert_eq!(alice.until("the verdict", verdict).await, (vec![Tag(2)], vec![Tag(1)]));
        assert!(!alice.until_online().await.1);
        assert_eq!(asked.await.unwrap(), Err(IqError::Lost));
        alice.handle.close().await;
    }
}

#[tokio::test]
async fn a_token_serves_for_the_next_sign_in_and_for_a_line_that_comes_back() {
    let server = Ejabberd::start(&options(&["auth_fast"]));
    let relay = Relay::start(server.port());
    let first = config(&server, "alice", relay.port());
    let (client, assurance, token) = sign_in(first.clone()).await;
    assert!(token.is_some());
    client.handle.close().await;
    // The password would show that it is used.
    let again = AccountConfig { password: Some(Secret::new("wrong")), token, seen: assurance, ..first };
    let (mut client, assurance, _) = sign_in(again).await;
    assert_eq!(assurance, None);
    relay.cut();
    assert!(client.until_online().await.1);
    client.handle.close().await;
    assert!(server.log().contains("Accepted c2s HT-SHA-256-EXPR authentication"), "{}", server.log());
}
