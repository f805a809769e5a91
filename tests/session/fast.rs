//! Signing in by a token (XEP-0484), and what happens when a server offers less than before (XEP-0474).

use stonechat::{
    secret::Secret,
    xmpp::{
        Problem,
        session::{AccountConfig, Assurance, SessionEvent, SessionState, Strength, Token},
    },
};

use crate::{
    client::{Client, config},
    support::{Options, Prosody, Relay},
};

const SCRAM: [&str; 4] = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"];
const STRONG: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];

fn options(more: &[&str]) -> Options {
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"].iter().chain(more);
    Options { modules: modules.map(|module| (*module).to_owned()).collect(), ..Options::with_users(&["alice"]) }
}

/// A server that does not know these.
fn without(mechanisms: &[&str]) -> String {
    let list: Vec<_> = mechanisms.iter().map(|mechanism| format!("{mechanism:?}")).collect();
    format!("disable_sasl_mechanisms = {{ {} }}", list.join(", "))
}

/// Signs in; what was learnt by that.
async fn sign_in(config: AccountConfig) -> (Client, Option<Assurance>, Option<Option<Token>>) {
    let mut client = Client::start(config);
    let (mut assurance, mut token) = (None, None);
    client
        .until("sign-in", |event| match event {
            SessionEvent::SignedIn(new) => {
                assurance = Some(*new);
                None
            }
            SessionEvent::Token(new) => {
                token = Some(new.clone());
                None
            }
            SessionEvent::Online { .. } => Some(()),
            SessionEvent::State(SessionState::NeedsPerson(problem)) => panic!("{problem}"),
            _ => None,
        })
        .await;
    (client, assurance, token)
}

#[tokio::test]
async fn the_first_sign_in_brings_a_token_and_the_next_needs_no_password() {
    let prosody = Prosody::start(&options(&[]));
    let first = config(&prosody, "alice", prosody.port());
    let (client, assurance, token) = sign_in(first.clone()).await;
    assert_eq!(assurance, Some(Assurance { strength: Strength::Sha256, is_bound: true }));
    let token = token.flatten().expect("a token");
    client.handle.close().await;
    let before = prosody.log().len();
    let again = AccountConfig {
        // Which shows that it is not used.
        password: Some(Secret::new("wrong")),
        token: Some(token),
        seen: assurance,
        ..first
    };
    let (client, assurance, new) = sign_in(again).await;
    assert_eq!((assurance, new), (None, None));
    assert!(prosody.log()[before..].contains("authenticating using FAST"));
    client.handle.close().await;
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_followed_by_the_password() {
    let prosody = Prosody::start(&options(&[]));
    let token = Token::from_secret(&Secret::new("HT-SHA-256-EXPR secret-token:made-up"));
    let stale = AccountConfig { token, ..config(&prosody, "alice", prosody.port()) };
    let (client, assurance, new) = sign_in(stale).await;
    assert_eq!(assurance.map(|assurance| assurance.strength), Some(Strength::Sha256));
    assert!(new.flatten().is_some(), "another in its place");
    client.handle.close().await;
}

#[tokio::test]
async fn a_token_serves_when_a_lost_line_comes_back() {
    let prosody = Prosody::start(&options(&[]));
    let relay = Relay::start(prosody.port());
    let (mut client, ..) = sign_in(config(&prosody, "alice", relay.port())).await;
    let before = prosody.log().len();
    relay.cut();
    let (_, resumed, _) = client.until_online().await;
    assert!(resumed);
    assert!(prosody.log()[before..].contains("authenticating using FAST"));
}

#[tokio::test]
async fn a_server_that_offers_less_than_before_is_not_signed_in_to_without_a_word() {
    for (global, is_scram) in [(without(&STRONG), true), (without(&SCRAM), false)] {
        let prosody = Prosody::start(&Options { global, ..options(&[]) });
        let seen = Some(Assurance { strength: Strength::Sha256, is_bound: true });
        let weaker = AccountConfig { seen, ..config(&prosody, "alice", prosody.port()) };
        let mut client = Client::start(weaker);
        assert_eq!(client.until_problem().await, Problem::WeakerSignIn, "SCRAM: {is_scram}");
        assert!(!prosody.log().contains("mechanism='PLAIN'"), "the password was not sent");
        client.handle.accept_weaker();
        let taken = client
            .until("sign-in", |event| match event {
                SessionEvent::SignedIn(assurance) => Some(*assurance),
                _ => None,
            })
            .await;
        assert_eq!(taken.strength, if is_scram { Strength::Sha1 } else { Strength::Plain });
        client.until_online().await;
    }
}

#[tokio::test]
async fn a_server_that_vouches_for_less_is_believed() {
    let prosody = Prosody::start(&Options { global: without(&STRONG), ..options(&["sasl_ssdp"]) });
    let seen = Some(Assurance { strength: Strength::Sha256, is_bound: true });
    let (client, assurance, _) = sign_in(AccountConfig { seen, ..config(&prosody, "alice", prosody.port()) }).await;
    assert_eq!(assurance, seen, "the best that was seen is kept");
    client.handle.close().await;
}
