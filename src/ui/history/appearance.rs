//! What a message looks like because of what stands beside it: a pure function of the neighbours.

use glib::DateTime;

use crate::{
    engine::api::{Cursor, Timestamp},
    model::Message,
};

/// Within how much time messages of one sender belong together.
const GROUP_SPAN_MS: i64 = 5 * 60 * 1_000;

/// What matters of a message to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub cursor: Cursor,
    pub is_outgoing: bool,
    pub time: Timestamp,
    /// The day on which it was written, by the local calendar: (year, day of the year).
    pub day: (i32, i32),
}

impl From<&Message> for Facts {
    fn from(message: &Message) -> Self {
        let time = message.time();
        let day = local(time).map(|time| (time.year(), time.day_of_year())).unwrap_or_default();
        Self { cursor: message.cursor(), is_outgoing: message.is_outgoing(), time, day }
    }
}

/// How a message is shown beside its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Appearance {
    /// The first of its group.
    pub is_first: bool,
    /// The last of its group.
    pub is_last: bool,
    /// The first of its day.
    pub begins_day: bool,
    /// The first that was unread when the conversation was opened.
    pub begins_unread: bool,
}

impl Appearance {
    /// `unread` is the first message that was unread when the conversation was opened.
    #[must_use]
    pub fn of(previous: Option<Facts>, this: Facts, next: Option<Facts>, unread: Option<Cursor>) -> Self {
        let begins_unread = |before: Option<Facts>, this: Facts| {
            unread.is_some_and(|unread| this.cursor >= unread && before.is_none_or(|before| before.cursor < unread))
        };
        let joins = |before: Facts, this: Facts| {
            before.is_outgoing == this.is_outgoing
                && before.day == this.day
                && (this.time.0 - before.time.0).abs() < GROUP_SPAN_MS
                && !begins_unread(Some(before), this)
        };
        Self {
            is_first: !previous.is_some_and(|previous| joins(previous, this)),
            is_last: !next.is_some_and(|next| joins(this, next)),
            begins_day: previous.is_none_or(|previous| previous.day != this.day),
            begins_unread: begins_unread(previous, this),
        }
    }
}

/// The time where the person is.
#[must_use]
pub fn local(time: Timestamp) -> Option<DateTime> {
    DateTime::from_unix_local(time.0.div_euclid(1_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::MessageId;

    fn at(minute: i64, is_outgoing: bool) -> Facts {
        let day = i32::try_from(minute / 1_440).unwrap();
        Facts {
            cursor: Cursor { position: minute, id: MessageId(minute) },
            is_outgoing,
            time: Timestamp(minute * 60_000),
            day: (2026, day),
        }
    }

    #[test]
    fn messages_of_one_side_within_five_minutes_are_a_group() {
        let (a, b, c) = (at(10, true), at(12, true), at(16, true));
        let first = Appearance::of(None, a, Some(b), None);
        assert_eq!((first.is_first, first.is_last), (true, false));
        let middle = Appearance::of(Some(a), b, Some(c), None);
        assert_eq!((middle.is_first, middle.is_last), (false, false));
        let last = Appearance::of(Some(b), c, None, None);
        assert_eq!((last.is_first, last.is_last), (false, true));
    }

    #[test]
    fn the_other_side_five_minutes_or_midnight_end_a_group() {
        for (before, this) in
            [(at(10, true), at(11, false)), (at(10, true), at(15, true)), (at(1_439, true), at(1_440, true))]
        {
            assert!(Appearance::of(Some(before), this, None, None).is_first, "{this:?}");
            assert!(Appearance::of(None, before, Some(this), None).is_last, "{before:?}");
        }
    }

    #[test]
    fn a_day_begins_with_its_first_message_and_with_what_is_loaded_first() {
        assert!(Appearance::of(None, at(10, true), None, None).begins_day);
        assert!(Appearance::of(Some(at(1_439, true)), at(1_440, true), None, None).begins_day);
        assert!(!Appearance::of(Some(at(10, true)), at(800, false), None, None).begins_day);
    }

    #[test]
    fn the_unread_line_stands_once_and_parts_a_group() {
        let (a, b, c) = (at(10, false), at(11, false), at(12, false));
        let unread = Some(b.cursor);
        let before = Appearance::of(None, a, Some(b), unread);
        assert!(!before.begins_unread && before.is_last);
        let at_line = Appearance::of(Some(a), b, Some(c), unread);
        assert!(at_line.begins_unread && at_line.is_first);
        assert!(!Appearance::of(Some(b), c, None, unread).begins_unread);
    }

    #[test]
    fn the_unread_line_stands_even_when_its_message_was_deleted() {
        let (a, b, c) = (at(10, false), at(11, false), at(12, false));
        assert!(Appearance::of(Some(a), c, None, Some(b.cursor)).begins_unread);
    }
}
