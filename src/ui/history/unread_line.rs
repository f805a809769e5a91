//! Where the line above what was unread stands: put there when the person comes, in place while they read, gone when they
//! leave.

use crate::engine::api::Cursor;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnreadLine {
    from: Option<Cursor>,
    /// What it was put there for has been read.
    is_read: bool,
}

impl UnreadLine {
    /// The person comes; this is the first message that they have not read, if any.
    #[must_use]
    pub fn at(first: Option<Cursor>) -> Self {
        Self { from: first, is_read: false }
    }

    /// The first message below the line.
    #[must_use]
    pub fn from(self) -> Option<Cursor> {
        self.from
    }

    /// The line stays, for who looks away for a moment; what comes then is below a new one.
    pub fn all_read(&mut self) {
        self.is_read = true;
    }

    /// Messages came while nobody looked, the first unread one being this. Whether the line stands somewhere else now.
    pub fn news(&mut self, first: Cursor) -> bool {
        let moves = (self.from.is_none() || self.is_read) && self.from != Some(first);
        if moves {
            *self = Self::at(Some(first));
        }
        moves
    }

    /// Whether there was one.
    pub fn clear(&mut self) -> bool {
        std::mem::take(self).from.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::MessageId;

    fn cursor(n: i64) -> Cursor {
        Cursor { position: n, id: MessageId(n) }
    }

    #[test]
    fn it_stays_while_one_reads_and_while_more_comes() {
        let mut line = UnreadLine::at(Some(cursor(5)));
        assert!(!line.news(cursor(5)));
        assert!(!line.news(cursor(7)), "what came before was not read yet");
        line.all_read();
        assert_eq!(line.from(), Some(cursor(5)));
    }

    #[test]
    fn it_moves_to_what_comes_after_all_was_read() {
        let mut line = UnreadLine::at(Some(cursor(5)));
        line.all_read();
        assert!(line.news(cursor(9)));
        assert_eq!(line.from(), Some(cursor(9)));
        assert!(!line.news(cursor(10)));
    }

    #[test]
    fn it_goes_once() {
        let mut line = UnreadLine::default();
        assert!(line.news(cursor(1)));
        assert!(line.clear());
        assert!(!line.clear());
    }
}
