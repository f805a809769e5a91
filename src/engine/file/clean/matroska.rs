//! Matroska and `WebM` (RFC 9559, RFC 8794): elements in elements. What is not needed to play them becomes a `Void` element of the
//! same length with nothing in it: the tags, among which is the place, and of files beside the film all but fonts.

use std::ops::Range;

use super::edit::{Edits, Source, Unclean};

/// How such a file begins.
pub const HEADER: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

pub const EBML: u32 = 0x1a45_dfa3;
pub const SEGMENT: u32 = 0x1853_8067;
pub const SEEK_HEAD: u32 = 0x114d_9b74;
pub const SEEK: u32 = 0x4dbb;
pub const SEEK_ID: u32 = 0x53ab;
pub const INFO: u32 = 0x1549_a966;
pub const TRACKS: u32 = 0x1654_ae6b;
const CHAPTERS: u32 = 0x1043_a770;
pub const CLUSTER: u32 = 0x1f43_b675;
const CUES: u32 = 0x1c53_bb6b;
pub const TAGS: u32 = 0x1254_c367;
pub const ATTACHMENTS: u32 = 0x1941_a469;
pub const ATTACHED_FILE: u32 = 0x61a7;
pub const FILE_MEDIA_TYPE: u32 = 0x4660;
pub const VOID: u32 = 0xec;

/// What a segment has in it; a cluster that does not say how long it is ends before the next of these.
const TOP: [u32; 8] = [SEEK_HEAD, INFO, TRACKS, CHAPTERS, CLUSTER, CUES, TAGS, ATTACHMENTS];
/// What reads it (RFC 8794 §11.2).
const KEPT_HEADER: [u32; 8] = [0x4286, 0x42f7, 0x42f2, 0x42f3, 0x4282, 0x4287, 0x4285, 0x4281];
/// Scale of time, length, what wrote it, the segment's own number.
const KEPT_INFO: [u32; 5] = [0x2a_d7b1, 0x4489, 0x4d80, 0x5741, 0x73a4];

struct Element {
    id: u32,
    start: u64,
    body: u64,
    /// `None` where it is not said.
    end: Option<u64>,
}

pub fn clean(source: &mut Source, edits: &mut Edits) -> Result<(), Unclean> {
    let len = source.len();
    let (mut at, mut is_film) = (0, false);
    while at < len {
        let Some(found) = element(source, at, len)? else { break };
        at = match found.id {
            EBML => {
                let end = within(&found, len)?;
                children(source, found.body..end, edits, |_, child| Ok(KEPT_HEADER.contains(&child.id)))?;
                end
            }
            SEGMENT => {
                is_film = true;
                let end = found.end.unwrap_or(len).min(len);
                segment(source, found.body..end, edits)?;
                end
            }
            _ if !is_film => return Err(Unclean::Media),
            // What follows the end is no film.
            _ => break,
        };
    }
    void(at..len, edits);
    if is_film { Ok(()) } else { Err(Unclean::Media) }
}

fn segment(source: &mut Source, range: Range<u64>, edits: &mut Edits) -> Result<(), Unclean> {
    let mut at = range.start;
    while at < range.end {
        let Some(found) = element(source, at, range.end)? else { break };
        at = match (found.id, found.end) {
            (CLUSTER, None) => cluster(source, found.body..range.end)?,
            // A file that breaks off is played as far as it goes.
            (CLUSTER, Some(end)) => end.min(range.end),
            (TRACKS | CHAPTERS | CUES, _) => within(&found, range.end)?,
            (SEEK_HEAD, _) => {
                let end = within(&found, range.end)?;
                children(source, found.body..end, edits, seeks_what_stays)?;
                end
            }
            (INFO, _) => {
                let end = within(&found, range.end)?;
                children(source, found.body..end, edits, |_, child| Ok(KEPT_INFO.contains(&child.id)))?;
                end
            }
            (ATTACHMENTS, _) => {
                let end = within(&found, range.end)?;
                children(source, found.body..end, edits, is_font)?;
                end
            }
            (_, None) => return Err(Unclean::Media),
            (_, Some(end)) => {
                let end = end.min(range.end);
                void(found.start..end, edits);
                end
            }
        };
    }
    void(at..range.end, edits);
    Ok(())
}

/// Where a cluster of unknown length ends.
fn cluster(source: &mut Source, range: Range<u64>) -> Result<u64, Unclean> {
    let mut at = range.start;
    while at < range.end {
        match element(source, at, range.end)? {
            Some(found) if TOP.contains(&found.id) => break,
            Some(Element { end: Some(end), .. }) => at = end.min(range.end),
            Some(_) => return Err(Unclean::Media),
            None => break,
        }
    }
    Ok(at)
}

/// Leaves of an element's children those that stay.
fn children(
    source: &mut Source,
    range: Range<u64>,
    edits: &mut Edits,
    stays: impl Fn(&mut Source, &Element) -> Result<bool, Unclean>,
) -> Result<(), Unclean> {
    let mut at = range.start;
    while at < range.end {
        let found = element(source, at, range.end)?.ok_or(Unclean::Media)?;
        at = within(&found, range.end)?;
        if !stays(source, &found)? {
            void(found.start..at, edits);
        }
    }
    Ok(())
}

