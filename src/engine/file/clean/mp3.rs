//! MP3, and what else has ID3 tags before it (id3.org, versions 2.3.0 and 2.4.0), or such of version 1 and APE tags after it. Of the
//! frames those stay that say what a piece is called; they move together, and the rest of the tag is padding.

use std::ops::Range;

use super::{
    edit::{Edits, MAX_PART, Numbers, Source, Unclean},
    flac, said,
};

/// Names, numbers and measures of a piece, and who made it.
const KEPT: [&[u8]; 15] = [
    b"TIT1", b"TIT2", b"TIT3", b"TALB", b"TPE1", b"TPE2", b"TPE3", b"TPE4", b"TCOM", b"TCON", b"TRCK", b"TPOS",
    b"TLEN", b"TBPM", b"TKEY",
];
/// More tags do not follow each other.
const MAX_TAGS: usize = 4;

/// Whether something begins with a tag or with a frame of MPEG layer III.
pub fn is_one(start: &[u8]) -> bool {
    // Letters are no version.
    matches!(start, [b'I', b'D', b'3', 0..16, ..]) || matches!(start, [0xff, second, ..] if second & 0xe6 == 0xe2)
}

pub fn clean(source: &mut Source, edits: &mut Edits) -> Result<(), Unclean> {
    let mut at = 0;
    for _ in 0..MAX_TAGS {
        if source.len() - at < 10 {
            break;
        }
        let header: [u8; 10] = source.bytes(at)?;
        let [b'I', b'D', b'3', version @ 0..16, _, flags, size @ ..] = header else { break };
        let body = at + 10..at + 10 + synchsafe(size);
        if body.end > source.len() {
            return Err(Unclean::Media);
        }
        tag(source, body.clone(), version, flags, edits)?;
        // A footer says the same as the header.
        at = (body.end + if flags & 0x10 == 0 { 0 } else { 10 }).min(source.len());
    }
    if source.len() - at >= 8 && source.bytes::<8>(at)? == flac::HEADER {
        return flac::clean(source, at, edits);
    }
    after(source, at, edits)
}

/// Seven bits in each byte.
fn synchsafe(bytes: [u8; 4]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
}

fn tag(source: &mut Source, body: Range<u64>, version: u8, flags: u8, edits: &mut Edits) -> Result<(), Unclean> {
    // Tags that are packed in some way, or older, are not taken apart.
    let is_plain = matches!(version, 3 | 4) && flags & 0xc0 == 0 && body.end - body.start <= MAX_PART;
    if !is_plain {
        edits.blank(body);
        return Ok(());
    }
    let bytes = source.part(body.clone())?;
    let mut kept = kept(&bytes, version);
    kept.resize(bytes.len(), 0);
    if kept != bytes {
        edits.write(body.start, kept);
    }
    Ok(())
}

/// The frames that stay; what is no frame ends the tag.
fn kept(bytes: &[u8], version: u8) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_first_chunk::<10>() {
        let [a, b, c, d, size @ .., first, second] = *header;
        let size: [u8; 4] = size;
        let size = if version == 4 { synchsafe(size) } else { u64::from(u32::from_be_bytes(size)) };
        let Some((body, after)) = usize::try_from(size).ok().and_then(|size| after.split_at_checked(size)) else {
            break;
        };
        let kind = [a, b, c, d];
        // Flags say that a frame is packed, or not to be kept.
        let is_said = KEPT.contains(&&kind[..]) || (kind == *b"APIC" && said::is_plain_cover(body));
        if is_said && (first, second) == (0, 0) {
            kept.extend(header);
            kept.extend(body);
        }
        rest = after;
    }
    kept
}

