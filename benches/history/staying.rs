//! How far what one reads moves when something happens that is no scrolling: nothing, if all is well.

use std::cell::Cell;

use adw::prelude::*;

use crate::{
    picture, report,
    stage::{self, Stage},
};

/// For how many frames one looks whether something moves.
const LOOK: u32 = 20;
/// How many messages are sent, while scrolled up and at the end.
const SENT: u32 = 10;

pub fn measure(stage: &Stage) {
    report("moved px stuck to the end", stuck_to_the_end(stage), "px");
    report("moved px older rows arrive above", older_rows_arrive(stage), "px");
    report("moved px a row above changes its height", a_row_above_changes(stage), "px");
    report("moved px the window is resized", window_resized(stage), "px");
    report("moved px new messages at the bottom", new_messages(stage), "px");
}

/// Follows what is under the eye over some frames.
fn look(stage: &Stage, frames: u32, before: impl FnMut(u32)) -> f64 {
    let (eye, y) = stage.eye();
    let mut moved = 0.0_f64;
    stage.frames(frames, before, |_| moved = moved.max((stage.seen_at(eye).unwrap_or(f64::INFINITY) - y).abs()));
    moved
}

fn send(stage: &Stage, n: u32) {
    let conversation = stage.page.conversation().expect("one is shown");
    let body = format!("message {n} {}", "of some length ".repeat((n % 5) as usize * 6));
    let format = stonechat::text_format::TextFormat::default();
    let sent = stage::wait_for(async move { conversation.send_message(body, format, None, None).await });
    sent.expect("it was stored");
}

fn stuck_to_the_end(stage: &Stage) -> f64 {
    let moved = Cell::new(0.0_f64);
    let look = |_| moved.set(moved.get().max(stage.view().distance_to_end().abs()));
    for n in 0..SENT {
        send(stage, n);
        stage.frames(3, |_| {}, look);
    }
    let (first, last) = stage.view().visible_range().expect("something is in sight");
    for index in first..=last {
        stage.frames(3, |_| stage.row(index).iter().for_each(picture::add), look);
    }
    for width in [600, 900] {
        stage.window.set_default_size(width, 700);
        stage.frames(LOOK, |_| {}, look);
    }
    for index in 0..stage.history().n_items() {
        stage.row(index).iter().for_each(picture::remove);
    }
    stage.frames(LOOK, |_| {}, look);
    moved.get()
}

/// Slowly up over many pages: each frame may move what is seen by what was scrolled and by nothing else.
fn older_rows_arrive(stage: &Stage) -> f64 {
    const STEP: f64 = 40.0;
    let mut moved = 0.0_f64;
    let pages = Cell::new(0);
    for _ in 0..600 {
        let count = stage.history().n_items();
        let (eye, y) = stage.eye();
        stage.scroll_by(-STEP);
        stage.frame();
        if let Some(seen) = stage.seen_at(eye) {
            moved = moved.max((seen - y - STEP).abs());
        }
        pages.set(pages.get() + u32::from(stage.history().n_items() != count));
    }
    assert!(pages.get() > 0, "no older page was loaded");
    moved.max(look(stage, LOOK, |_| {}))
}

fn a_row_above_changes(stage: &Stage) -> f64 {
    let mut moved = 0.0_f64;
    for _ in 0..5 {
        let (eye, _) = stage.eye();
        let index = stage.history().position_of(eye).expect("it is in sight");
        // Some of them partly in sight, the others above.
        for above in (1..=5).filter_map(|n| index.checked_sub(n)) {
            let Some(row) = stage.row(above) else { continue };
            moved = moved.max(look(stage, 4, |n| {
                if n == 1 {
                    picture::add(&row);
                }
            }));
        }
        for above in (1..=5).filter_map(|n| index.checked_sub(n)) {
            let Some(row) = stage.row(above) else { continue };
            moved = moved.max(look(stage, 4, |n| {
                if n == 1 {
                    picture::remove(&row);
                }
            }));
        }
        stage.scroll_by(-613.0);
        stage.settle();
    }
    moved
}

fn window_resized(stage: &Stage) -> f64 {
    let mut moved = 0.0_f64;
    for (width, height) in [(600, 700), (1_000, 800), (480, 700), (900, 500), (360, 640), (900, 700)] {
        let before = stage.window.width();
        moved = moved.max(look(stage, LOOK, |n| {
            if n == 1 {
                stage.window.set_default_size(width, height);
            }
        }));
        assert!(stage.window.width() != before || before == width, "the window kept its size");
    }
    moved
}

fn new_messages(stage: &Stage) -> f64 {
    let mut moved = 0.0_f64;
    for n in 0..SENT {
        moved = moved.max(look(stage, 4, |frame| {
            if frame == 1 {
                send(stage, n);
            }
        }));
    }
    moved
}
