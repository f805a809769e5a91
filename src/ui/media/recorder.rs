//! From the microphone into a file: Opus in Ogg (RFC 7845), mono, as all who play voice messages can.
//!
//! The microphone is open from `Recorder::start` until it is finished or dropped, and at no other time.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use futures::channel::oneshot;
use gstreamer::{self as gst, prelude::*};
use gtk::{gio, glib};

use super::{
    MediaError,
    listen::{self, Sound},
    ready,
    recording::{self, BITS_A_SECOND},
    waveform::{self, BARS},
};

/// Sources of sound in the order in which they are tried. Never `autoaudiosrc`: it makes up silence where there is no microphone.
const MICROPHONES: [&str; 3] = ["pulsesrc", "pipewiresrc", "alsasrc"];
/// What has to be there beside a source; all of it is in the plug-ins "base" and "good".
const PARTS: [&str; 7] = ["queue", "audioconvert", "audioresample", "level", "opusenc", "oggmux", "filesink"];
/// How long the end of a file may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where sound comes from and where it is put.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The source in the words of `gst-launch`; none is the microphone.
    pub source: Option<String>,
    /// The folder of all recordings.
    pub folder: PathBuf,
}

impl Default for Setup {
    fn default() -> Self {
        Self { source: None, folder: recording::usual_folder() }
    }
}

/// What is heard of a recording while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// How loud it is by now, as a height from 0 to 1.
    Level { at: Duration, height: f32 },
    /// Nothing more comes.
    Failed(MediaError),
}

/// A recording that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub path: PathBuf,
    pub length: Duration,
}

/// The open microphone.
pub struct Recorder {
    pipeline: gst::Pipeline,
    path: PathBuf,
    peaks: Rc<RefCell<Vec<f32>>>,
    last: Rc<Cell<Duration>>,
    ended: Option<oneshot::Receiver<()>>,
    watch: Option<gst::bus::BusWatchGuard>,
    /// Its end was asked for.
    is_ending: Rc<Cell<bool>>,
    is_kept: bool,
}

impl Recorder {
    /// Opens the microphone and records into a new file of this folder; `tell` hears on the main thread how it goes.
    ///
    /// # Errors
    /// `Missing` where `GStreamer` can't record, `NoMicrophone`, and `Disk`.
    pub async fn start(
        source: Option<String>,
        folder: &Path,
        tell: impl Fn(Heard) + 'static,
    ) -> Result<Self, MediaError> {
        ready().await?;
        let folder = folder.to_owned();
        // Takes as long as the sound server does.
        let opened = gio::spawn_blocking(move || open(source.as_deref(), &folder)).await;
        let (pipeline, path) = opened.unwrap_or(Err(MediaError::NoMicrophone))?;
        let mut recorder = Self {
            pipeline,
            path,
            peaks: Rc::default(),
            last: Rc::default(),
            ended: None,
            watch: None,
            is_ending: Rc::default(),
            is_kept: false,
        };
        recorder.follow(tell)?;
        Ok(recorder)
    }

    fn follow(&mut self, tell: impl Fn(Heard) + 'static) -> Result<(), MediaError> {
        let bus = self.pipeline.bus().ok_or_else(|| MediaError::Missing("a bus".to_owned()))?;
        let (sender, ended) = oneshot::channel();
        let (peaks, last, mut sender) = (Rc::clone(&self.peaks), Rc::clone(&self.last), Some(sender));
        let is_ending = Rc::clone(&self.is_ending);
        let watch = bus.add_watch_local(move |_, message| {
            match message.view() {
                gst::MessageView::Element(element) => {
                    if let Some((at, decibels)) = element.structure().and_then(level) {
                        peaks.borrow_mut().push(waveform::amplitude(decibels));
                        last.set(at);
                        tell(Heard::Level { at, height: waveform::height(decibels) });
                    }
                }
                gst::MessageView::Eos(_) => {
                    if let Some(sender) = sender.take() {
                        let _ = sender.send(());
                    }
                    if !is_ending.get() {
                        tell(Heard::Failed(MediaError::Broken("it ended".to_owned())));
                    }
                }
                gst::MessageView::Error(error) => {
                    // Nobody waits for its end any more.
                    sender.take();
                    let text = error.error().to_string();
                    let failure =
                        if last.get().is_zero() { MediaError::NoMicrophone } else { MediaError::Broken(text) };
                    tell(Heard::Failed(failure));
                }
                _ => {}
            }
            glib::ControlFlow::Continue
        });
        self.watch = Some(watch.map_err(|error| MediaError::Missing(error.to_string()))?);
        self.ended = Some(ended);
        Ok(())
    }

