//! Pictures that move (GIF, WebP), within limits: what is longer or larger than that stands still.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
    time::Duration,
};

use gtk::gdk;
use image::{AnimationDecoder as _, Frames, ImageDecoder as _, ImageFormat, codecs};

use crate::ui::texture_cache;

const MAX_FRAMES: usize = 400;
/// Of all frames together.
const MAX_PIXELS: u64 = 32_000_000;

/// One picture of several.
#[derive(Debug)]
pub struct Frame {
    pub texture: gdk::Texture,
    /// How long it stands.
    pub pause: Duration,
}

/// All frames of an animation; `None` where it is none, is too long, or can't be read.
#[must_use]
pub fn frames(path: &Path) -> Option<Vec<Frame>> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(32).read_to_end(&mut start).ok()?;
    let reader = BufReader::new(File::open(path).ok()?);
    match image::guess_format(&start).ok()? {
        ImageFormat::Gif => {
            let decoder = codecs::gif::GifDecoder::new(reader).ok()?;
            collect(decoder.dimensions(), decoder.into_frames())
        }
        ImageFormat::WebP => {
            let decoder =
                codecs::webp::WebPDecoder::new(reader).ok().filter(codecs::webp::WebPDecoder::has_animation)?;
            collect(decoder.dimensions(), decoder.into_frames())
        }
        _ => None,
    }
}

fn collect((width, height): (u32, u32), frames: Frames<'_>) -> Option<Vec<Frame>> {
    let each = u64::from(width) * u64::from(height);
    let most = usize::try_from(MAX_PIXELS / each.max(1)).unwrap_or(usize::MAX).min(MAX_FRAMES);
    if most < 2 {
        return None;
    }
    let mut all = Vec::new();
    for frame in frames {
        if all.len() >= most {
            return None;
        }
        let frame = frame.ok()?;
        let pause = Duration::from(frame.delay());
        let pixels = frame.into_buffer();
        let (width, height) = pixels.dimensions();
        all.push(Frame { texture: texture_cache::texture(width, height, pixels.into_raw())?, pause });
    }
    Some(all)
}
