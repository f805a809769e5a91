//! Ogg (RFC 3533): pages that carry packets. The second packet of a stream holds what is said of it (Vorbis I §5; Opus, RFC 7845
//! §5.2; Theora, Speex, VP8 and FLAC likewise). Its comments are blanked where they lie, and the pages that they lie in summed up
//! anew.

use std::ops::Range;

use super::{
    edit::{Edits, MAX_PART, Source, Unclean},
    said,
};

const HEADER: u64 = 27;
/// Bits of a page's kind.
pub const BEGINS: u8 = 0x02;
/// A file has a few streams at a time; chained ones follow each other.
const MAX_STREAMS: usize = 32;

/// A stream whose comments have not come yet.
struct Stream {
    serial: [u8; 4],
    /// How its first packet begins.
    first: Vec<u8>,
    has_first: bool,
    comments: Vec<u8>,
    /// Where these lie: for each piece its page, and the piece itself.
    pieces: Vec<(Range<u64>, Range<u64>)>,
}

pub fn clean(source: &mut Source, edits: &mut Edits) -> Result<(), Unclean> {
    let mut streams: Vec<Stream> = Vec::new();
    let mut at = 0;
    while source.len() - at >= HEADER {
        let header: [u8; 27] = source.bytes(at)?;
        if !header.starts_with(b"OggS") {
            return Err(Unclean::Media);
        }
        let serial = [header[14], header[15], header[16], header[17]];
        let body = at + HEADER + u64::from(header[26]);
        // A header that breaks off is that of no page; one that is whole may say more than there is.
        if body > source.len() {
            return Err(Unclean::Media);
        }
        let lengths = source.part(at + HEADER..body)?;
        let end = body + lengths.iter().map(|length| u64::from(*length)).sum::<u64>();
        if header[5] & BEGINS != 0 {
            let before = streams.iter().position(|stream| stream.serial == serial).map(|n| streams.swap_remove(n));
            if streams.len() >= MAX_STREAMS || before.is_some_and(|stream| !stream.pieces.is_empty()) {
                return Err(Unclean::Media);
            }
            let (first, comments, pieces) = (Vec::new(), Vec::new(), Vec::new());
            streams.push(Stream { serial, first, has_first: false, comments, pieces });
        }
        if let Some(n) = streams.iter().position(|stream| stream.serial == serial)
            && streams[n].page(source, at..end, body, &lengths)?
        {
            streams.swap_remove(n).finish(source, edits)?;
        }
        // The last page may be broken off.
        at = end.min(source.len());
    }
    edits.blank(at..source.len());
    // What breaks off within what is said of it has nothing to hear.
    if streams.iter().all(|stream| stream.pieces.is_empty()) { Ok(()) } else { Err(Unclean::Media) }
}

impl Stream {
    /// Takes what a page has of the first two packets; whether they are whole.
    fn page(&mut self, source: &mut Source, page: Range<u64>, body: u64, lengths: &[u8]) -> Result<bool, Unclean> {
        let mut at = body;
        for length in lengths {
            let piece = at..at + u64::from(*length);
            at = piece.end;
            let bytes = source.part(piece.clone())?;
            if self.has_first {
                if (self.comments.len() + bytes.len()) as u64 > MAX_PART {
                    return Err(Unclean::Media);
                }
                self.comments.extend(bytes);
                self.pieces.push((page.clone(), piece));
            } else if self.first.len() < 8 {
                self.first.extend(bytes);
            }
            // A packet ends with the first piece that is not full.
            if *length < 255 {
                if self.has_first {
                    return Ok(true);
                }
                self.has_first = true;
            }
        }
        Ok(false)
    }

    fn finish(mut self, source: &mut Source, edits: &mut Edits) -> Result<(), Unclean> {
        let Some(start) = self.start() else { return Ok(()) };
        let before = self.comments.clone();
        let comments = self.comments.get_mut(start..).ok_or(Unclean::Media)?;
        said::clean_comments(comments).ok_or(Unclean::Media)?;
        if self.comments == before {
            return Ok(());
        }
        let mut rest = &self.comments[..];
        for page in self.pieces.chunk_by(|(page, _), (next, _)| page == next) {
            let place = page[0].0.clone();
            let mut bytes = source.part(place.clone())?;
            for (_, piece) in page {
                let within = |at: u64| usize::try_from(at - place.start).unwrap_or(usize::MAX);
                let target = bytes.get_mut(within(piece.start)..within(piece.end)).ok_or(Unclean::Media)?;
                let (taken, left) = rest.split_at_checked(target.len()).ok_or(Unclean::Media)?;
                target.copy_from_slice(taken);
                rest = left;
            }
            bytes[22..26].fill(0);
            let sum = sum(&bytes);
            bytes[22..26].copy_from_slice(&sum.to_le_bytes());
            edits.write(place.start, bytes);
        }
        Ok(())
    }

