//! The small picture of a preview: made of what a page shows, and judged when somebody else has made it.
//!
//! Pure and slow: to be called from a thread that may block.

use std::io::Cursor;

use image::{
    DynamicImage, GenericImageView as _, ImageFormat, ImageReader, RgbImage, codecs::jpeg::JpegEncoder,
    imageops::FilterType,
};

use crate::engine::avatar::picture::decode;

/// What goes into a message is no larger than this as a file: as much as XEP-0231 §2.1 lets a message carry.
pub const SENT_BYTES: usize = 8 * 1024;
/// Pixels of the shorter side.
const SIDE: u32 = 144;
/// How many times as long as the shorter side the longer one may be; more is cut off at both ends.
const MAX_RATIO: u32 = 2;
/// What is smaller shows nothing; such pictures are there to count who looks.
const MIN_SIDE: u32 = 24;
/// Nobody needs a preview with more pixels on a side.
const MAX_RECEIVED_SIDE: u32 = 1_024;
const QUALITIES: [u8; 4] = [80, 65, 50, 35];

/// A small JPEG of a picture from a page; `None` where it is none, or nothing can be seen in it.
#[must_use]
pub fn thumbnail(bytes: &[u8]) -> Option<Vec<u8>> {
    let picture = decode(bytes).ok()?;
    if picture.width() < MIN_SIDE || picture.height() < MIN_SIDE {
        return None;
    }
    let picture = on_white(&cropped(picture));
    let mut side = SIDE;
    while side >= MIN_SIDE {
        let small = shrunk(&picture, side);
        for quality in QUALITIES {
            let mut jpeg = Vec::new();
            small.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality)).ok()?;
            if jpeg.len() <= SENT_BYTES {
                return Some(jpeg);
            }
        }
        side = side * 3 / 4;
    }
    None
}

/// Whether a picture that came with a message may be kept and shown, as far as its first bytes tell.
#[must_use]
pub fn is_fine(bytes: &[u8]) -> bool {
    let Ok(format) = image::guess_format(bytes) else { return false };
    let sides = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)
        && sides.is_ok_and(|(width, height)| {
            let is_side = |side| (1..=MAX_RECEIVED_SIDE).contains(&side);
            is_side(width) && is_side(height)
        })
}

/// The pixels of a picture that came with a message; `None` where it is none after all.
#[must_use]
pub fn pixels(bytes: &[u8]) -> Option<DynamicImage> {
    is_fine(bytes).then(|| decode(bytes).ok()).flatten()
}

fn cropped(picture: DynamicImage) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let most = width.min(height).saturating_mul(MAX_RATIO);
    if width.max(height) <= most {
        return picture;
    }
    let (wide, high) = (width.min(most), height.min(most));
    picture.crop_imm((width - wide) / 2, (height - high) / 2, wide, high)
}

fn shrunk(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let short = width.min(height);
    if short <= side {
        return picture.clone();
    }
    let scaled =
        |length: u32| u32::try_from(u64::from(length) * u64::from(side) / u64::from(short)).unwrap_or(side).max(1);
    image::imageops::resize(picture, scaled(width), scaled(height), FilterType::CatmullRom)
}

/// A JPEG shows nothing through itself.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let pixels = picture.to_rgba8();
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [r, g, b, alpha] = pixels.get_pixel(x, y).0;
        let on_white = |colour: u8| {
            let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        image::Rgb([r, g, b].map(on_white))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::avatar::picture::samples::{claiming, encoded};

    #[test]
    fn whatever_a_page_shows_becomes_a_small_jpeg() {
        for (width, height, sides) in
            [(400, 210, (274, 144)), (200, 200, (144, 144)), (400, 26, (52, 26)), (40, 60, (40, 60))]
        {
            for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
                let jpeg = thumbnail(&encoded(width, height, format)).unwrap();
                assert!(jpeg.len() <= SENT_BYTES && is_fine(&jpeg), "{} bytes of {format:?}", jpeg.len());
                assert_eq!(image::guess_format(&jpeg).unwrap(), ImageFormat::Jpeg);
                let found = image::load_from_memory(&jpeg).unwrap().dimensions();
                // Noise does not become small: it may have been scaled further.
                assert!(found.0 <= sides.0 && found.1 <= sides.1, "{found:?} {sides:?}");
            }
        }
        let flat = DynamicImage::new_rgba8(600, 315);
        let mut png = Cursor::new(Vec::new());
        flat.write_to(&mut png, ImageFormat::Png).unwrap();
        let found = image::load_from_memory(&thumbnail(&png.into_inner()).unwrap()).unwrap();
        assert_eq!(found.dimensions(), (274, 144));
        assert!(found.to_rgb8().get_pixel(9, 9).0.iter().all(|colour| *colour > 250), "nothing stands on white");
    }

    #[test]
    fn what_is_no_picture_or_counts_who_looks_is_left_out() {
        for bytes in [
            Vec::new(),
            b"<svg/>".to_vec(),
            encoded(1, 1, ImageFormat::Gif),
            encoded(600, 3, ImageFormat::Png),
            claiming(30_000, 30_000),
        ] {
            assert_eq!(thumbnail(&bytes), None);
        }
    }

    #[test]
    fn what_somebody_sends_is_judged_by_its_bytes() {
        assert!(is_fine(&encoded(200, 100, ImageFormat::WebP)));
        for bytes in [
            Vec::new(),
            b"<html>".to_vec(),
            encoded(20, 20, ImageFormat::Gif),
            claiming(1_025, 8),
            claiming(30_000, 30_000),
            claiming(0, 8),
        ] {
            assert!(!is_fine(&bytes) && pixels(&bytes).is_none());
        }
        assert!(is_fine(&claiming(8, 8)) && pixels(&claiming(8, 8)).is_none(), "it has a good beginning only");
    }
}
