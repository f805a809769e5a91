//! Boxes in boxes (ISO/IEC 14496-12 §4.2), as they are read one after the other.

use std::ops::Range;

use super::edit::{Source, Unclean};

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

#[cfg(test)]
pub mod test_boxes {
    //! Boxes as files have them.

    pub fn boxed(kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let mut bytes = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(body);
        bytes
    }

    pub fn handler(kind: &[u8]) -> Vec<u8> {
        boxed(b"hdlr", &[&[0; 8], kind, &[0; 13]])
    }

    /// A full box of these numbers.
    pub fn table(kind: &[u8], numbers: &[u32]) -> Vec<u8> {
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        boxed(kind, &[&[0; 4], &numbers])
    }

    /// A track with two samples in one chunk, and what else it has.
    pub fn track(kind: &[u8], chunk: u32, sizes: [u32; 2], beside: &[u8]) -> Vec<u8> {
        let table = boxed(
            b"stbl",
            &[
                &table(b"stsd", &[0]),
                &table(b"stsc", &[1, 1, 2, 1]),
                &table(b"stsz", &[0, 2, sizes[0], sizes[1]]),
                &table(b"stco", &[1, chunk]),
            ],
        );
        let media = boxed(b"mdia", &[&self::table(b"mdhd", &[7; 5]), &handler(kind), &boxed(b"minf", &[&table])]);
        boxed(b"trak", &[&self::table(b"tkhd", &[7; 20]), &media, beside])
    }
}
