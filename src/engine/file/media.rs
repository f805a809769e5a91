//! What a file is: by its name as long as it is not here, then by its bytes.
//!
//! Slow where it reads pictures: to be called from a thread that may block.

use std::{
    fs::File,
    io::{self, BufReader, Read as _},
    path::Path,
};

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation};

use crate::engine::api::AttachmentKind;

pub const UNKNOWN: &str = "application/octet-stream";

const MAX_SIDE: u32 = 16_384;
const MAX_PIXELS: u64 = 64_000_000;
const MAX_MEMORY: u64 = MAX_PIXELS * 4 + 64 * 1024 * 1024;
/// A thumbhash is made of a picture no larger than this (<https://evanw.github.io/thumbhash/>).
const THUMB_SIDE: u32 = 100;

const TYPES: [(&str, &str); 30] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("svg", "image/svg+xml"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mkv", "video/x-matroska"),
    ("3gp", "video/3gpp"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("ogg", "audio/ogg"),
    ("oga", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("flac", "audio/flac"),
    ("wav", "audio/x-wav"),
    ("pdf", "application/pdf"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
];

/// What a name promises.
#[must_use]
pub fn by_name(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    TYPES.iter().find(|(known, _)| *known == extension).map_or(UNKNOWN, |(_, media_type)| media_type)
}

/// A media type as somebody claims it, or what the name promises where that is none.
#[must_use]
pub fn claimed(media_type: Option<&str>, name: &str) -> String {
    let is_token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let bare = media_type.map(|claim| claim.split(';').next().unwrap_or_default().trim());
    let good = bare.filter(|claim| {
        claim.len() <= 127
            && *claim != UNKNOWN
            && claim.split_once('/').is_some_and(|(a, b)| is_token(a) && is_token(b))
    });
    good.map_or_else(|| by_name(name).to_owned(), str::to_ascii_lowercase)
}

/// What a picture's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub media_type: &'static str,
    /// Width and height as it is to be shown.
    pub dimensions: (u32, u32),
}

/// Reads a picture's header; `None` for what is no picture, is too large for one, or can't be read.
#[must_use]
pub fn header(path: &Path) -> Option<Header> {
    let (format, mut decoder) = open(path)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let dimensions = if is_turned { (height, width) } else { (width, height) };
    Some(Header { media_type: format.to_mime_type(), dimensions })
}

/// The picture, upright; of an animation the first frame. `None` for what is none or too large.
#[must_use]
pub fn picture(path: &Path) -> Option<DynamicImage> {
    let (_, mut decoder) = open(path)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    Some(picture)
}

/// A few bytes that stand for a picture while it is on its way.
#[must_use]
pub fn thumbhash(picture: &DynamicImage) -> Vec<u8> {
    let small = picture.thumbnail(THUMB_SIDE, THUMB_SIDE).into_rgba8();
    thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, small.as_raw())
}

/// What a file that was said to be something is in truth, and how large it is as a picture.
#[must_use]
pub fn judge(path: &Path, claim: &str) -> (String, Option<(u32, u32)>) {
    match header(path) {
        Some(Header { media_type, dimensions }) => (media_type.to_owned(), Some(dimensions)),
        None if AttachmentKind::of(claim) == AttachmentKind::Picture => (UNKNOWN.to_owned(), None),
        // Says it is sound or a film: nothing is decoded before somebody plays it.
        None => (claim.to_owned(), None),
    }
}

fn open(path: &Path) -> Option<(ImageFormat, Box<dyn image::ImageDecoder>)> {
    let mut start = [0; 32];
    let length = read_start(path, &mut start).ok()?;
    // The content decides, never a name or a media type that somebody claims.
    let format = image::guess_format(start.get(..length)?).ok()?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(BufReader::new(File::open(path).ok()?), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().ok()?;
    // Only the header has been read so far: a picture that claims to be huge costs nothing.
    let (width, height) = decoder.dimensions();
    let is_fine = width > 0
        && height > 0
        && width <= MAX_SIDE
        && height <= MAX_SIDE
        && u64::from(width) * u64::from(height) <= MAX_PIXELS;
    is_fine.then(|| (format, Box::new(decoder) as Box<dyn image::ImageDecoder>))
}

fn read_start(path: &Path, buffer: &mut [u8]) -> io::Result<usize> {
    let mut file = File::open(path)?;
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::avatar::picture::samples;

    #[test]
    fn a_claim_counts_only_where_it_is_a_media_type() {
        for (claim, name, expected) in [
            (Some("image/png"), "a.txt", "image/png"),
            (Some("IMAGE/PNG; q=1"), "a", "image/png"),
            (Some("image"), "a.pdf", "application/pdf"),
            (Some("image/<b>"), "a.JPG", "image/jpeg"),
            (Some(UNKNOWN), "a.mp4", "video/mp4"),
            (None, "noextension", UNKNOWN),
        ] {
            assert_eq!(claimed(claim, name), expected, "{claim:?} {name}");
        }
    }

    #[test]
    fn the_bytes_decide_what_a_file_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let judged = |bytes: &[u8], claim: &str| {
            std::fs::write(&path, bytes).unwrap();
            judge(&path, claim)
        };
        let gif = samples::encoded(9, 5, ImageFormat::Gif);
        assert_eq!(judged(&gif, "application/pdf"), ("image/gif".to_owned(), Some((9, 5))));
        assert_eq!(judged(b"<html>", "image/png"), (UNKNOWN.to_owned(), None));
        assert_eq!(judged(&samples::claiming(60_000, 60_000), "image/png"), (UNKNOWN.to_owned(), None));
        assert_eq!(judged(b"x", "video/mp4"), ("video/mp4".to_owned(), None));
        assert_eq!(judged(b"", "image/jpeg"), (UNKNOWN.to_owned(), None));
    }

    #[test]
    fn a_thumbhash_is_small() {
        let picture = DynamicImage::new_rgb8(400, 10);
        assert!((5..=25).contains(&thumbhash(&picture).len()));
    }
}
