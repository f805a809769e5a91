//! Takes out of a picture's file what it says beside the picture: where and when it was taken, by whom and with what. The
//! pixels stay as they are, bit by bit; so does which side is up.
//!
//! Pure. Works on JPEG, PNG and WebP by their parts; what is not understood is refused rather than sent as it is.

/// A picture that can't be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a picture that can be taken apart")]
pub struct NotClean;

/// Whether bytes begin as one of those pictures.
pub fn is_one(bytes: &[u8]) -> bool {
    kind(bytes).is_some()
}

/// The file without metadata; `None` for what is none of those pictures.
pub fn clean(bytes: &[u8]) -> Result<Option<Vec<u8>>, NotClean> {
    kind(bytes).map(|take_apart| take_apart(bytes).ok_or(NotClean)).transpose()
}

/// Leaves the picture of its file; `None` where that can't be done.
type TakeApart = fn(&[u8]) -> Option<Vec<u8>>;

/// How to take one apart.
fn kind(bytes: &[u8]) -> Option<TakeApart> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(png);
    }
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    is_webp.then_some(webp)
}

/// ISO/IEC 10918-1 annex B: segments up to the first scan, and between scans.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xff, 0xd8];
    let mut turned = None;
    let mut rest = Vec::with_capacity(bytes.len());
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Fill byte.
            0xff => at += 1,
            0xd9 => {
                rest.extend([0xff, 0xd9]);
                break;
            }
            // Markers without a segment.
            0x01 | 0xd0..=0xd7 => {
                rest.extend(&bytes[at..at + 2]);
                at += 2;
            }
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                let segment = bytes.get(at..at + 2 + length).filter(|_| length >= 2)?;
                at += 2 + length;
                if marker == 0xe1 && segment.get(4..10) == Some(b"Exif\0\0") {
                    turned = turned.or_else(|| orientation(&segment[10..]));
                }
                if keeps(marker, segment) {
                    rest.extend(segment);
                }
                if marker == 0xda {
                    let end = scan_end(bytes, at);
                    rest.extend(&bytes[at..end]);
                    at = end;
                    // A file that breaks off is shown as far as it goes. What follows the end is no picture.
                    if at >= bytes.len() {
                        break;
                    }
                }
            }
        }
    }
    if let Some(turned) = turned.filter(|turned| (2..=8).contains(turned)) {
        out.extend([0xff, 0xe1]);
        let exif = exif(turned);
        out.extend(u16::try_from(exif.len() + 8).ok()?.to_be_bytes());
        out.extend(b"Exif\0\0");
        out.extend(exif);
    }
    out.extend(rest);
    Some(out)
}

/// Which segments a picture needs: no comments, and of those of applications (APP0 to APP15) only what says how its colours
/// are meant: JFIF, the colour profile, Adobe's transform.
fn keeps(marker: u8, segment: &[u8]) -> bool {
    let begins = |text: &[u8]| segment.get(4..).is_some_and(|data| data.starts_with(text));
    match marker {
        0xe0 => begins(b"JFIF\0"),
        0xe2 => begins(b"ICC_PROFILE\0"),
        0xee => begins(b"Adobe"),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

/// Where the coded data end: at a marker that is neither a stuffed byte nor a restart.
fn scan_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(next) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xff)) {
        at += next;
        match bytes.get(at + 1) {
            Some(0 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    bytes.len()
}

/// Which side is up (Exif 2.3 §4.6.4, tag 0x0112), out of a TIFF.
fn orientation(tiff: &[u8]) -> Option<u8> {
    let is_little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = [*tiff.get(at)?, *tiff.get(at.checked_add(1)?)?];
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let (a, b) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        usize::try_from(if is_little { b << 16 | a } else { a << 16 | b }).ok()
    };
    let directory = long(4)?;
    let entries = usize::from(short(directory)?);
    (0..entries.min(512))
        .find_map(|n| {
            let entry = directory.checked_add(2 + 12 * n)?;
            (short(entry)? == 0x0112 && short(entry + 2)? == 3).then(|| short(entry + 8)).flatten()
        })
        .and_then(|value| u8::try_from(value).ok())
}

/// A TIFF that says only which side is up.
pub fn exif(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = orientation;
    tiff
}

/// PNG (third edition) §11.3: of the ancillary chunks only what the pixels need.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 17] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
        b"cLLI", b"bKGD", b"acTL", b"fcTL", b"fdAT",
    ];
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(bytes.get(..8)?);
    let mut at = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let kind = bytes.get(at + 4..at + 8)?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        if KEPT.iter().any(|kept| *kept == kind) {
            out.extend(chunk);
        } else if kind == b"eXIf"
            && let Some(turned) = orientation(&chunk[8..8 + length]).filter(|turned| (2..=8).contains(turned))
        {
            let exif = exif(turned);
            out.extend(u32::try_from(exif.len()).ok()?.to_be_bytes());
            let start = out.len();
            out.extend(b"eXIf");
            out.extend(exif);
            let sum = crc(&out[start..]);
            out.extend(sum.to_be_bytes());
        }
        at += chunk.len();
        // What follows the end is no picture.
        if kind == b"IEND" {
            return Some(out);
        }
    }
}

