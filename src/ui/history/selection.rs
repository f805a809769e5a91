//! Which messages are selected: plain places in a history, loaded or not.

use std::collections::BTreeSet;

use crate::engine::api::Cursor;

/// A set of messages, and the one from which a stretch is selected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    places: BTreeSet<Cursor>,
    /// What was selected before the stretch that is being drawn.
    before: BTreeSet<Cursor>,
    anchor: Option<Cursor>,
}

impl Selection {
    #[must_use]
    pub fn contains(&self, message: Cursor) -> bool {
        self.places.contains(&message)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The selected places, oldest first.
    #[must_use]
    pub fn places(&self) -> Vec<Cursor> {
        self.places.iter().copied().collect()
    }

    /// Where a stretch would begin.
    #[must_use]
    pub fn anchor(&self) -> Option<Cursor> {
        self.anchor
    }

    /// Selects a message, or no longer; a stretch begins here from now on.
    pub fn toggle(&mut self, message: Cursor) {
        if !self.places.remove(&message) {
            self.places.insert(message);
        }
        self.begin_at(message);
    }

    /// A stretch begins here; what is selected already stays so.
    pub fn begin_at(&mut self, message: Cursor) {
        self.anchor = Some(message);
        self.before.clone_from(&self.places);
    }

    /// These are the stretch from the anchor on, in place of the one that was drawn before.
    pub fn stretch(&mut self, messages: impl IntoIterator<Item = Cursor>) {
        self.places.clone_from(&self.before);
        self.places.extend(messages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::MessageId;

    fn cursor(n: i64) -> Cursor {
        Cursor { position: n * 10, id: MessageId(n) }
    }

    fn selected(selection: &Selection) -> Vec<i64> {
        selection.places().iter().map(|cursor| cursor.id.0).collect()
    }

    #[test]
    fn a_stretch_can_become_shorter_and_turn_round() {
        let mut selection = Selection::default();
        selection.toggle(cursor(5));
        for (range, expected) in [(5..=8, vec![5, 6, 7, 8]), (5..=6, vec![5, 6]), (3..=5, vec![3, 4, 5])] {
            selection.stretch(range.map(cursor));
            assert_eq!(selected(&selection), expected);
        }
    }

    #[test]
    fn a_second_stretch_leaves_the_first_alone() {
        let mut selection = Selection::default();
        selection.toggle(cursor(1));
        selection.stretch((1..=3).map(cursor));
        selection.toggle(cursor(7));
        selection.stretch((7..=9).map(cursor));
        selection.stretch((7..=8).map(cursor));
        assert_eq!(selected(&selection), [1, 2, 3, 7, 8]);
        selection.toggle(cursor(2));
        assert_eq!(selected(&selection), [1, 3, 7, 8]);
    }
}