    /// How long it lasts by now.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.last.get()
    }

    /// Closes the microphone, and waits until all of it is in the file. What is there is kept, whatever went wrong.
    pub async fn finish(mut self) -> Recorded {
        self.is_kept = true;
        self.is_ending.set(true);
        self.pipeline.send_event(gst::event::Eos::new());
        if let Some(ended) = self.ended.take() {
            let ended = glib::future_with_timeout(PATIENCE, ended).await;
            if !matches!(ended, Ok(Ok(()))) {
                // A file without its last page is still played.
                log::warn!("the end of a recording was not written");
            }
        }
        let length = self.length();
        let bars = waveform::fold(&self.peaks.borrow(), BARS);
        listen::remember(&self.path, Some(Rc::new(Sound { bars, length })));
        Recorded { path: self.path.clone(), length }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.watch.take();
        // A sound server may be slow to let go: waiting for it is not the window's.
        self.pipeline.call_async(|pipeline| {
            let _ = pipeline.set_state(gst::State::Null);
        });
        if !self.is_kept {
            recording::remove(&self.path);
        }
    }
}

/// A pipeline that records, and its file. Blocks while the source opens.
fn open(source: Option<&str>, folder: &Path) -> Result<(gst::Pipeline, PathBuf), MediaError> {
    if let Some(missing) = PARTS.iter().find(|part| gst::ElementFactory::find(part).is_none()) {
        return Err(MediaError::Missing((*missing).to_owned()));
    }
    let source = open_source(source)?;
    let made = recording::create(folder).map_err(|error| MediaError::Disk(error.to_string()));
    let made = made.and_then(|path| match record(&source, &path) {
        Ok(pipeline) => Ok((pipeline, path)),
        Err(error) => {
            recording::remove(&path);
            Err(error)
        }
    });
    if made.is_err() {
        let _ = source.set_state(gst::State::Null);
    }
    made
}

fn record(source: &gst::Element, path: &Path) -> Result<gst::Pipeline, MediaError> {
    let missing = |error: glib::BoolError| MediaError::Missing(error.to_string());
    // Each page is on the disk as soon as it is whole, so that little is lost should the program be.
    let rest = format!(
        "queue max-size-buffers=0 max-size-bytes=0 max-size-time=3000000000 ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=1 ! level interval=50000000 ! opusenc bitrate={BITS_A_SECOND} bitrate-type=vbr audio-type=voice ! oggmux ! filesink name=file buffer-mode=unbuffered"
    );
    let rest = gst::parse::bin_from_description(&rest, true).map_err(|error| MediaError::Missing(error.to_string()))?;
    let file = rest.by_name("file").ok_or_else(|| MediaError::Missing("filesink".to_owned()))?;
    file.set_property("location", path);
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([source, rest.upcast_ref()]).map_err(missing)?;
    source.link(&rest).map_err(missing)?;
    if pipeline.set_state(gst::State::Playing).is_err() {
        let _ = pipeline.set_state(gst::State::Null);
        return Err(MediaError::NoMicrophone);
    }
    Ok(pipeline)
}

/// A source that is open.
fn open_source(given: Option<&str>) -> Result<gst::Element, MediaError> {
    if let Some(given) = given {
        let made = gst::parse::bin_from_description(given, true);
        return made.map(Cast::upcast).map_err(|_| MediaError::NoMicrophone);
    }
    for name in MICROPHONES {
        let Ok(source) = gst::ElementFactory::make(name).build() else { continue };
        if source.has_property("client-name") {
            source.set_property("client-name", crate::config::APP_NAME);
        }
        // Where there is no such sound server, or it refuses, this fails.
        if source.set_state(gst::State::Ready).is_ok() {
            return Ok(source);
        }
        let _ = source.set_state(gst::State::Null);
    }
    Err(MediaError::NoMicrophone)
}

/// When and how loud, in decibels, out of what the element `level` says.
fn level(structure: &gst::StructureRef) -> Option<(Duration, f64)> {
    if structure.name() != "level" {
        return None;
    }
    let at = structure.get::<gst::ClockTime>("running-time").ok()?;
    let lasting = structure.get::<gst::ClockTime>("duration").unwrap_or(gst::ClockTime::ZERO);
    let peaks = structure.get::<glib::ValueArray>("peak").ok()?;
    let loudest = peaks.iter().filter_map(|value| value.get::<f64>().ok()).fold(f64::NEG_INFINITY, f64::max);
    Some((Duration::from(at.saturating_add(lasting)), loudest))
}
