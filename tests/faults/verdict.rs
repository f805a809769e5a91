//! What is wrong with a history, as far as numbers tell.

use std::{collections::HashSet, ops::AddAssign};

/// How often each of the things has happened that must never happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    pub lost: usize,
    pub doubled: usize,
    pub out_of_order: usize,
}

impl Verdict {
    /// Of messages that are numbered from 0, in the order in which they stand.
    pub fn of(expected: usize, found: impl IntoIterator<Item = usize>) -> Self {
        let mut verdict = Self::default();
        let (mut seen, mut highest) = (HashSet::new(), None);
        for number in found {
            if !seen.insert(number) {
                verdict.doubled += 1;
            } else if highest > Some(number) {
                verdict.out_of_order += 1;
            } else {
                highest = Some(number);
            }
        }
        verdict.lost = (0..expected).filter(|number| !seen.contains(number)).count();
        verdict
    }

    pub fn is_clean(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
    }
}
