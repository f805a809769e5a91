//! Which change turns one loaded stretch of history into another: pure, so that it can be tested without a list.

use crate::engine::api::Cursor;

/// One `items_changed`: at `position`, `removed` items give way to `added` ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splice {
    pub position: usize,
    pub removed: usize,
    pub added: usize,
}

/// What differs between two lists of cursors, without the ends that are the same; `None` when nothing does.
pub fn difference(old: &[Cursor], new: &[Cursor]) -> Option<Splice> {
    let same_start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let splice = Splice {
        position: same_start,
        removed: old.len() - same_start - same_end,
        added: new.len() - same_start - same_end,
    };
    (splice.removed > 0 || splice.added > 0).then_some(splice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::MessageId;

    fn cursors(ids: &[i64]) -> Vec<Cursor> {
        ids.iter().map(|&id| Cursor { position: id * 10, id: MessageId(id) }).collect()
    }

    #[test]
    fn the_difference_leaves_out_equal_ends() {
        type Case = (&'static [i64], &'static [i64], Option<(usize, usize, usize)>);
        let cases: [Case; 6] = [
            (&[1, 2, 3], &[1, 2, 3], None),
            (&[], &[1, 2], Some((0, 0, 2))),
            (&[3, 4], &[1, 2, 3, 4], Some((0, 0, 2))),
            (&[1, 2], &[1, 2, 3], Some((2, 0, 1))),
            (&[1, 2, 3, 4], &[1, 4], Some((1, 2, 0))),
            (&[1, 2, 3], &[7, 8], Some((0, 3, 2))),
        ];
        for (old, new, expected) in cases {
            let expected = expected.map(|(position, removed, added)| Splice { position, removed, added });
            assert_eq!(difference(&cursors(old), &cursors(new)), expected, "{old:?} → {new:?}");
        }
    }
}
