//! The whole of it, with figures:  faults [--seed N] [--messages N] [--faults N] [--stride N] [--walk N] [NAME]
//!
//! With NAME only that part: `prosody`, `unmanaged` (the server has no stream management), `devices` (one of the two has two),
//! `restarts` (the server is told to end and started again, too), `crashes` (it is killed), `log-in`; `world::ALL` has all names.
//! Prints one JSON object for each figure. Fails where anything was lost, came twice or out of order; what there is to look at
//! then is kept.

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
mod run;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod verdict;
mod world;

use std::{env, process::ExitCode, time::Instant};

use futures::StreamExt as _;
use serde_json::{Value, json};

use login::{Side, Walked};
use run::Plan;
use server::Stop;
use support::Limit;
use verdict::Verdict;
use world::Scene;

/// This program started as one of the clients.
const CLIENT: process::Arguments = &["client"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == CLIENT[0]) {
        client::main();
        return ExitCode::SUCCESS;
    }
    let option = |name: &str, default: u64| {
        let place = arguments.iter().position(|argument| argument == name);
        place.map_or(default, |place| arguments[place + 1].parse().expect("a number"))
    };
    let number = |name, default| usize::try_from(option(name, default)).unwrap();
    let plan =
        Plan { seed: option("--seed", 1), messages: number("--messages", 10_000), faults: number("--faults", 500) };
    let names: Vec<_> =
        arguments.iter().filter(|argument| !argument.starts_with('-') && argument.parse::<u64>().is_err()).collect();
    let parts = || world::ALL.iter().map(|scene| scene.name).chain(["log-in"]);
    let is_known = |argument: &str| match argument.strip_prefix("--") {
        Some(option) => ["seed", "messages", "faults", "stride", "walk", "bench"].contains(&option),
        None => argument.parse::<u64>().is_ok() || parts().any(|part| part == argument),
    };
    if let Some(unknown) = arguments.iter().find(|argument| !is_known(argument)) {
        let parts: Vec<_> = parts().collect();
        eprintln!("{unknown} is neither an option nor a part; there are: {}", parts.join(", "));
        return ExitCode::from(2);
    }
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| *wanted == name);
    let mut is_clean = true;
    for scene in world::ALL {
        if is_wanted(scene.name) {
            is_clean &= traffic(scene, plan);
        }
    }
    if is_wanted("log-in") {
        is_clean &= log_in(option("--stride", 1), number("--walk", u64::MAX));
    }
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn traffic(scene: Scene, plan: Plan) -> bool {
    let Scene { name, stop, .. } = scene;
    let outcome = run::run(plan, scene, CLIENT);
    tell(name, "messages", outcome.messages, "");
    tell(name, "faults", outcome.faults, "");
    tell(name, "kills", outcome.kills, "");
    if let Some(stop) = stop {
        tell(name, "restarts", outcome.restarts, "");
        if stop == Stop::Killed {
            tell(name, "lost by the server", outcome.lost_by_server, "");
        }
    }
    judge(name, outcome.verdict);
    tell(name, "wall", outcome.wall.as_secs_f64().round(), "s");
    if let Some(kept) = &outcome.kept {
        eprintln!("{name}, seed {}: look at {}\n{}", plan.seed, kept.display(), outcome.findings);
    }
    outcome.kept.is_none()
}

/// So many bytes of a log-in are walked by one pair of friends, and so many pairs are under way at once: most of the time each waits
/// until a silent line is noticed.
const STRETCH: u64 = 256;
const AT_ONCE: usize = 32;
/// No log-in is longer.
const LONGEST: u64 = 8_192;

/// A log-in that breaks at each byte of it: each of the ways and directions, or one.
fn log_in(stride: u64, only: usize) -> bool {
    let begun = Instant::now();
    let stretches = || (0..LONGEST).step_by(usize::try_from(STRETCH).unwrap());
    let wanted = (0..login::WALKS.len()).filter(|walk| only == usize::MAX || only == *walk);
    let parts: Vec<_> = wanted.flat_map(|walk| stretches().map(move |from| (walk, from))).collect();
    let name = |walk: usize| format!("log-in, {:?} {}", login::WALKS[walk].0, direction(login::WALKS[walk].1));
    let prosody = login::home(parts.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let walks = parts.iter().enumerate().map(async |(pair, &(walk, from))| {
        let first = from.next_multiple_of(stride);
        (walk, from, login::walk(&prosody, pair, login::WALKS[walk], first..from + STRETCH, stride).await)
    });
    let mut walks = futures::stream::iter(walks).buffer_unordered(AT_ONCE);
    let mut walked = [Walked::default(); login::WALKS.len()];
    runtime.block_on(async {
        while let Some((walk, from, part)) = walks.next().await {
            if part.breaks > 0 {
                eprintln!("{}: {} breaks from byte {from}, {:?}", name(walk), part.breaks, part.verdict);
            }
            walked[walk] += part;
        }
    });
    let mut all = Walked::default();
    for (walk, walked) in walked.into_iter().enumerate() {
        tell(&name(walk), "faults", walked.breaks, "");
        judge(&name(walk), walked.verdict);
        all += walked;
    }
    tell("log-in", "faults", all.breaks, "");
    judge("log-in", all.verdict);
    tell("log-in", "wall", begun.elapsed().as_secs_f64().round(), "s");
    all.verdict.is_clean()
}

/// Which way the counted bytes go.
fn direction(side: Side) -> &'static str {
    if matches!(side(0), Limit::Up(_)) { "up" } else { "down" }
}

fn judge(name: &str, verdict: Verdict) {
    tell(name, "lost", verdict.lost, "");
    tell(name, "doubled", verdict.doubled, "");
    tell(name, "out of order", verdict.out_of_order, "");
}

fn tell(part: &str, figure: &str, value: impl Into<Value>, unit: &str) {
    println!("{}", json!({"bench": "faults", "part": part, "figure": figure, "value": value.into(), "unit": unit}));
}