    /// Where the comments begin in their packet; `None` where it has none, as far as is known.
    fn start(&self) -> Option<usize> {
        const MARKS: [(&[u8], usize); 4] =
            [(b"\x03vorbis", 7), (b"OpusTags", 8), (b"\x81theora", 7), (b"OVP80\x02 ", 7)];
        if let Some((_, length)) = MARKS.iter().find(|(mark, _)| self.comments.starts_with(mark)) {
            return Some(*length);
        }
        if self.first.starts_with(b"\x7fFLAC") && self.comments.first().is_some_and(|kind| kind & 0x7f == 4) {
            return Some(4);
        }
        self.first.starts_with(b"Speex   ").then_some(0)
    }
}

/// A page's sum (RFC 3533 §6), with zeros where it is to stand.
pub fn sum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, byte| {
        (0..8)
            .fold(sum ^ u32::from(*byte) << 24, |sum, _| if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{SECRET, SEEN, broken, cleaned, contains, sound::*, without_secret},
        *,
    };

    #[track_caller]
    fn sums_are_right(bytes: &[u8]) {
        let starts: Vec<usize> =
            bytes.windows(4).enumerate().filter(|(_, window)| *window == b"OggS").map(|(at, _)| at).collect();
        for (n, start) in starts.iter().enumerate() {
            let mut page = bytes[*start..starts.get(n + 1).copied().unwrap_or(bytes.len())].to_vec();
            let said = u32::from_le_bytes(page[22..26].try_into().unwrap());
            page[22..26].fill(0);
            assert_eq!(sum(&page), said);
        }
    }

    #[test]
    fn where_sound_was_recorded_does_not_leave() {
        for (first, mark) in STREAMS {
            let bytes = stream(1, first, &[mark, &said()].concat());
            let clean = without_secret(&bytes);
            assert!(contains(&clean, b"A walk") && contains(&clean, SEEN));
            sums_are_right(&clean);
            broken(&bytes);
        }
    }

    #[test]
    fn comments_may_go_over_pages_and_streams_follow_each_other() {
        let mut packet = [b"OpusTags".to_vec(), comments(&[b"LOCATION=SECRETPLACE", &[b'x'; 500], SECRET])].concat();
        let last = packet.len() - 510;
        let pages = [
            page(1, BEGINS, &[8], b"OpusHead"),
            page(1, 0, &[255], &packet[..255]),
            page(2, BEGINS, &[8], b"OpusHead"),
            page(1, 1, &[255, u8::try_from(last).unwrap(), 14], &[&packet.split_off(255)[..], SEEN].concat()),
            page(2, 0, &[u8::try_from(said().len() + 8).unwrap()], &[b"OpusTags".to_vec(), said()].concat()),
        ];
        let bytes = [pages.concat(), stream(3, b"OpusHead", &[b"OpusTags".to_vec(), said()].concat())].concat();
        let clean = without_secret(&bytes);
        sums_are_right(&clean);
        assert!(contains(&clean, SEEN));
    }

    #[test]
    fn what_has_nothing_to_hide_stays_as_it_is() {
        let bytes = stream(1, b"OpusHead", &[b"OpusTags".to_vec(), comments(&[b"TITLE=A walk"])].concat());
        assert_eq!(cleaned(&bytes).unwrap(), bytes);
        let other = stream(1, b"fishead\0", b"something else");
        assert_eq!(cleaned(&other).unwrap(), other);
    }

    #[test]
    fn what_is_not_pages_throughout_is_refused() {
        let bytes = stream(1, b"OpusHead", b"OpusTags");
        assert!(matches!(cleaned(&bytes), Err(Unclean::Media)));
        let good = stream(1, b"fishead\0", b"something else");
        assert!(matches!(cleaned(&[good.clone(), vec![b'x'; 40]].concat()), Err(Unclean::Media)));
        let mut pages = page(1, 0, &[1; 200], &[b'x'; 200]);
        pages.truncate(100);
        assert!(matches!(cleaned(&[good, pages].concat()), Err(Unclean::Media)));
    }
}
