//! Looks into a film that is to be sent: how large it is, how long, and what it looks like near its beginning.

use std::{path::Path, time::Duration};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSink;
use gtk::gio;

use super::{
    MediaError,
    frames::{self, Frame},
    start,
};

/// Who takes longer has no picture.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(8);
/// The longest side of what it looks like, in pixels.
const SIDE: i32 = 256;
/// Films begin black; the picture is of a tenth of their length, at most so far in.
const FAR_IN: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub struct Film {
    /// As it is shown: upright, of square pixels.
    pub dimensions: (u32, u32),
    pub length: Option<Duration>,
    pub frame: Frame,
}

impl Film {
    /// The frame's pixels.
    pub fn picture(&self) -> Option<image::DynamicImage> {
        let (width, height) = (u32::try_from(self.frame.width).ok()?, u32::try_from(self.frame.height).ok()?);
        let bytes = self.frame.bytes.get(..usize::try_from(width.checked_mul(height)?.checked_mul(4)?).ok()?)?;
        image::RgbaImage::from_raw(width, height, bytes.to_vec()).map(Into::into)
    }
}

/// What is seen in a file; `None` where that can't be told.
pub async fn look(path: &Path) -> Option<Film> {
    let reading = path.to_owned();
    match gio::spawn_blocking(move || read(&reading)).await {
        Ok(Ok(film)) => Some(film),
        Ok(Err(error)) => {
            log::info!("nothing is known of a film: {error}");
            None
        }
        Err(_) => None,
    }
}

/// Blocks.
fn read(path: &Path) -> Result<Film, MediaError> {
    start()?;
    let broken = |error: &str| MediaError::Broken(error.to_owned());
    let description = "filesrc name=file ! decodebin ! videoflip video-direction=auto ! videoconvert name=upright ! videoscale \
                       ! appsink name=out sync=false max-buffers=1";
    let pipeline = gst::parse::launch(description).map_err(|error| MediaError::Missing(error.to_string()))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| broken("no pipeline"))?;
    let (file, upright) = (pipeline.by_name("file"), pipeline.by_name("upright"));
    let out = pipeline.by_name("out").and_downcast::<AppSink>();
    let (Some(file), Some(upright), Some(out)) = (file, upright, out) else { return Err(broken("parts are missing")) };
    file.set_property("location", path);
    out.set_caps(Some(&frames::shape(SIDE)));
    let seen = gather(&pipeline, &upright, &out);
    let _ = pipeline.set_state(gst::State::Null);
    seen
}

fn gather(pipeline: &gst::Pipeline, upright: &gst::Element, out: &AppSink) -> Result<Film, MediaError> {
    let broken = |error: &str| MediaError::Broken(error.to_owned());
    pipeline.set_state(gst::State::Paused).map_err(|error| MediaError::Broken(error.to_string()))?;
    // It ends early where there is nothing to be seen.
    let first = out.try_pull_preroll(PATIENCE).ok_or_else(|| broken("no picture"))?;
    let dimensions = upright.static_pad("sink").and_then(|pad| shown(&pad.current_caps()?));
    let dimensions = dimensions.ok_or_else(|| broken("no size"))?;
    let length = pipeline.query_duration::<gst::ClockTime>().map(Duration::from).filter(|length| !length.is_zero());
    let far = length.map_or(Duration::ZERO, |length| (length / 10).min(FAR_IN));
    let to = gst::ClockTime::try_from(far).unwrap_or_default();
    let later = if pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT, to).is_ok() {
        out.try_pull_preroll(PATIENCE)
    } else {
        None
    };
    let frame = later.as_ref().and_then(Frame::of).or_else(|| Frame::of(&first)).ok_or_else(|| broken("no frame"))?;
    Ok(Film { dimensions, length, frame })
}

/// How large pixels of whatever shape are when they are square.
fn shown(caps: &gst::Caps) -> Option<(u32, u32)> {
    let shape = caps.structure(0)?;
    let side = |name| shape.get::<i32>(name).ok().and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
    let (width, height) = (side("width")?, side("height")?);
    let ratio = shape.get::<gst::Fraction>("pixel-aspect-ratio").unwrap_or_else(|_| gst::Fraction::new(1, 1));
    let (n, d) = (u64::try_from(ratio.numer()).ok()?, u64::try_from(ratio.denom()).ok()?);
    let width = u32::try_from(u64::from(width).checked_mul(n)?.checked_div(d)?).ok()?;
    (width > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_are_not_square_are_made_so() {
        gst::init().unwrap();
        let caps = |width: i32, ratio: (i32, i32)| {
            gst::Caps::builder("video/x-raw")
                .field("width", width)
                .field("height", 576)
                .field("pixel-aspect-ratio", gst::Fraction::new(ratio.0, ratio.1))
                .build()
        };
        assert_eq!(shown(&caps(720, (16, 15))), Some((768, 576)));
        assert_eq!(shown(&caps(720, (1, 1))), Some((720, 576)));
        assert_eq!(shown(&caps(0, (1, 1))), None);
    }
}