/// Tags behind the sound, which begins at `from`.
fn after(source: &mut Source, from: u64, edits: &mut Edits) -> Result<(), Unclean> {
    let mut end = source.len();
    if end - from >= 128 && source.bytes(end - 128)? == *b"TAG" {
        let comment = end - 31..end - 1;
        let [zero, track] = source.bytes(comment.end - 2)?;
        edits.blank(comment.clone());
        // ID3v1.1: the number of the track.
        if zero == 0 {
            edits.write(comment.end - 1, [track]);
        }
        end -= 128;
    }
    if end - from >= 32 && source.bytes(end - 32)? == *b"APETAGEX" {
        let bytes = source.part(end - 20..end - 8)?;
        let mut numbers = Numbers(&bytes);
        let (size, _, flags) = (numbers.little(4), numbers.little(4), numbers.little(4));
        let (size, flags) = size.zip(flags).ok_or(Unclean::Media)?;
        let header = if flags >> 31 == 1 { 32 } else { 0 };
        let start =
            end.checked_sub(size + header).filter(|start| *start >= from && size >= 32).ok_or(Unclean::Media)?;
        edits.blank(start..end);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{SECRET, broken, cleaned, contains, flipped, without_secret},
        *,
    };
    use crate::engine::avatar::picture::samples::encoded;

    const HEARD: &[u8] = b"\xff\xfb\x90\x64 what is heard";

    fn size(length: usize, version: u8) -> [u8; 4] {
        let length = u32::try_from(length).unwrap();
        if version == 3 {
            length.to_be_bytes()
        } else {
            [21, 14, 7, 0].map(|bits| (length >> bits & 0x7f).to_le_bytes()[0])
        }
    }

    fn frame(kind: &[u8], version: u8, body: &[u8]) -> Vec<u8> {
        [kind, &size(body.len(), version)[..], &[0, 0], body].concat()
    }

    fn tagged(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
        let body = frames.concat();
        [b"ID3", &[version, 0, flags][..], &size(body.len(), 4), &body, HEARD].concat()
    }

    #[test]
    fn where_sound_was_recorded_does_not_leave() {
        let cover = [b"\0image/png\0\x03\0".to_vec(), encoded(8, 8, image::ImageFormat::Png)].concat();
        for version in [3, 4] {
            let frame = |kind, body: &[u8]| frame(kind, version, body);
            let bytes = tagged(
                version,
                0,
                &[
                    frame(b"TXXX", b"\0location\0SECRETPLACE"),
                    frame(b"TIT2", b"\0A walk"),
                    frame(b"GEOB", SECRET),
                    frame(b"APIC", &cover),
                    frame(b"COMM", SECRET),
                    SECRET.to_vec(),
                ],
            );
            let clean = without_secret(&bytes);
            assert!(contains(&clean, b"A walk") && contains(&clean, &cover) && contains(&clean, HEARD));
            assert!(clean[10..].starts_with(b"TIT2"), "frames stand at the beginning");
            broken(&bytes);
        }
        // What is packed is not taken apart.
        for (version, flags) in [(2, 0), (3, 0x80), (4, 0x40), (5, 0)] {
            let clean = without_secret(&tagged(version, flags, &[SECRET.to_vec()]));
            assert!(contains(&clean, HEARD));
        }
    }

    #[test]
    fn tags_at_the_end_count_too() {
        let old = |comment: &[u8]| {
            let mut tag = [b"TAG".to_vec(), b"A walk".to_vec()].concat();
            tag.resize(97, 0);
            tag.extend(comment);
            tag.resize(125, 0);
            tag.extend([0, 7, 1]);
            tag
        };
        let ape = |flags: u8| {
            let item = [&[11, 0, 0, 0, 0, 0, 0, 0], &b"Location\0"[..], SECRET].concat();
            let size = u32::try_from(item.len() + 32).unwrap().to_le_bytes();
            let mark =
                |flags: u8| [&b"APETAGEX\xd0\x07\0\0"[..], &size, &[1, 0, 0, 0, 0, 0, 0, flags], &[0; 8]].concat();
            [if flags == 0 { Vec::new() } else { mark(0xa0) }, item, mark(flags)].concat()
        };
        for end in [old(SECRET), ape(0), ape(0x80), [ape(0x80), old(SECRET)].concat()] {
            let bytes = [HEARD, &end].concat();
            let clean = without_secret(&bytes);
            assert!(clean.starts_with(HEARD) && !contains(&clean, b"APETAGEX"));
            assert_eq!(contains(&clean, b"A walk"), contains(&bytes, b"A walk"));
            assert_eq!(clean.ends_with(&[7, 1]), bytes.ends_with(&[7, 1]));
            flipped(&bytes);
        }
        assert_eq!(cleaned(HEARD).unwrap(), HEARD);
        // A text.
        let text: Vec<u8> = "\u{feff}Hello TAG".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!is_one(&text));
    }
}
