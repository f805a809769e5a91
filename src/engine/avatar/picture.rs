//! Pictures from strangers: decoded under limits, turned upright, scaled, and written anew as PNG.
//!
//! Pure and slow: to be called from a thread that may block. Knows neither files nor the network.

use std::io::Cursor;

use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits,
    codecs::png::{CompressionType, FilterType, PngEncoder},
    imageops,
};

/// What is shown has at most this many pixels on a side.
pub const SHOWN_SIDE: u32 = 192;
/// What we publish of ourselves: large enough for every client, small enough for a vCard (XEP-0153 §3, XEP-0084 §4.1).
pub const PUBLISHED_SIDE: u32 = 256;
/// More than this is not published; many servers refuse a larger stanza.
pub const PUBLISHED_BYTES: usize = 64 * 1024;

/// No avatar is larger than this as a file.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_SIDE: u32 = 4_096;
const MAX_PIXELS: u64 = 16_000_000;
/// The decoded pixels, and what a decoder needs beside them.
const MAX_MEMORY: u64 = MAX_PIXELS * 4 + 16 * 1024 * 1024;
const FORMATS: [ImageFormat; 4] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

/// Why something is not taken for a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("{0} bytes are too many")]
    TooLong(usize),
    #[error("not a picture of a kind that is known")]
    Unknown,
    #[error("{width} × {height} pixels are too many")]
    TooLarge { width: u32, height: u32 },
    #[error("broken picture: {0}")]
    Broken(#[from] image::ImageError),
}

/// A picture that is safe to show and to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub png: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// The media type of a picture, as its bytes show.
#[must_use]
pub fn media_type(bytes: &[u8]) -> &'static str {
    image::guess_format(bytes).map_or("application/octet-stream", |format| format.to_mime_type())
}

/// What the window shows of a received picture.
pub fn for_showing(bytes: &[u8]) -> Result<Picture, PictureError> {
    encode(&shrink(decode(bytes)?, SHOWN_SIDE))
}

/// What is published of a picture that the person has chosen: a square (XEP-0153 §3) of its middle.
pub fn for_publishing(bytes: &[u8]) -> Result<Picture, PictureError> {
    let picture = square(decode(bytes)?);
    let mut side = PUBLISHED_SIDE;
    loop {
        let encoded = encode(&shrink(picture.clone(), side))?;
        if encoded.png.len() <= PUBLISHED_BYTES || side <= 32 {
            return Ok(encoded);
        }
        side = side * 3 / 4;
    }
}

/// The pixels of a picture, upright.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooLong(bytes.len()));
    }
    // The content decides, never a name or a media type that somebody claims.
    let format = image::guess_format(bytes).map_err(|_| PictureError::Unknown)?;
    if !FORMATS.contains(&format) {
        return Err(PictureError::Unknown);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // Only the header has been read so far: a picture that claims to be huge costs nothing.
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooLarge { width, height });
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn square(picture: DynamicImage) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    if width == height {
        return picture;
    }
    picture.crop_imm((width - side) / 2, (height - side) / 2, side, side)
}

fn shrink(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width() <= side && picture.height() <= side {
        return picture;
    }
    picture.resize(side, side, imageops::FilterType::CatmullRom)
}

/// Writes only pixels: no metadata, no place where somebody was (EXIF), no colour profile.
fn encode(picture: &DynamicImage) -> Result<Picture, PictureError> {
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive);
    if picture.color().has_alpha() {
        picture.to_rgba8().write_with_encoder(encoder)?;
    } else {
        picture.to_rgb8().write_with_encoder(encoder)?;
    }
    Ok(Picture { png, width: picture.width(), height: picture.height() })
}

#[cfg(any(test, fuzzing))]
pub mod samples {
    //! Pictures that are made on the spot.

    use super::*;

    pub fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let pixels = image::RgbImage::from_fn(width, height, |x, y| {
            // Noise, so that nothing compresses well.
            let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 8;
            let [_, r, g, b] = mixed.to_be_bytes();
            image::Rgb([r, g, b])
        });
        let mut bytes = Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, format).expect("there is memory");
        bytes.into_inner()
    }

    /// A PNG whose header says it is this wide and high; its only row of pixels is missing.
    pub fn claiming(width: u32, height: u32) -> Vec<u8> {
        let mut header = b"IHDR".to_vec();
        header.extend(width.to_be_bytes());
        header.extend(height.to_be_bytes());
        header.extend([8, 2, 0, 0, 0]);
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.extend(13_u32.to_be_bytes());
        png.extend(&header);
        png.extend(crc32(&header).to_be_bytes());
        png.extend(b"\0\0\0\x02IDAT\x78\x9c");
        png.extend(crc32(b"IDAT\x78\x9c").to_be_bytes());
        png
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{samples::*, *};

    fn dimensions(png: &[u8]) -> (u32, u32) {
        assert_eq!(image::guess_format(png).unwrap(), ImageFormat::Png);
        image::load_from_memory(png).unwrap().dimensions()
    }

    #[test]
    fn a_picture_of_any_known_kind_is_scaled_and_becomes_a_png() {
        for format in FORMATS {
            let picture = for_showing(&encoded(400, 200, format)).unwrap();
            assert_eq!((picture.width, picture.height), (192, 96), "{format:?}");
            assert_eq!(dimensions(&picture.png), (192, 96), "{format:?}");
        }
    }

    #[test]
    fn a_small_picture_keeps_its_size() {
        assert_eq!(dimensions(&for_showing(&encoded(48, 64, ImageFormat::Png)).unwrap().png), (48, 64));
    }

    #[test]
    fn a_picture_as_thin_as_a_hair_keeps_a_pixel() {
        assert_eq!(dimensions(&for_showing(&encoded(4_096, 1, ImageFormat::Png)).unwrap().png), (192, 1));
    }

    #[test]
    fn what_is_published_is_square_and_small() {
        let picture = for_publishing(&encoded(700, 500, ImageFormat::Jpeg)).unwrap();
        assert_eq!(picture.width, picture.height);
        assert!(picture.png.len() <= PUBLISHED_BYTES, "{}", picture.png.len());
        let flat = DynamicImage::new_rgb8(600, 300);
        let mut bytes = Cursor::new(Vec::new());
        flat.write_to(&mut bytes, ImageFormat::Png).unwrap();
        assert_eq!(dimensions(&for_publishing(&bytes.into_inner()).unwrap().png), (256, 256));
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused_by_its_header() {
        for (width, height) in [(30_000, 30_000), (30_000, 1), (4_097, 4), (4_096, 4_096)] {
            let refused = for_showing(&claiming(width, height));
            assert!(matches!(refused, Err(PictureError::TooLarge { .. })), "{width} × {height}: {refused:?}");
        }
    }

    #[test]
    fn what_is_not_a_picture_is_refused() {
        let mut broken = encoded(40, 40, ImageFormat::Png);
        broken.truncate(60);
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
        for bytes in [Vec::new(), b"no picture".to_vec(), svg, b"\x89PNG\r\n\x1a\n".to_vec(), broken, claiming(10, 10)]
        {
            assert!(for_showing(&bytes).is_err(), "{:?}", String::from_utf8_lossy(&bytes));
        }
        assert!(matches!(for_showing(&vec![0; MAX_BYTES + 1]), Err(PictureError::TooLong(_))));
    }

    #[test]
    fn a_picture_that_is_not_whole_is_refused_at_every_length() {
        for format in FORMATS {
            let whole = encoded(24, 24, format);
            for length in (0..whole.len()).step_by(7) {
                let _ = for_showing(&whole[..length]);
            }
        }
    }
}
