//! Whether a line carries anything: asked before a suspect goes out on it, so that what the line does is not put down to the
//! stanza.
//!
//! A line may break at the same place each time, as one does where only so many bytes come through, and then it looks as if
//! the server did not survive what stands there. So requests for an acknowledgement go first, as many as are as long as is asked
//! for, and the suspect follows when all are answered.

/// How long a request is.
const REQUEST: usize = "<r xmlns='urn:xmpp:sm:3'/>".len();
/// A server may find more to be too many.
const MOST: u32 = 400;

/// What is tried for a stanza of this name `N`, on one stream.
#[derive(Debug)]
pub struct Trial<N> {
    name: N,
    unanswered: u32,
}

impl<N: PartialEq> Trial<N> {
    /// For a line that is to carry so many bytes.
    pub fn new(name: N, length: usize) -> Self {
        Self { name, unanswered: u32::try_from(length.div_ceil(REQUEST)).unwrap_or(MOST).min(MOST) }
    }

    pub fn is_for(&self, name: &N) -> bool {
        self.name == *name
    }

    /// So many requests have not been answered.
    pub fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// A request was answered.
    pub fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// All of it came through.
    pub fn has_held(&self) -> bool {
        self.unanswered == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_when_all_requests_are_answered() {
        for (length, requests) in [(1, 1), (REQUEST, 1), (2 * REQUEST + 5, 3), (1 << 20, MOST)] {
            let mut trial = Trial::new(1, length);
            for left in (0..requests).rev() {
                assert!(!trial.has_held());
                trial.answered();
                assert_eq!(trial.unanswered(), left);
            }
            assert!(trial.has_held());
            trial.answered();
            assert!(trial.has_held(), "what else is acknowledged changes nothing");
        }
    }
}
