//! The pictures of a film on their way out of a pipeline.

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gtk::{gdk, glib};

/// No frame has a longer side, however large the film is.
pub const MOST: i32 = 1_920;

/// One picture of a film: upright, of square pixels, four bytes each.
#[derive(Debug, Clone)]
pub struct Frame {
    pub width: i32,
    pub height: i32,
    pub bytes: glib::Bytes,
}

impl Frame {
    /// `None` where it is not what was asked for.
    pub fn of(sample: &gst::Sample) -> Option<Self> {
        let shape = sample.caps()?.structure(0)?;
        let (width, height) = (shape.get::<i32>("width").ok()?, shape.get::<i32>("height").ok()?);
        let mapped = sample.buffer_owned()?.into_mapped_buffer_readable().ok()?;
        let needed = stride(width)?.checked_mul(usize::try_from(height).ok()?)?;
        (needed > 0 && mapped.len() >= needed).then(|| Self { width, height, bytes: glib::Bytes::from_owned(mapped) })
    }

    pub fn texture(&self) -> gdk::Texture {
        let stride = stride(self.width).unwrap_or_default();
        let format = gdk::MemoryFormat::R8g8b8a8;
        gdk::MemoryTexture::new(self.width, self.height, format, &self.bytes, stride).into()
    }
}

fn stride(width: i32) -> Option<usize> {
    usize::try_from(width).ok()?.checked_mul(4)
}

/// What frames look like, with `most` pixels on a side.
pub fn shape(most: i32) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "RGBA")
        .field("width", gst::IntRange::new(1, most))
        .field("height", gst::IntRange::new(1, most))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// The end of a pipeline, and the newest frame that has reached it; nobody waits for whoever is slow to show it.
pub fn sink() -> (gst::Element, async_channel::Receiver<Frame>) {
    let (sender, receiver) = async_channel::bounded(1);
    let first = sender.clone();
    let callbacks = AppSinkCallbacks::builder()
        .new_preroll(move |sink| tell(&first, sink.pull_preroll()))
        .new_sample(move |sink| tell(&sender, sink.pull_sample()))
        .build();
    let sink = AppSink::builder().caps(&shape(MOST)).max_buffers(2).drop(true).callbacks(callbacks).build();
    (sink.upcast(), receiver)
}

fn tell(
    sender: &async_channel::Sender<Frame>,
    sample: Result<gst::Sample, glib::BoolError>,
) -> Result<gst::FlowSuccess, gst::FlowError> {
    let sample = sample.map_err(|_| gst::FlowError::Eos)?;
    if let Some(frame) = Frame::of(&sample) {
        // Where nobody listens any more, it ends soon.
        let _ = sender.force_send(frame);
    }
    Ok(gst::FlowSuccess::Ok)
}
