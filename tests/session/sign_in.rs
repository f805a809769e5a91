//! Signing in, and all the ways in which it fails.

use std::{net::TcpListener, time::Duration};

use stonechat::{
    ids::BareJid,
    secret::Secret,
    xmpp::{
        CertificateProblem, ConnectStep, Problem,
        session::{SessionEvent, SessionState},
    },
};

use crate::{
    client::{Client, config},
    support::{Certificate, Options, Prosody},
};

fn modern() -> Options {
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm"].map(str::to_owned).to_vec();
    Options { modules, ..Options::with_users(&["alice"]) }
}

#[tokio::test]
async fn it_signs_in_by_starttls_and_by_direct_tls() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    for port in [prosody.port(), prosody.direct_tls_port()] {
        let mut client = Client::start(config(&prosody, "alice", port));
        let mut steps = Vec::new();
        let features = client
            .until("sign-in", |event| match event {
                SessionEvent::State(SessionState::Connecting(step)) => {
                    steps.push(*step);
                    None
                }
                SessionEvent::Online { jid, resumed, features } => {
                    assert_eq!((jid.to_bare().to_string().as_str(), *resumed), ("alice@chat.test", false));
                    Some(features.clone())
                }
                _ => None,
            })
            .await;
        for step in [ConnectStep::Resolving, ConnectStep::Connecting, ConnectStep::Securing, ConnectStep::Binding] {
            assert!(steps.contains(&step), "{steps:?}");
        }
        assert!(features.roster_versioning && features.csi, "{features:?}");
        client.handle.close().await;
        client.until("the end", |e| matches!(e, SessionEvent::State(SessionState::Closed)).then_some(())).await;
        assert!(client.next().await.is_none());
    }
    let log = prosody.log();
    assert!(log.contains("SCRAM-SHA-256-PLUS") || log.contains("tls-exporter"), "bound to the channel");
}

#[tokio::test]
async fn it_signs_in_by_sasl2_where_that_is_offered() {
    let prosody = Prosody::start(&modern());
    let mut client = Client::start(config(&prosody, "alice", prosody.port()));
    let (jid, resumed, features) = client.until_online().await;
    assert!(jid.resource().as_str().starts_with("Stonechat"), "{jid}");
    assert!(!resumed && features.csi);
    client.handle.close().await;
}

#[tokio::test]
async fn a_resource_that_is_asked_for_is_bound() {
    let prosody = Prosody::start(&modern());
    let mut wanted = config(&prosody, "alice", prosody.port());
    wanted.resource = Some("désk top".into());
    let (jid, ..) = Client::start(wanted).until_online().await;
    assert_eq!(jid.resource().as_str(), "désk top");
}

#[tokio::test]
async fn a_wrong_password_asks_for_the_person_until_there_is_a_right_one() {
    for options in [Options::with_users(&["alice"]), modern()] {
        let prosody = Prosody::start(&options);
        let mut wrong = config(&prosody, "alice", prosody.port());
        wrong.password = Some(Secret::new("secreT"));
        let mut client = Client::start(wrong);
        assert_eq!(client.until_problem().await, Problem::WrongPassword);
        client.handle.set_password(Secret::new("secret"));
        client.until_online().await;
    }
}

#[tokio::test]
async fn without_a_password_nothing_is_tried() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut without = config(&prosody, "alice", prosody.port());
    without.password = None;
    let mut client = Client::start(without);
    assert_eq!(client.until_problem().await, Problem::NoPassword);
    client.handle.set_password(Secret::new("secret"));
    client.until_online().await;
}

#[tokio::test]
async fn an_unknown_domain_is_named() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut nowhere = config(&prosody, "alice", prosody.port());
    // RFC 6761 §6.4: no resolver asks anybody for such a name.
    nowhere.address = BareJid::new("alice@nowhere.invalid").unwrap();
    (nowhere.host, nowhere.port) = (None, None);
    let problem = Client::start(nowhere).until_problem().await;
    assert_eq!(problem, Problem::UnknownHost { host: "nowhere.invalid".into() });
}

#[tokio::test]
async fn a_server_for_another_domain_is_no_service() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut other = config(&prosody, "alice", prosody.port());
    other.address = BareJid::new("alice@other.test").unwrap();
    assert_eq!(Client::start(other).until_problem().await, Problem::NoService { domain: "other.test".into() });
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable_and_tried_again() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut client = Client::start(config(&prosody, "alice", free));
    let retry_in = client
        .until("a problem", |event| match event {
            SessionEvent::State(SessionState::Waiting { retry_in, problem }) => {
                assert_eq!(*problem, Problem::Unreachable { host: "127.0.0.1".into() });
                Some(*retry_in)
            }
            _ => None,
        })
        .await;
    assert!(retry_in <= Duration::from_secs(2));
    client.until("another try", |e| matches!(e, SessionEvent::State(SessionState::Connecting(_))).then_some(())).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_refused_on_both_ports() {
    for (certificate, expected) in
        [(Certificate::WrongName, CertificateProblem::WrongName), (Certificate::Expired, CertificateProblem::Expired)]
    {
        let prosody = Prosody::start(&Options { certificate, ..Options::with_users(&["alice"]) });
        for port in [prosody.port(), prosody.direct_tls_port()] {
            let problem = Client::start(config(&prosody, "alice", port)).until_problem().await;
            assert_eq!(problem, Problem::Certificate(expected));
        }
    }
}

#[tokio::test]
async fn an_authority_that_nobody_vouches_for_is_not_trusted() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut strict = config(&prosody, "alice", prosody.port());
    strict.ca_file = None;
    let problem = Client::start(strict).until_problem().await;
    assert_eq!(problem, Problem::Certificate(CertificateProblem::Untrusted));
    let mut broken = config(&prosody, "alice", prosody.port());
    broken.ca_file = Some(prosody.log_file());
    assert!(matches!(Client::start(broken).until_problem().await, Problem::CaFile(_)));
}

#[tokio::test]
async fn a_server_without_tls_never_sees_the_password() {
    let global = "c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n".to_owned();
    let options = Options { without: vec!["tls".into()], global, ..Options::with_users(&["alice"]) };
    let prosody = Prosody::start(&options);
    let problem = Client::start(config(&prosody, "alice", prosody.port())).until_problem().await;
    assert!(matches!(problem, Problem::Tls(_)), "{problem:?}");
}

#[tokio::test]
async fn plain_is_used_inside_tls_where_there_is_nothing_better() {
    let global = "disable_sasl_mechanisms = { \"SCRAM-SHA-1\", \"SCRAM-SHA-256\", \"SCRAM-SHA-1-PLUS\", \"SCRAM-SHA-256-PLUS\" }";
    let prosody = Prosody::start(&Options { global: global.into(), ..Options::with_users(&["alice"]) });
    Client::start(config(&prosody, "alice", prosody.port())).until_online().await;
}
