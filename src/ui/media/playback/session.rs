//! One file that plays: its pipeline, and what that says.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gstreamer::{self as gst, prelude::*};
use gtk::{gdk, glib, prelude::Cast};

use crate::ui::media::{MediaError, clock::Speed, frames};

/// What the pipeline says.
pub enum Heard {
    /// It is open, and stands still.
    Ready,
    /// What a film shows now.
    Frame(gdk::Texture),
    End,
    Error(String),
}

pub struct Session {
    pub path: PathBuf,
    /// It plays, or does so as soon as it can.
    pub is_wanted: bool,
    /// It has pictures that are wanted.
    pub is_film: bool,
    /// While it plays.
    pub tick: Option<glib::SourceId>,
    /// Where it was asked to be before it could.
    from: Duration,
    has_begun: bool,
    pipeline: Option<gst::Element>,
    watch: Option<gst::bus::BusWatchGuard>,
    frames: Option<glib::JoinHandle<()>>,
}

impl Session {
    /// One that is not open yet.
    pub fn waiting(path: &Path, from: Duration, is_film: bool) -> Self {
        Self {
            path: path.to_owned(),
            is_wanted: true,
            is_film,
            tick: None,
            from,
            has_begun: false,
            pipeline: None,
            watch: None,
            frames: None,
        }
    }

    /// Opens the file, and tells what becomes of it on the main thread.
    pub fn open(&mut self, is_muted: bool, tell: impl Fn(Heard) + Clone + 'static) -> Result<(), MediaError> {
        let missing = |error: glib::BoolError| MediaError::Missing(error.to_string());
        let uri = glib::filename_to_uri(&self.path, None).map_err(|error| MediaError::Disk(error.to_string()))?;
        let pipeline = gst::ElementFactory::make("playbin").property("uri", uri.as_str()).build().map_err(missing)?;
        // Neither subtitles nor pictures that go with sound; and nothing is shown for sound alone.
        if self.is_film {
            pipeline.set_property_from_str("flags", "video+audio+soft-volume");
            self.show_frames(&pipeline, tell.clone());
        } else {
            pipeline.set_property_from_str("flags", "audio+soft-volume");
        }
        pipeline.set_property("mute", is_muted && self.is_film);
        // Speech keeps its pitch when it is played faster.
        let filter = gst::ElementFactory::make("scaletempo").build().map_err(missing)?;
        pipeline.set_property("audio-filter", &filter);
        let bus = pipeline.bus().ok_or_else(|| MediaError::Missing("no bus".to_owned()))?;
        let own = pipeline.downgrade();
        let watch = bus.add_watch_local(move |_, message| {
            let heard = match message.view() {
                gst::MessageView::AsyncDone(_) if message.src() == own.upgrade().as_ref().map(Cast::upcast_ref) => {
                    Some(Heard::Ready)
                }
                gst::MessageView::Eos(_) => Some(Heard::End),
                gst::MessageView::Error(error) => Some(Heard::Error(error.error().to_string())),
                _ => None,
            };
            if let Some(heard) = heard {
                tell(heard);
            }
            glib::ControlFlow::Continue
        });
        self.watch = Some(watch.map_err(missing)?);
        pipeline.set_state(gst::State::Paused).map_err(|error| MediaError::Broken(error.to_string()))?;
        self.pipeline = Some(pipeline);
        Ok(())
    }

    fn show_frames(&mut self, pipeline: &gst::Element, tell: impl Fn(Heard) + 'static) {
        let (sink, frames) = frames::sink();
        pipeline.set_property("video-sink", &sink);
        // Telephones film lying on their side, and note it.
        if let Ok(upright) = gst::ElementFactory::make("videoflip").build() {
            upright.set_property_from_str("video-direction", "auto");
            pipeline.set_property("video-filter", &upright);
        }
        self.frames = Some(glib::spawn_future_local(async move {
            while let Ok(frame) = frames.recv().await {
                tell(Heard::Frame(frame.texture()));
            }
        }));
    }

    pub fn set_muted(&self, is_muted: bool) {
        if let Some(pipeline) = self.pipeline.as_ref().filter(|_| self.is_film) {
            pipeline.set_property("mute", is_muted);
        }
    }

    /// It can be played now; called also after each jump.
    pub fn begin(&mut self, speed: Speed) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        if !self.from.is_zero() || speed != Speed::Normal {
            self.seek(self.from, speed);
        }
        self.set_wanted(self.is_wanted);
    }

    pub fn set_wanted(&mut self, is_wanted: bool) {
        self.is_wanted = is_wanted;
        if let Some(pipeline) = self.pipeline.as_ref().filter(|_| self.has_begun) {
            let state = if is_wanted { gst::State::Playing } else { gst::State::Paused };
            if let Err(error) = pipeline.set_state(state) {
                log::warn!("what plays does not obey: {error}");
            }
        }
    }

    pub fn seek(&mut self, to: Duration, speed: Speed) {
        self.from = to;
        let Some(pipeline) = self.pipeline.as_ref().filter(|_| self.has_begun) else { return };
        let to = gst::ClockTime::try_from(to).unwrap_or(gst::ClockTime::ZERO);
        let how = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        let sought =
            pipeline.seek(speed.factor(), how, gst::SeekType::Set, to, gst::SeekType::None, gst::ClockTime::NONE);
        if let Err(error) = sought {
            log::info!("no other place in what plays: {error}");
        }
    }

    pub fn position(&self) -> Duration {
        let pipeline = self.pipeline.as_ref().filter(|_| self.has_begun);
        let position = pipeline.and_then(gst::prelude::ElementExtManual::query_position::<gst::ClockTime>);
        // While it jumps, it is where it will be.
        position.map_or(self.from, Duration::from)
    }

    pub fn length(&self) -> Option<Duration> {
        self.pipeline.as_ref()?.query_duration::<gst::ClockTime>().map(Duration::from)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(tick) = self.tick.take() {
            tick.remove();
        }
        self.watch.take();
        if let Some(frames) = self.frames.take() {
            frames.abort();
        }
        if let Some(pipeline) = self.pipeline.take() {
            // A decoder may be at work: waiting for it is not the window's.
            pipeline.call_async(|pipeline| {
                let _ = pipeline.set_state(gst::State::Null);
            });
        }
    }
}
