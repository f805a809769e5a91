//! Boxes in boxes (ISO/IEC 14496-12 §4.2), as they are read one after the other.

use std::ops::Range;

use super::edit::{Edits, Source, Unclean};

pub type Kind = [u8; 4];

/// A box.
#[derive(Debug, Clone)]
pub struct Found {
    pub kind: Kind,
    pub start: u64,
    pub body: Range<u64>,
}

/// The box at a place; `None` where there is none.
pub fn at(source: &mut Source, at: u64, end: u64) -> Result<Option<Found>, Unclean> {
    if end.saturating_sub(at) < 8 {
        return Ok(None);
    }
    let header: [u8; 8] = source.bytes(at)?;
    let [a, b, c, d, kind @ ..] = header;
    let (size, start) = match u32::from_be_bytes([a, b, c, d]) {
        // To the end.
        0 if end == source.len() => (end - at, 8),
        1 if end - at >= 16 => (u64::from_be_bytes(source.bytes(at + 8)?), 16),
        size => (u64::from(size), 8),
    };
    let stop = at.checked_add(size).filter(|_| size >= start);
    Ok(stop.map(|stop| Found { kind, start: at, body: at + start..stop }))
}

/// The first box of a kind.
pub fn child(source: &mut Source, range: Range<u64>, kind: &[u8]) -> Result<Option<Range<u64>>, Unclean> {
    let mut next = range.start;
    while let Some(found) = at(source, next, range.end)?.filter(|found| found.body.end <= range.end) {
        if found.kind[..] == *kind {
            return Ok(Some(found.body));
        }
        next = found.body.end;
    }
    Ok(None)
}

/// What a `hdlr` box says that its neighbours are about (§8.4.3).
pub fn handler(source: &mut Source, range: Range<u64>) -> Result<Option<Kind>, Unclean> {
    let found = child(source, range, b"hdlr")?.filter(|body| body.end - body.start >= 12);
    found.map(|body| source.bytes(body.start + 8)).transpose()
}

/// Leaves a `free` box of a box, with nothing in it.
pub fn free(found: &Found, edits: &mut Edits) {
    edits.write(found.start + 4, *b"free");
    edits.blank(found.body.clone());
}

/// Leaves a `free` box where none was, or nothing where there is no room for one.
pub fn fill(range: Range<u64>, edits: &mut Edits) {
    edits.blank(range.clone());
    let length = range.end.saturating_sub(range.start);
    if length >= 8 {
        // Of no length is what goes on to the end.
        let size = u32::try_from(length).unwrap_or(0);
        edits.write(range.start, [size.to_be_bytes(), *b"free"].concat());
    }
}
