//! Matroska and `WebM` (RFC 9559, RFC 8794): elements in elements. What is not needed to play them becomes a `Void` element of the
//! same length with nothing in it: the tags, among which is the place, and of files beside the film all but fonts.

use std::ops::Range;

use super::edit::{Edits, Source, Unclean};

/// How such a file begins.
pub const HEADER: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const SEEK: u32 = 0x4dbb;
const SEEK_ID: u32 = 0x53ab;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CHAPTERS: u32 = 0x1043_a770;
const CLUSTER: u32 = 0x1f43_b675;
const CUES: u32 = 0x1c53_bb6b;
const TAGS: u32 = 0x1254_c367;
const ATTACHMENTS: u32 = 0x1941_a469;
const ATTACHED_FILE: u32 = 0x61a7;
const FILE_MEDIA_TYPE: u32 = 0x4660;
const VOID: u32 = 0xec;

/// What a segment has in it; a cluster that does not say how long it is ends before the next of these.
const TOP: [u32; 8] = [SEEK_HEAD, INFO, TRACKS, CHAPTERS, CLUSTER, CUES, TAGS, ATTACHMENTS];
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
            EBML => within(&found, len)?,
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
        super::fixture::{SECRET, broken, cleaned, contains, without_secret},
        *,
    };

    const CRC: u32 = 0xbf;
    const SEEN: &[u8] = b"seen and heard";

    fn id(id: u32) -> Vec<u8> {
        id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
    }

    fn element(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let mut bytes = id(kind);
        bytes.extend((0x4000 | u16::try_from(body.len()).unwrap()).to_be_bytes());
        bytes.extend(body);
        bytes
    }

    /// Goes on until something else begins.
    fn open(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
        [id(kind), vec![0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], parts.concat()].concat()
    }

    fn tags(length: usize) -> Vec<u8> {
        let tag = element(0x67c8, &[&element(0x45a3, &[b"LOCATION"]), &element(0x4487, &[SECRET])]);
        element(TAGS, &[&element(0x7373, &[&tag, &vec![0; length]])])
    }

    fn header() -> Vec<u8> {
        element(EBML, &[&element(0x4282, &[b"webm"])])
    }

    fn parts() -> Vec<Vec<u8>> {
        let seek = |what: u32| element(SEEK, &[&element(SEEK_ID, &[&id(what)]), &element(0x53ac, &[&[9]])]);
        let file = |media_type: &[u8], data: &[u8]| {
            element(ATTACHED_FILE, &[&element(FILE_MEDIA_TYPE, &[media_type]), &element(0x465c, &[data])])
        };
        vec![
            element(SEEK_HEAD, &[&seek(INFO), &seek(TAGS)]),
            element(INFO, &[&element(CRC, &[b"1234"]), &element(0x2a_d7b1, &[&[1]]), &element(0x4461, &[SECRET])]),
            element(TRACKS, &[b"tracks"]),
            element(ATTACHMENTS, &[&file(b"application/x-truetype-font", b"letters"), &file(b"image/jpeg", SECRET)]),
            element(CLUSTER, &[&element(0xa3, &[SEEN])]),
            tags(0),
            element(VOID, &[SECRET]),
            element(CRC, &[SECRET]),
        ]
    }

    fn film() -> Vec<u8> {
        let parts = parts();
        [header(), element(SEGMENT, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())].concat()
    }

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
            let bytes = [header(), open(SEGMENT, &[&parts()[1], &cluster, &cluster, &tags(length)])].concat();
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
    }

    #[test]
    fn a_film_that_breaks_off_harms_nobody() {
        broken(&film());
        let cluster = open(CLUSTER, &[&element(0xa3, &[SEEN])]);
        broken(&[header(), open(SEGMENT, &[&parts()[1], &cluster, &cluster, &tags(0)])].concat());
        assert!(matches!(cleaned(&header()), Err(Unclean::Media)));
    }
}
