//! Lines that break and processes that die: nothing is lost, nothing comes twice, everything keeps its order.

#![allow(clippy::unwrap_used)]

mod client;
mod fault;
mod login;
#[allow(dead_code)]
#[path = "../engine/person.rs"]
mod person;
mod process;
mod profile;
mod run;
#[path = "../support/mod.rs"]
mod support;
mod verdict;
mod world;

use run::{Plan, run};
use world::World;

/// This program started as one of the clients.
const CLIENT: process::Arguments = &["--exact", "one_of_the_clients", "--ignored", "--nocapture"];

#[test]
#[ignore = "is what the other tests start"]
fn one_of_the_clients() {
    client::main();
}

/// Another seed finds other things: `STONECHAT_SEED=7 cargo test --test faults`.
fn seed() -> u64 {
    std::env::var("STONECHAT_SEED").map_or(1, |seed| seed.parse().unwrap())
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

#[test]
fn nothing_is_lost_doubled_or_disordered_whatever_breaks() {
    let plan =
        Plan { seed: seed(), messages: number("STONECHAT_MESSAGES", 400), faults: number("STONECHAT_FAULTS", 20) };
    let outcome = run(plan, World::prosody(&[]), CLIENT);
    assert!(outcome.verdict.is_clean() && outcome.findings.is_empty(), "seed {}: {outcome:#?}", plan.seed);
    eprintln!("{outcome:?}");
}

#[tokio::test]
async fn a_sign_in_that_breaks_at_any_byte_succeeds_in_the_end() {
    let prosody = login::home();
    let walks = (0..login::WALKS.len()).map(|n| login::walk(&prosody, n, seed() % 101, 101));
    for (walked, (way, _)) in futures::future::join_all(walks).await.into_iter().zip(login::WALKS) {
        assert!(walked.verdict.is_clean(), "{way:?}: {walked:?}");
        assert!(walked.breaks > 10, "{way:?}: {walked:?}");
        eprintln!("{way:?} {walked:?}");
    }
}
