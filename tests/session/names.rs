//! From a domain to its server by way of DNS (RFC 6120 §3.2, XEP-0368): what is tried, in which order, and who is believed there.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use stonechat::xmpp::{CertificateProblem, Problem, session::AccountConfig};

use crate::{
    client::{Client, config},
    support::{Certificate, Names, Options, Prosody, Relay, server::free_ports},
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// A name under which the server can be reached, and which its certificate does not know.
const TARGET: &str = "front.example";

fn server() -> Prosody {
    Prosody::start(&Options::with_users(&["alice"]))
}

/// A name server that knows where the front door is.
fn names() -> Names {
    let names = Names::start();
    names.host(TARGET, &[HERE]);
    names
}

/// Knows nothing but the domain.
fn by_name(prosody: &Prosody, names: &Names) -> AccountConfig {
    let name_server = Some(names.address());
    AccountConfig { host: None, port: None, name_server, ..config(prosody, "alice", 0) }
}

async fn signs_in(prosody: &Prosody, names: &Names) {
    let mut client = Client::start(by_name(prosody, names));
    client.until_online().await;
    client.handle.close().await;
}

async fn problem(prosody: &Prosody, names: &Names) -> Problem {
    Client::start(by_name(prosody, names)).until_problem().await
}

/// A relay to the server on the standard port of an address that nobody else uses.
fn at_the_standard_port(prosody: &Prosody) -> (Relay, IpAddr) {
    (1..=254)
        .find_map(|n| {
            let ip = Ipv4Addr::new(127, 52, rand::random(), n);
            Some((Relay::start_at((ip, 5222).into(), prosody.port()).ok()?, ip.into()))
        })
        .expect("a free address")
}

#[tokio::test]
async fn the_records_of_both_services_are_one_list_by_priority_and_weight() {
    let prosody = server();
    for (direct, starttls, is_direct) in
        [((5, 0), (10, 0), true), ((10, 0), (5, 0), false), ((5, 65_535), (5, 0), true)]
    {
        let (names, relays) = (names(), [prosody.direct_tls_port(), prosody.port()].map(Relay::start));
        names.direct_tls("chat.test", &[(direct.0, direct.1, relays[0].port(), TARGET)]);
        names.starttls("chat.test", &[(starttls.0, starttls.1, relays[1].port(), TARGET)]);
        signs_in(&prosody, &names).await;
        let expected = if is_direct { [1, 0] } else { [0, 1] };
        assert_eq!(relays.each_ref().map(Relay::connections), expected, "{direct:?} {starttls:?}");
        assert_eq!(names.asked_for("chat.test"), 0);
    }
}

#[tokio::test]
async fn a_domain_that_says_that_it_has_no_service_is_believed() {
    let prosody = server();
    for (is_direct, is_starttls) in [(true, true), (true, false), (false, true)] {
        let names = names();
        names.host("chat.test", &[HERE]);
        if is_direct {
            names.direct_tls("chat.test", &[(0, 0, 0, ".")]);
        }
        if is_starttls {
            names.starttls("chat.test", &[(0, 0, 0, ".")]);
        }
        assert_eq!(problem(&prosody, &names).await, Problem::NoService { domain: "chat.test".into() });
        assert_eq!(names.asked_for("chat.test"), 0, "the domain itself is not tried");
    }
    let names = names();
    names.direct_tls("chat.test", &[(0, 0, 0, ".")]);
    names.starttls("chat.test", &[(0, 0, prosody.port(), TARGET)]);
    signs_in(&prosody, &names).await;
}

#[tokio::test]
async fn without_records_the_domain_itself_is_tried_at_the_standard_port() {
    let prosody = server();
    let (relay, ip) = at_the_standard_port(&prosody);
    let unheard = names();
    let failing = names();
    failing.fail_srv("chat.test");
    for (names, round) in [(&unheard, 1), (&failing, 2)] {
        names.host("chat.test", &[ip]);
        signs_in(&prosody, names).await;
        assert_eq!(relay.connections(), round);
        assert!(names.asked_for("chat.test") > 0);
    }
}

#[tokio::test]
async fn a_name_server_that_says_nothing_of_services_is_waited_for_so_long_and_no_longer() {
    let prosody = server();
    let (_relay, ip) = at_the_standard_port(&prosody);
    let names = names();
    names.host("chat.test", &[ip]);
    names.ignore_srv("chat.test");
    let begun = Instant::now();
    signs_in(&prosody, &names).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_domain_that_nobody_knows_is_named() {
    let prosody = server();
    assert_eq!(problem(&prosody, &names()).await, Problem::UnknownHost { host: "chat.test".into() });
}

#[tokio::test]
async fn where_the_first_server_is_dead_the_next_one_is_tried() {
    let prosody = server();
    let names = names();
    let (nobody, _) = free_ports();
    names.host("dead.example", &[HERE]);
    names.direct_tls("chat.test", &[(0, 0, nobody, "dead.example"), (1, 0, nobody, "unknown.example")]);
    names.starttls("chat.test", &[(2, 0, prosody.port(), TARGET), (3, 0, nobody, "dead.example")]);
    signs_in(&prosody, &names).await;
    // RFC 6120 §3.2.1: where there are records, the domain itself is not tried.
    names.host("chat.test", &[HERE]);
    names.starttls("chat.test", &[(2, 0, nobody, TARGET)]);
    assert_eq!(problem(&prosody, &names).await, Problem::Unreachable { host: "dead.example".into() });
    assert_eq!(names.asked_for("chat.test"), 0);
}

#[tokio::test]
async fn the_certificate_must_be_the_domains_whatever_dns_says() {
    let certificate = Certificate::WrongName;
    let prosody = Prosody::start(&Options { certificate, ..Options::with_users(&["alice"]) });
    for is_direct in [true, false] {
        let names = names();
        // The name that the certificate is for.
        names.host("other.test", &[HERE]);
        if is_direct {
            names.direct_tls("chat.test", &[(0, 0, prosody.direct_tls_port(), "other.test")]);
        } else {
            names.starttls("chat.test", &[(0, 0, prosody.port(), "other.test")]);
        }
        assert_eq!(problem(&prosody, &names).await, Problem::Certificate(CertificateProblem::WrongName));
    }
    let (_relay, ip) = at_the_standard_port(&prosody);
    let names = names();
    names.host("chat.test", &[ip]);
    assert_eq!(problem(&prosody, &names).await, Problem::Certificate(CertificateProblem::WrongName));
    // And where the person names the host.
    names.host("other.test", &[HERE]);
    let by_hand =
        AccountConfig { host: Some("other.test".into()), port: Some(prosody.port()), ..by_name(&prosody, &names) };
    let problem = Client::start(by_hand).until_problem().await;
    assert_eq!(problem, Problem::Certificate(CertificateProblem::WrongName));
}

#[tokio::test]
async fn a_name_server_that_is_silent_about_ipv6_keeps_nobody_waiting() {
    let prosody = server();
    let names = names();
    names.starttls("chat.test", &[(0, 0, prosody.port(), TARGET)]);
    names.ignore_ipv6(TARGET);
    let begun = Instant::now();
    signs_in(&prosody, &names).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_that_listens_on_one_family_only_is_reached() {
    let prosody = server();
    let names = names();
    names.host(TARGET, &[Ipv6Addr::LOCALHOST.into(), HERE]);
    names.starttls("chat.test", &[(0, 0, prosody.port(), TARGET)]);
    signs_in(&prosody, &names).await;
}

#[tokio::test]
async fn a_host_that_the_person_names_is_looked_up_and_an_address_is_taken_as_it_is() {
    let prosody = server();
    let names = names();
    let v6 = Relay::start_at(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), prosody.port()).expect("IPv6 on loopback");
    for (host, port) in
        [(TARGET, prosody.port()), ("127.0.0.1", prosody.port()), ("::1", v6.port()), ("[::1]", v6.port())]
    {
        let by_hand = AccountConfig { host: Some(host.into()), port: Some(port), ..by_name(&prosody, &names) };
        Client::start(by_hand).until_online().await;
    }
    assert_eq!(v6.connections(), 2);
}
