//! Reads through a file of sound once, to know how long it is and what it looks like.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, Instant},
};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;
use gtk::gio;

use super::{
    MediaError, start,
    waveform::{BARS, Peaks, fold},
};

/// What lasts longer is music or a talk, and nobody finds their way in its bars.
const LONGEST: usize = 15 * 60;
/// Who takes longer does something else than to decode sound.
const PATIENCE: Duration = Duration::from_secs(20);
/// Enough to see how loud it is, in samples a second.
const RATE: usize = 8_000;
/// Remembered for so many files.
const KEPT: usize = 300;

/// What sound looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    pub bars: Vec<f32>,
    pub length: Duration,
}

type Known = HashMap<PathBuf, Option<Rc<Sound>>>;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// What the sound in a file looks like; `None` where it is too long, or is none.
pub async fn listen(path: &Path) -> Option<Rc<Sound>> {
    if let Some(known) = known(path) {
        return known;
    }
    let reading = path.to_owned();
    let read = gio::spawn_blocking(move || read(&reading)).await;
    let sound = match read {
        Ok(Ok(sound)) => Some(Rc::new(sound)),
        Ok(Err(error)) => {
            log::info!("a file has no bars: {error}");
            None
        }
        Err(_) => None,
    };
    remember(path, sound.clone());
    sound
}

/// The same, if somebody has looked already.
#[must_use]
pub fn known(path: &Path) -> Option<Option<Rc<Sound>>> {
    KNOWN.with_borrow(|known| known.get(path).cloned())
}

/// Knows from now on what a file looks like.
pub(super) fn remember(path: &Path, sound: Option<Rc<Sound>>) {
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(path.to_owned(), sound);
    });
}

/// Blocks.
fn read(path: &Path) -> Result<Sound, MediaError> {
    start()?;
    let broken = |error: String| MediaError::Broken(error);
    let pipeline = gst::parse::launch(&format!(
        "filesrc name=file ! decodebin ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate={RATE},channels=1 ! \
         appsink name=out sync=false max-buffers=16"
    ))
    .map_err(|error| MediaError::Missing(error.to_string()))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| broken("no pipeline".to_owned()))?;
    let (file, out) = (pipeline.by_name("file"), pipeline.by_name("out").and_downcast::<AppSink>());
    let (Some(file), Some(out)) = (file, out) else { return Err(broken("parts are missing".to_owned())) };
    file.set_property("location", path);
    let sound = gather(&pipeline, &out);
    let _ = pipeline.set_state(gst::State::Null);
    sound
}

fn gather(pipeline: &gst::Pipeline, out: &AppSink) -> Result<Sound, MediaError> {
    let broken = |error: &str| MediaError::Broken(error.to_owned());
    let bus = pipeline.bus().ok_or_else(|| broken("no bus"))?;
    pipeline.set_state(gst::State::Playing).map_err(|error| MediaError::Broken(error.to_string()))?;
    let begun = Instant::now();
    let mut peaks = Peaks::every(RATE / 50);
    loop {
        if let Some(sample) = out.try_pull_sample(gst::ClockTime::from_mseconds(200)) {
            if let Some(bytes) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) {
                peaks.take(&bytes);
            }
        } else if out.is_eos() {
            break;
        }
        if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(MediaError::Broken(error.error().to_string()));
        }
        if peaks.samples() > LONGEST * RATE {
            return Err(broken("too long"));
        }
        if begun.elapsed() > PATIENCE {
            return Err(broken("too slow"));
        }
    }
    let samples = peaks.samples();
    if samples == 0 {
        return Err(broken("no sound"));
    }
    let length = Duration::from_millis((samples * 1_000 / RATE) as u64);
    Ok(Sound { bars: fold(&peaks.finish(), BARS), length })
}
