//! Whether a line carries anything: asked before a suspect goes out on it, so that what the line does is not put down to the
//! stanza.
//!
//! A line may break at the same place each time, as one does where only so many bytes come through, and then it looks as if
//! the server did not survive what stands there. So white space, which a server passes over (RFC 6120 §4.6.1), goes first, and
//! the suspect follows when that has been answered for.

/// White space comes in pieces of so many bytes at the most, with a request behind each: servers limit what they read until an
/// element is complete.
const PIECE: usize = 4_096;

/// What is tried for a stanza of this name `N`, on one stream.
#[derive(Debug)]
pub struct Trial<N> {
    name: N,
    length: usize,
    /// How many requests have not been answered.
    unanswered: usize,
}

impl<N: PartialEq> Trial<N> {
    pub fn new(name: N, length: usize) -> Self {
        Self { name, length, unanswered: length.div_ceil(PIECE) }
    }

    /// How long each piece is that goes out, with a request behind it.
    pub fn pieces(&self) -> impl Iterator<Item = usize> {
        let length = self.length;
        (0..length.div_ceil(PIECE)).map(move |n| PIECE.min(length - n * PIECE))
    }

    pub fn is_for(&self, name: &N) -> bool {
        self.name == *name
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
    fn a_line_holds_when_all_pieces_are_answered_for() {
        for (length, pieces) in [(1, vec![1]), (PIECE, vec![PIECE]), (2 * PIECE + 5, vec![PIECE, PIECE, 5])] {
            let mut trial = Trial::new(1, length);
            assert_eq!(trial.pieces().collect::<Vec<_>>(), pieces);
            for _ in pieces {
                assert!(!trial.has_held());
                trial.answered();
            }
            assert!(trial.has_held());
            trial.answered();
            assert!(trial.has_held(), "what else is acknowledged changes nothing");
        }
    }
}