/// PNG annex D.
pub fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

/// RFC 9649 §2: chunks in a RIFF. Metadata are `EXIF` and `XMP `, and a flag for each in `VP8X`.
fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
    const HAS_EXIF: u8 = 0x08;
    const HAS_XMP: u8 = 0x04;
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    let size = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    let end = size.checked_add(8)?.min(bytes.len());
    let (mut at, mut flags_at, mut turned) = (12, None, None);
    while at + 8 <= end {
        let kind = bytes.get(at..at + 4)?;
        let length = usize::try_from(u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?)).ok()?;
        let data = bytes.get(at + 8..at.checked_add(8)?.checked_add(length)?)?;
        if KEPT.iter().any(|kept| *kept == kind) {
            if kind == b"VP8X" && length >= 10 {
                flags_at = Some(out.len() + 8);
            }
            chunk(&mut out, kind, data)?;
        } else if kind == b"EXIF" {
            let tiff = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
            turned = orientation(tiff).filter(|turned| (2..=8).contains(turned));
        }
        at = at.checked_add(8 + length + length % 2)?;
    }
    if let Some(flags) = flags_at.and_then(|at| out.get_mut(at)) {
        *flags &= !(HAS_EXIF | HAS_XMP);
        if let Some(turned) = turned {
            *flags |= HAS_EXIF;
            chunk(&mut out, b"EXIF", &exif(turned))?;
        }
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}

pub fn chunk(out: &mut Vec<u8>, kind: &[u8], data: &[u8]) -> Option<()> {
    out.extend(kind);
    out.extend(u32::try_from(data.len()).ok()?.to_le_bytes());
    out.extend(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageDecoder as _, ImageFormat, ImageReader, metadata::Orientation};

    use super::{
        super::fixture::{contains, picture::*},
        *,
    };
    use crate::engine::avatar::picture::samples;

    fn read(bytes: &[u8]) -> (Orientation, Vec<u8>) {
        let mut decoder = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap().into_decoder().unwrap();
        let orientation = decoder.orientation().unwrap();
        (orientation, image::DynamicImage::from_decoder(decoder).unwrap().into_bytes())
    }

    #[test]
    fn where_a_picture_was_taken_does_not_leave_and_which_side_is_up_does() {
        for bytes in [jpeg_with_place(), png_with_place(), webp_with_place()] {
            assert!(contains(&bytes, b"SECRETPLACE") && contains(&bytes, b"GPS"));
            let clean = clean(&bytes).unwrap().unwrap();
            assert!(!contains(&clean, b"SECRETPLACE") && !contains(&clean, b"GPS"));
            let (before, pixels) = read(&bytes);
            assert_eq!(before, Orientation::Rotate90);
            assert_eq!(read(&clean), (before, pixels));
        }
    }

    #[test]
    fn what_has_no_metadata_stays_as_it_is() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let bytes = samples::encoded(24, 16, format);
            assert_eq!(clean(&bytes).unwrap().unwrap(), bytes, "{format:?}");
        }
    }

    #[test]
    fn what_is_no_such_picture_is_left_to_others() {
        for bytes in [&b"GIF89a"[..], b"", b"text", b"RIFF\0\0\0\0WAVE"] {
            assert_eq!(clean(bytes), Ok(None));
        }
    }

    #[test]
    fn a_picture_that_breaks_off_harms_nobody() {
        for whole in [jpeg_with_place(), png_with_place(), webp_with_place()] {
            for length in 0..whole.len() {
                if let Ok(Some(clean)) = clean(&whole[..length]) {
                    assert!(!contains(&clean, b"SECRETPLACE"), "{length}");
                }
            }
            for at in 0..whole.len().min(400) {
                let mut broken = whole.clone();
                broken[at] ^= 0xff;
                let _ = clean(&broken);
            }
        }
    }
}
