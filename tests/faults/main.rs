//! Lines that break and processes that die: nothing is lost, nothing comes twice, everything keeps its order.

#![allow(clippy::unwrap_used)]

mod client;
mod fault;
mod login;
mod order;
#[allow(dead_code, reason = "the engine's scenarios have more use for it")]
#[path = "../engine/person.rs"]
mod person;
mod process;
mod profile;
#[allow(dead_code, reason = "the measurement has more use for it")]
mod run;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod verdict;
#[allow(dead_code, reason = "the measurement has more use for it")]
mod world;

use std::time::Duration;

use run::{Plan, run};
use verdict::Verdict;

/// This program started as one of the clients.
const CLIENT: process::Arguments = &["--exact", "one_of_the_clients", "--ignored", "--nocapture"];

#[test]
#[ignore = "is what the other tests start"]
fn one_of_the_clients() {
    client::main();
}

/// So many bytes are left out between two places at which a log-in breaks; the measurement leaves out none.
const STRIDE: u64 = 389;

/// Another seed finds other things: `STONECHAT_SEED=7 cargo test --test faults`.
fn seed() -> u64 {
    std::env::var("STONECHAT_SEED").map_or(1, |seed| seed.parse().unwrap())
}

fn survive(scene: &str, messages: usize, faults: usize) {
    let plan = Plan { seed: seed(), messages, faults };
    let scene = world::ALL.into_iter().find(|known| known.name == scene).expect("a scene of this name");
    let outcome = run(plan, scene, CLIENT);
    assert!(outcome.verdict.is_clean() && outcome.findings.is_empty(), "seed {}: {outcome:#?}", plan.seed);
}

#[test]
fn nothing_is_lost_doubled_or_disordered_whatever_breaks() {
    survive("prosody", 300, 15);
}

#[test]
fn nor_where_all_is_done_in_one_round_trip() {
    survive("prosody-modern", 300, 15);
}

#[test]
fn nor_without_stream_management() {
    survive("unmanaged", 300, 15);
}

#[test]
fn nor_with_ejabberd() {
    survive("ejabberd", 300, 15);
}

#[test]
fn nor_between_two_servers_of_different_make() {
    survive("federated-mixed", 300, 15);
}

#[test]
fn nor_where_one_person_writes_on_two_devices() {
    survive("devices", 300, 15);
}

#[test]
fn nor_where_the_server_goes_away_and_comes_back() {
    survive("restarts", 200, 10);
}

#[tokio::test]
async fn a_sign_in_that_breaks_at_any_byte_succeeds_in_the_end() {
    let prosody = login::home(login::WALKS.len());
    let from = seed() % STRIDE;
    let walks = login::WALKS.into_iter().enumerate();
    let walks = walks.map(|(pair, walk)| login::walk(&prosody, pair, walk, from..u64::MAX, STRIDE));
    for (walked, (way, _)) in futures::future::join_all(walks).await.into_iter().zip(login::WALKS) {
        assert!(walked.verdict.is_clean(), "{way:?}: {walked:?}");
        assert!(walked.breaks > 2, "{way:?}: {walked:?}");
    }
}

#[test]
fn each_fault_is_counted_as_what_it_is() {
    for (found, lost, doubled, out_of_order) in [
        (&[0, 1, 2, 3][..], 0, 0, 0),
        (&[0, 1, 3], 1, 0, 0),
        (&[0, 1, 1, 2, 3], 0, 1, 0),
        (&[0, 2, 1, 3], 0, 0, 1),
        (&[3, 0, 1, 2], 0, 0, 3),
        (&[0, 2, 3, 2, 2], 1, 2, 0),
        (&[], 4, 0, 0),
    ] {
        let verdict = Verdict::of(4, found.iter().copied());
        assert_eq!(verdict, Verdict { lost, doubled, out_of_order }, "{found:?}");
    }
}

#[test]
fn what_one_did_not_write_stands_where_the_archive_has_it_and_what_one_wrote_no_further_down() {
    let texts = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let archive = |apart: u64| {
        let archived = |(n, text)| order::Archived { text, micros: n * apart };
        (0..).zip(texts("a1 b1 p1 a2 b2 a1")).map(archived).collect::<Vec<_>>()
    };
    let is_own = |text: &str| text.starts_with('a');
    for (shown, wrong) in [
        ("a1 b1 p1 a2 b2", &[][..]),
        // Written before the others were heard of.
        ("a1 a2 b1 p1 b2", &[]),
        ("a1 p1 b1 a2 b2", &[("b1", "p1")]),
        ("a1 b1 p1 b2 a2", &[("a2", "b2")]),
        ("b1 a1 p1 a2 b2", &[("a1", "b1")]),
        ("a1 b1 x p1 a2 b2", &[]),
    ] {
        assert_eq!(order::misplaced(&archive(0), &texts(shown), is_own, Duration::ZERO), wrong, "{shown}");
    }
    let shown = texts("a1 a2 b1 p1 b2");
    for (apart, wrong) in [(999, &[("b1", "a2")][..]), (1_000, &[("b1", "a2"), ("p1", "a2")]), (10, &[])] {
        assert_eq!(order::misplaced(&archive(apart), &shown, |_| false, Duration::from_millis(1)), wrong, "{apart}");
    }
}
