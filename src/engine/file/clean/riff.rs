//! WAV and AVI (Multimedia Programming Interface 1.0; `OpenDML` for more than one part): chunks, of which those that are not needed to
//! play them become `JUNK` of the same length with nothing in it. Recorders say in `bext`, `iXML` and `INFO` where they were.

use std::ops::Range;

use super::edit::{Edits, Source, Unclean};

const STAYS: [&[u8; 4]; 18] = [
    b"fmt ", b"data", b"fact", b"cue ", b"smpl", b"inst", b"plst", b"slnt", b"PEAK", b"ds64", b"avih", b"strh",
    b"strf", b"indx", b"vprp", b"dmlh", b"idx1", b"ix00",
];
/// Lists whose chunks are looked at; of `movi` and `wavl` all stays.
const OPENED: [&[u8; 4]; 3] = [b"hdrl", b"strl", b"odml"];

pub fn is_one(start: &[u8]) -> bool {
    matches!(start.first_chunk(), Some(b"RIFF" | b"RF64")) && matches!(start.get(8..12), Some(b"WAVE" | b"AVI "))
}

pub fn clean(source: &mut Source, edits: &mut Edits) -> Result<(), Unclean> {
    let len = source.len();
    let mut at = 0;
    while len - at >= 12 {
        let header: [u8; 12] = source.bytes(at)?;
        let [kind, size, _] = [&header[..4], &header[4..8], &header[8..]];
        if !matches!(kind, b"RIFF" | b"RF64") {
            break;
        }
        // A size of all ones, or too large, is that of a file that is too long or breaks off.
        let end = (at + 8).saturating_add(number(size)).min(len).max(at + 12);
        chunks(source, at + 12..end, true, 0, edits)?;
        at = (end + end % 2).min(len);
    }
    // What follows the end is nothing to hear.
    edits.blank(at..len);
    Ok(())
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// As deep as lists lie in each other: `hdrl`, `strl`.
fn chunks(
    source: &mut Source,
    range: Range<u64>,
    may_break_off: bool,
    depth: u8,
    edits: &mut Edits,
) -> Result<(), Unclean> {
    let mut at = range.start;
    // RF64 (EBU Tech 3306): how long the sound is where 32 bits do not say it.
    let mut long = u64::MAX;
    while range.end - at >= 8 {
        let header: [u8; 8] = source.bytes(at)?;
        if header.starts_with(b"ds64") {
            long = u64::from_le_bytes(source.bytes(at + 16)?);
        }
        let size = if header == *b"data\xff\xff\xff\xff" { long } else { number(&header[4..]) };
        let mut end = (at + 8).saturating_add(size);
        if end > range.end {
            if !may_break_off {
                return Err(Unclean::Media);
            }
            end = range.end;
        }
        let kind = &header[..4];
        let list: Option<[u8; 4]> = if kind == b"LIST" && end - at >= 12 { Some(source.bytes(at + 8)?) } else { None };
        match list {
            Some(inner) if OPENED.contains(&&inner) && depth < 3 => {
                chunks(source, at + 12..end, false, depth + 1, edits)?;
            }
            Some(list) if matches!(&list, b"movi" | b"wavl") => {}
            None if STAYS.iter().any(|stays| *stays == kind) => {}
            _ => {
                edits.write(at, *b"JUNK");
                edits.blank(at + 8..end);
            }
        }
        at = (end + end % 2).min(range.end);
    }
    edits.blank(at..range.end);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SECRET, SEEN, broken, cleaned, contains, riff::*, without_secret};

    #[test]
    fn where_sound_and_films_were_recorded_does_not_leave() {
        for bytes in [wave(), film(), [film(), wave(), SECRET.to_vec()].concat()] {
            let clean = without_secret(&bytes);
            assert!(contains(&clean, SEEN));
            broken(&bytes);
        }
        let plain = chunk(b"RIFF", &[b"WAVE", &format(), &data()]);
        assert_eq!(cleaned(&plain).unwrap(), plain);
        without_secret(&long_wave());
        // One that was not finished says nothing of its length.
        let mut open = wave();
        open[4..8].fill(0xff);
        without_secret(&open);
    }
}
