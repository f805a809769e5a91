//! Whether a history of 100,000 messages of very different heights stays under the eye, and how fast it is. Needs a display.
//!
//! The real page, engine and store. Pictures that arrive late are put into the rows from here. Prints one JSON object for
//! each figure.

mod picture;
mod scrolling;
mod seed;
mod stage;
mod staying;

use std::time::Duration;

use seed::{LONG, Seeded};
use serde_json::json;
use stage::{Stage, Started, Took};
use stonechat::engine::api::{ConversationId, MessageId};
use tempfile::TempDir;

fn main() {
    // `cargo test` and `cargo clippy --all-targets` build this as well; only `cargo bench` measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let dir = TempDir::new().expect("a directory");
    let seeded = seed::seed(dir.path());
    let stage = Stage::new(dir.path());
    open(&stage, &seeded);
    let before = resident();
    staying::measure(&stage);
    jump(&stage, &seeded);
    scrolling::measure(&stage);
    report("live rows", to_f64(stage.most_rows()), "rows");
    report("rss after opening", before, "MiB");
    report("rss growth", resident() - before, "MiB");
    stage.end();
}

/// From the click to the first frame in which the newest message is in sight: with the first rows that are ever made, and
/// then from one conversation to another.
fn open(stage: &Stage, seeded: &Seeded) {
    let mut times: Vec<_> = seeded.others.iter().map(|id| open_one(stage, *id)).collect();
    let first = times.remove(0);
    let long = open_one(stage, seeded.long);
    times.push(long);
    for (name, of) in [("open ms", Took::wall as fn(&Took) -> Duration), ("open CPU ms", Took::cpu)] {
        let mut sorted: Vec<_> = times.iter().map(of).collect();
        sorted.sort_unstable();
        report(&format!("{name} first"), ms(of(&first)), "ms");
        report(&format!("{name} 100000 messages"), ms(of(&long)), "ms");
        report(name, ms(sorted[sorted.len() / 2]), "ms");
        report(&format!("{name} worst"), ms(sorted[sorted.len() - 1]), "ms");
    }
    stage.settle();
}

fn open_one(stage: &Stage, id: ConversationId) -> Took {
    let conversation = stage.conversation(id);
    let newest = conversation.last().expect("it has messages").id;
    let begun = Started::now();
    stage.page.set_conversation(Some(&conversation));
    loop {
        stage.frame();
        let last = stage.view().visible_range().map(|(_, last)| last);
        if last.is_some() && last == stage.history().position_of(newest) {
            break;
        }
    }
    let took = begun.took();
    stage.settle();
    took
}

/// To messages and days all over the history: the time until they are in sight, and how far that is from where they stay.
fn jump(stage: &Stage, seeded: &Seeded) {
    let pane = stage.page.pane();
    let mut times = Vec::new();
    let mut missed = 0;
    let mut moved = 0.0_f64;
    for n in 0..20_u32 {
        let target = (n * 48_271 + 11) % LONG;
        let message = MessageId(seeded.first.0 + i64::from(target));
        let begun = Started::now();
        if n % 2 == 0 {
            pane.show_message(message);
        } else {
            pane.show_time(seed::time(target, LONG));
        }
        stage::wait("the message", || stage.history().position_of(message).is_some());
        stage.frame();
        times.push(begun.took());
        missed += usize::from(!stage.is_in_sight(message));
        let y = stage.seen_at(message).unwrap_or(f64::INFINITY);
        stage.frames(30, |_| {}, |_| moved = moved.max((stage.seen_at(message).unwrap_or(f64::INFINITY) - y).abs()));
    }
    for (name, of) in [("jump ms", Took::wall as fn(&Took) -> Duration), ("jump CPU ms", Took::cpu)] {
        let mut sorted: Vec<_> = times.iter().map(of).collect();
        sorted.sort_unstable();
        report(name, ms(sorted[sorted.len() / 2]), "ms");
        report(&format!("{name} worst"), ms(sorted[sorted.len() - 1]), "ms");
    }
    report("jumps that missed", to_f64(missed), "of 20");
    report("moved px after a jump", moved, "px");
}

pub fn report(figure: &str, value: f64, unit: &str) {
    let value = (value * 100.0).round() / 100.0;
    println!("{}", json!({ "bench": "history", "figure": figure, "value": value, "unit": unit }));
}

pub fn report_frames(name: &str, frames: &[Took]) {
    let percentile = |of: fn(&Took) -> Duration, percent: usize| {
        let mut times: Vec<_> = frames.iter().map(of).collect();
        times.sort_unstable();
        ms(times[(times.len() * percent / 100).min(times.len() - 1)])
    };
    report(&format!("frame p95 ms {name}"), percentile(Took::wall, 95), "ms");
    report(&format!("frame p95 CPU ms {name}"), percentile(Took::cpu, 95), "ms");
    report(&format!("frame p50 CPU ms {name}"), percentile(Took::cpu, 50), "ms");
    report(&format!("frame worst CPU ms {name}"), percentile(Took::cpu, 100), "ms");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The memory of this process that is in use, in MiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel says it");
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
    kib / 1024.0
}
