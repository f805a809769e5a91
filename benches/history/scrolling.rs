//! How long frames take while one scrolls, with pictures arriving all the time.

use std::cell::Cell;

use crate::{
    picture::{self, Pictures},
    report, report_frames,
    stage::Stage,
};

pub fn measure(stage: &Stage) {
    let mut moved = 0.0_f64;
    let mut waited = 0_u32;
    // Pixels in a frame: reading, the wheel turned fast, a fling.
    for (name, step, count) in [("reading", 12.0, 200), ("scrolling", 60.0, 600), ("flinging", 250.0, 300)] {
        let pictures = Pictures::default();
        let mut frames = Vec::new();
        for direction in [-1.0, 1.0] {
            stage.settle();
            let distance = direction * step;
            let eye = Cell::new(None);
            let before = |n| {
                pictures.arrive(stage, n);
                let (message, y) = stage.eye();
                stage.scroll_by(distance);
                eye.set(Some((message, y, stage.value())));
            };
            let look = |_| {
                let Some((message, y, value)) = eye.get() else { return };
                match stage.seen_at(message) {
                    // Scrolled to where no page has been loaded yet.
                    _ if (stage.value() - value).abs() > 0.5 => waited += 1,
                    // Only what still begins in sight is something that one reads.
                    Some(seen) if seen >= 0.0 => moved = moved.max((seen - y + distance).abs()),
                    _ => {}
                }
            };
            frames.extend(stage.frames(count, before, look));
        }
        report_frames(name, &frames);
        picture::remove_all(stage);
    }
    report("frames that waited for a page", f64::from(waited), "frames");
    report("moved px scrolling while pictures arrive", moved, "px");
}