/// Whether an entry leads to something that is still there.
fn seeks_what_stays(source: &mut Source, seek: &Element) -> Result<bool, Unclean> {
    let Some(end) = seek.end.filter(|_| seek.id == SEEK) else { return Ok(false) };
    let Some(id) = child(source, seek.body..end, SEEK_ID)? else { return Ok(false) };
    let id = source.part(id)?;
    Ok(TOP.iter().any(|top| *top != TAGS && top.to_be_bytes() == *id))
}

fn is_font(source: &mut Source, file: &Element) -> Result<bool, Unclean> {
    let Some(end) = file.end.filter(|_| file.id == ATTACHED_FILE) else { return Ok(false) };
    let Some(media_type) = child(source, file.body..end, FILE_MEDIA_TYPE)? else { return Ok(false) };
    let media_type = source.part(media_type)?.to_ascii_lowercase();
    Ok(media_type.windows(4).any(|word| word == b"font"))
}

fn child(source: &mut Source, range: Range<u64>, id: u32) -> Result<Option<Range<u64>>, Unclean> {
    let mut at = range.start;
    while let Some(found) = element(source, at, range.end)? {
        at = within(&found, range.end)?;
        if found.id == id {
            return Ok(Some(found.body..at));
        }
    }
    Ok(None)
}

fn within(found: &Element, most: u64) -> Result<u64, Unclean> {
    found.end.filter(|end| *end <= most).ok_or(Unclean::Media)
}

/// The element at a place; `None` where there is none.
fn element(source: &mut Source, at: u64, most: u64) -> Result<Option<Element>, Unclean> {
    let Some((id, after)) = number(source, at, most, 4)? else { return Ok(None) };
    let Some((size, body)) = number(source, after, most, 8)? else { return Ok(None) };
    let bits = 7 * u32::try_from(body - after).unwrap_or_default();
    let value = size & ((1 << bits) - 1);
    let end = (value != (1 << bits) - 1).then(|| body.saturating_add(value));
    // An id keeps the bit that says how long it is.
    Ok(u32::try_from(id).ok().map(|id| Element { id, start: at, body, end }))
}

/// A number that says itself how long it is (RFC 8794 §4), with the bit that says so, and where the next begins.
fn number(source: &mut Source, at: u64, most: u64, longest: u32) -> Result<Option<(u64, u64)>, Unclean> {
    if at >= most {
        return Ok(None);
    }
    let [first] = source.bytes(at)?;
    let length = first.leading_zeros() + 1;
    let end = at + u64::from(length);
    if length > longest || end > most {
        return Ok(None);
    }
    let bytes = source.part(at..end)?;
    Ok(Some((bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), end)))
}

/// Leaves an element of the same length with nothing in it.
fn void(range: Range<u64>, edits: &mut Edits) {
    edits.blank(range.clone());
    let length = range.end - range.start;
    let header = match length {
        // Nothing is shorter than two bytes.
        0 | 1 => return,
        2..=127 => vec![VOID.to_le_bytes()[0], 0x80 | (length - 2).to_le_bytes()[0]],
        _ => {
            let mut header = (0x0100_0000_0000_0000 | (length - 9)).to_be_bytes().to_vec();
            header.insert(0, VOID.to_le_bytes()[0]);
            header
        }
    };
    edits.write(range.start, header);
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{
            SECRET, SEEN, broken, cleaned, contains,
            matroska::{element, film, header, id, live, open},
            without_secret,
        },
        *,
    };

    #[test]
    fn what_tags_say_does_not_leave() {
        let clean = without_secret(&film());
        for kept in [SEEN, b"tracks", b"letters", &id(INFO), &id(SEEK_HEAD)] {
            assert!(contains(&clean, kept));
        }
        assert!(!contains(&clean, &id(TAGS)), "not even in the list of what is where");
        let seen = |bytes: &[u8]| bytes.windows(SEEN.len()).position(|window| window == SEEN);
        assert_eq!(seen(&clean), seen(&film()));
    }

    #[test]
    fn elements_may_not_say_how_long_they_are() {
        for length in [0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 200] {
            let cluster = open(CLUSTER, &[&element(0xa3, &[SEEN])]);
            let bytes = live(length);
            let clean = without_secret(&bytes);
            assert!(contains(&clean, &cluster));
        }
        // The tags are no part of what can't be skipped.
        let open_tags = [header(), open(SEGMENT, &[&open(TAGS, &[SECRET])])].concat();
        assert!(matches!(cleaned(&open_tags), Err(Unclean::Media)));
    }

    #[test]
    fn what_follows_the_end_does_not_leave() {
        let bytes = [film(), SECRET.to_vec()].concat();
        without_secret(&bytes);
        let header = [header(), element(EBML, &[&element(0x4282, &[b"webm"]), &element(VOID, &[SECRET])])].concat();
        assert!(contains(&without_secret(&[header, live(0)].concat()), b"webm"));
    }

    #[test]
    fn a_film_that_breaks_off_harms_nobody() {
        broken(&film());
        broken(&live(0));
        assert!(matches!(cleaned(&header()), Err(Unclean::Media)));
    }
}
