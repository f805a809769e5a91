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
    if source.len() - at >= 4 && matches!(source.bytes(at)?, [b'I', b'D', b'3', 0..16]) {
        return Err(Unclean::Media);
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
pub fn after(source: &mut Source, from: u64, edits: &mut Edits) -> Result<(), Unclean> {
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
    for _ in 0..MAX_TAGS {
        let Some(start) = last_tag(source, from, end)? else { break };
        edits.blank(start..end);
        end = start;
    }
    Ok(())
}

/// Where a tag begins that ends there, whatever it says.
fn last_tag(source: &mut Source, from: u64, end: u64) -> Result<Option<u64>, Unclean> {
    let within = |start: Option<u64>| start.filter(|start| *start >= from).map(Some).ok_or(Unclean::Media);
    if end - from >= 32 && source.bytes(end - 32)? == *b"APETAGEX" {
        let bytes = source.part(end - 20..end - 8)?;
        let mut numbers = Numbers(&bytes);
        let (size, _, flags) = (numbers.little(4), numbers.little(4), numbers.little(4));
        let (size, flags) = size.zip(flags).ok_or(Unclean::Media)?;
        let header = if flags >> 31 == 1 { 32 } else { 0 };
        return within(end.checked_sub(size + header).filter(|_| size >= 32));
    }
    // ID3v2.4 §3.4: the footer of one that stands at the end.
    if end - from >= 20 {
        let [mark @ .., a, b, c, d] = source.bytes::<10>(end - 10)?;
        if matches!(mark, [b'3', b'D', b'I', 0..16, ..]) {
            return within(end.checked_sub(20 + synchsafe([a, b, c, d])));
        }
    }
    // Lyrics3 2.00: its length in digits, without these and what follows them.
    if end - from >= 15 && source.bytes(end - 9)? == *b"LYRICS200" {
        let digits = source.bytes::<6>(end - 15)?;
        let length = str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<u64>().ok());
        return within(length.and_then(|length| end.checked_sub(15 + length)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{
            SECRET, broken, cleaned, contains, flipped,
            sound::{FRAME, ape_tag, frame, old_tag, tag, tagged},
            without_secret,
        },
        *,
    };
    use crate::engine::avatar::picture::samples::encoded;

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
            assert!(contains(&clean, b"A walk") && contains(&clean, &cover) && contains(&clean, FRAME));
            assert!(clean[10..].starts_with(b"TIT2"), "frames stand at the beginning");
            broken(&bytes);
        }
        // What is packed is not taken apart.
        for (version, flags) in [(2, 0), (3, 0x80), (4, 0x40), (5, 0)] {
            let clean = without_secret(&tagged(version, flags, &[SECRET.to_vec()]));
            assert!(contains(&clean, FRAME));
        }
    }

    #[test]
    fn tags_at_the_end_count_too() {
        let appended = |body: &[u8]| {
            let header = tag(4, 0x10, body);
            [&header[..], b"3DI", &header[3..10]].concat()
        };
        let lyrics = [&b"LYRICSBEGININD0000200LYR00011SECRETPLACE"[..], b"000040LYRICS200"].concat();
        for end in [appended(SECRET), lyrics.clone(), [appended(SECRET), lyrics, ape_tag(0), old_tag(SECRET)].concat()]
        {
            without_secret(&[FRAME, &end].concat());
        }
        let many = [tag(3, 0, SECRET).repeat(MAX_TAGS + 1), FRAME.to_vec()].concat();
        assert!(matches!(cleaned(&many), Err(Unclean::Media)));
        for end in [old_tag(SECRET), ape_tag(0), ape_tag(0x80), [ape_tag(0x80), old_tag(SECRET)].concat()] {
            let bytes = [FRAME, &end].concat();
            let clean = without_secret(&bytes);
            assert!(clean.starts_with(FRAME) && !contains(&clean, b"APETAGEX"));
            assert_eq!(contains(&clean, b"A walk"), contains(&bytes, b"A walk"));
            assert_eq!(clean.ends_with(&[7, 1]), bytes.ends_with(&[7, 1]));
            flipped(&bytes);
        }
        assert_eq!(cleaned(FRAME).unwrap(), FRAME);
        // A text.
        let text: Vec<u8> = "\u{feff}Hello TAG".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!is_one(&text));
    }
}
