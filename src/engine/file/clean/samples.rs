//! Where the samples of a track lie in the file (ISO/IEC 14496-12 §8.7): in chunks, of which three tables say where they begin,
//! how many samples each has and how large these are.

use std::ops::Range;

use super::{
    boxes::{self, child},
    edit::{Numbers, Source, Unclean},
};

/// All chunks of a track; what a broken table leaves out of the file is not among them.
pub fn of_track(source: &mut Source, track: Range<u64>) -> Result<Vec<Range<u64>>, Unclean> {
    let mut inner = track;
    for kind in [b"mdia", b"minf", b"stbl"] {
        match child(source, inner, kind)? {
            Some(body) => inner = body,
            // There are none.
            None => return Ok(Vec::new()),
        }
    }
    let mut table = |kind: &boxes::Kind| match child(source, inner.clone(), kind)? {
        // After version and flags.
        Some(body) => source.part(body.start.saturating_add(4)..body.end).map(Some),
        None => Ok(None),
    };
    let sizes = match table(b"stsz")? {
        Some(table) => Sizes::read(&table, None),
        None => table(b"stz2")?.and_then(|table| Sizes::read(&table, table.get(3).copied())),
    };
    let runs = table(b"stsc")?.and_then(|table| numbers(&table, 12));
    let (short, long) = (table(b"stco")?, table(b"co64")?);
    let chunks = match (short, long) {
        (Some(table), None) => numbers(&table, 4),
        (None, Some(table)) => numbers(&table, 8),
        _ => None,
    };
    let (sizes, runs, chunks) =
        (sizes.ok_or(Unclean::Media)?, runs.ok_or(Unclean::Media)?, chunks.ok_or(Unclean::Media)?);
    ranges(&sizes, &runs, &chunks, source.len()).ok_or(Unclean::Media)
}

/// How large samples are.
enum Sizes {
    Same { size: u64, count: u64 },
    Each(Vec<u64>),
}

impl Sizes {
    /// `bits` as a compact table says how long its numbers are.
    fn read(table: &[u8], bits: Option<u8>) -> Option<Self> {
        let mut rest = Numbers(table);
        let (size, count) = (rest.big(4)?, rest.big(4)?);
        let each = match bits {
            None if size > 0 => return Some(Self::Same { size, count }),
            None => numbers_of(rest, count, 4),
            Some(8) => numbers_of(rest, count, 1),
            Some(16) => numbers_of(rest, count, 2),
            Some(4) => {
                let all = rest.0.iter().flat_map(|byte| [u64::from(byte >> 4), u64::from(byte & 15)]);
                let all: Vec<u64> = all.take(usize::try_from(count).ok()?).collect();
                (all.len() as u64 == count).then_some(all)
            }
            Some(_) => None,
        };
        each.map(Self::Each)
    }
}

/// A table's numbers after their count; of each entry the first four or eight bytes stand before the others.
fn numbers(table: &[u8], length: usize) -> Option<Vec<u64>> {
    let mut rest = Numbers(table);
    let count = rest.big(4)?;
    if length == 12 { numbers_of(rest, count.checked_mul(3)?, 4) } else { numbers_of(rest, count, length) }
}

fn numbers_of(mut rest: Numbers, count: u64, length: usize) -> Option<Vec<u64>> {
    // No more than there are bytes for.
    let count = usize::try_from(count).ok().filter(|count| *count <= rest.0.len() / length)?;
    (0..count).map(|_| rest.big(length)).collect()
}

/// `None` where all samples together are longer than the file.
fn ranges(sizes: &Sizes, runs: &[u64], chunks: &[u64], len: u64) -> Option<Vec<Range<u64>>> {
    let mut runs = runs.chunks_exact(3).peekable();
    let (mut in_chunk, mut sample, mut sum) = (0, 0_u64, 0_u64);
    let mut ranges = Vec::with_capacity(chunks.len());
    for (chunk, start) in (1_u64..).zip(chunks) {
        while let Some([_, samples, _]) = runs.next_if(|run| run[0] <= chunk) {
            in_chunk = *samples;
        }
        let end = sample.saturating_add(in_chunk);
        let length = match sizes {
            Sizes::Same { size, count } => end.min(*count).saturating_sub(sample).checked_mul(*size)?,
            Sizes::Each(each) => {
                let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(each.len());
                each[place(sample)..place(end)].iter().try_fold(0_u64, |sum, size| sum.checked_add(*size))?
            }
        };
        sample = end;
        sum = sum.checked_add(length).filter(|sum| *sum <= len)?;
        ranges.push((*start).min(len)..start.saturating_add(length).min(len));
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_in_chunks() {
        let each = Sizes::Each(vec![1, 2, 3, 4, 5]);
        // Two in the first two chunks, then one.
        assert_eq!(
            ranges(&each, &[1, 2, 1, 3, 1, 1], &[10, 20, 30, 40], 100),
            Some(vec![10..13, 20..27, 30..35, 40..40])
        );
        let same = Sizes::Same { size: 8, count: 3 };
        assert_eq!(ranges(&same, &[1, 2, 1], &[10, 50], 100), Some(vec![10..26, 50..58]));
        assert_eq!(ranges(&same, &[], &[10, 20], 100), Some(vec![10..10, 20..20]));
    }

    #[test]
    fn numbers_out_of_range_harm_nobody() {
        let huge = Sizes::Same { size: u64::from(u32::MAX), count: u64::from(u32::MAX) };
        assert_eq!(ranges(&huge, &[1, u64::from(u32::MAX), 1], &[0], 1000), None);
        assert_eq!(ranges(&Sizes::Each(vec![600; 4]), &[1, 1, 1], &[0, 0], 1000), None);
        assert_eq!(ranges(&Sizes::Each(vec![60]), &[1, 1, 1], &[u64::MAX, 7], 1000), Some(vec![1000..1000, 7..7]));
        assert_eq!(numbers(b"\xff\xff\xff\xff\0\0\0\0", 4), None);
        assert_eq!(numbers(b"\0\0\0\x01\0\0\0\x09", 4), Some(vec![9]));
    }

    #[test]
    fn sizes_may_be_written_short() {
        let read = |bits: u8, rest: &[u8]| {
            let table = [&[0, 0, 0, bits, 0, 0, 0, 3][..], rest].concat();
            Sizes::read(&table, Some(bits)).map(|sizes| match sizes {
                Sizes::Each(each) => each,
                Sizes::Same { .. } => Vec::new(),
            })
        };
        assert_eq!(read(4, &[0x12, 0x30]), Some(vec![1, 2, 3]));
        assert_eq!(read(8, &[1, 2, 3]), Some(vec![1, 2, 3]));
        assert_eq!(read(16, &[0, 1, 0, 2, 0, 3]), Some(vec![1, 2, 3]));
        assert_eq!(read(16, &[0, 1]), None);
        assert_eq!(read(7, &[0; 9]), None);
    }
}
