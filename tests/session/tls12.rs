//! A server that speaks TLS 1.2 and no more. There, tls-exporter is safe only with the extended master secret (RFC 9266 §4.2), of
//! which rustls does not tell; so the channel is not bound.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use stonechat::xmpp::{
    Problem,
    session::{AccountConfig, Assurance, SessionEvent, Strength},
};

use crate::{
    client::{Client, config, config_at},
    support::{Options, Prosody, Relay, Script, Scripted},
};

const MODERN: [&str; 4] = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"];

fn old(modules: &[&str]) -> Prosody {
    let global = "ssl = { key = \"server.key\", certificate = \"server.pem\", protocol = \"tlsv1_2\" }".to_owned();
    let modules = modules.iter().map(|module| (*module).to_owned()).collect();
    Prosody::start(&Options { modules, global, ..Options::with_users(&["alice"]) })
}

/// Signs in, and is asked nothing; what was learnt.
async fn sign_in(config: AccountConfig) -> (Client, Assurance) {
    let mut client = Client::start(config);
    let assurance = client
        .until("sign-in", |event| match event {
            SessionEvent::SignedIn(assurance) => Some(*assurance),
            _ => None,
        })
        .await;
    client.until_online().await;
    (client, assurance)
}

#[tokio::test]
async fn it_is_signed_in_to_without_binding_the_channel_again_and_again() {
    for modules in [&[][..], &MODERN] {
        let prosody = old(modules);
        for port in [prosody.port(), prosody.direct_tls_port()] {
            let first = config(&prosody, "alice", port);
            let (client, assurance) = sign_in(first.clone()).await;
            assert_eq!(assurance, Assurance { strength: Strength::Sha256, is_bound: false });
            client.handle.close().await;
            // What was seen there is no more than can be had there again.
            let again = AccountConfig { seen: Some(assurance), ..first };
            let (client, assurance) = sign_in(again).await;
            assert!(!assurance.is_bound);
            client.handle.close().await;
        }
        let log = prosody.log();
        assert!(log.contains("TLSv1.2") && !log.contains("TLSv1.3 with"));
        assert!(!log.contains("mechanism='SCRAM-SHA-256-PLUS'") && !log.contains("mechanism='PLAIN'"));
    }
}

#[tokio::test]
async fn the_channel_is_bound_where_that_is_safe_and_only_there() {
    let mechanisms: &[_] = &["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];
    for (has_old_tls, mechanism, flag) in
        [(true, "SCRAM-SHA-256", "n,,"), (false, "SCRAM-SHA-256-PLUS", "p=tls-exporter,,")]
    {
        let server = Scripted::start(Script { mechanisms, has_old_tls, ..Script::default() }).await;
        let _client = Client::start(config_at(&server));
        let auth = server.heard("a sign-in", |element| (element.name() == "auth").then(|| element.clone())).await;
        assert_eq!(auth.attr("mechanism"), Some(mechanism));
        let initial = BASE64_STANDARD.decode(auth.text()).unwrap();
        assert!(initial.starts_with(flag.as_bytes()), "{}", auth.text());
    }
}

#[tokio::test]
async fn a_lost_line_is_taken_up_again() {
    let prosody = old(&MODERN);
    let relay = Relay::start(prosody.port());
    let (mut client, _) = sign_in(config(&prosody, "alice", relay.port())).await;
    relay.cut();
    assert!(client.until_online().await.1);
}

#[tokio::test]
async fn a_server_that_bound_the_channel_before_is_not_signed_in_to_without_a_word() {
    let prosody = old(&[]);
    let seen = Some(Assurance { strength: Strength::Sha256, is_bound: true });
    let mut client = Client::start(AccountConfig { seen, ..config(&prosody, "alice", prosody.port()) });
    assert_eq!(client.until_problem().await, Problem::WeakerSignIn);
    client.handle.accept_weaker();
    client.until_online().await;
    client.handle.close().await;
    // It vouches for what it offers (XEP-0474), so nobody on the way has made it less.
    let prosody = old(&["sasl_ssdp"]);
    let (client, assurance) = sign_in(AccountConfig { seen, ..config(&prosody, "alice", prosody.port()) }).await;
    assert_eq!(Some(assurance), seen, "the best that was seen is kept");
    client.handle.close().await;
}
