//! Tells a server that takes up a session and then does not hear what is said in it. Prosody 13 does so now and then when the
//! line broke while it was busy with the session: it goes on to send, and reads nothing. No clock, no IO.

/// So many times in a row, and the session is not resumed again.
const TIMES: u32 = 2;

#[derive(Debug, Default)]
pub struct Deafness {
    is_resumed: bool,
    has_answered: bool,
    times: u32,
}

impl Deafness {
    /// A stream is online.
    pub const fn begun(&mut self, is_resumed: bool) {
        (self.is_resumed, self.has_answered) = (is_resumed, false);
        if !is_resumed {
            self.times = 0;
        }
    }

    /// The server has said what it has of ours.
    pub const fn answered(&mut self) {
        (self.has_answered, self.times) = (true, 0);
    }

    /// The stream is gone, because what was asked had no answer or for another reason. True: resuming is of no use.
    pub const fn ended(&mut self, is_silent: bool) -> bool {
        if is_silent && self.is_resumed && !self.has_answered {
            self.times += 1;
        }
        self.times >= TIMES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_was_resumed_twice_and_never_answered_is_not_resumed_again() {
        let mut deafness = Deafness::default();
        deafness.begun(false);
        assert!(!deafness.ended(true));
        deafness.begun(true);
        assert!(!deafness.ended(true));
        deafness.begun(true);
        assert!(deafness.ended(true));
        deafness.begun(false);
        deafness.begun(true);
        assert!(!deafness.ended(true), "another session");
    }

    #[test]
    fn one_that_answers_or_breaks_is_not_deaf() {
        let mut deafness = Deafness::default();
        for _ in 0..3 {
            deafness.begun(true);
            assert!(!deafness.ended(false));
            deafness.begun(true);
            deafness.answered();
            assert!(!deafness.ended(true));
        }
        deafness.begun(true);
        assert!(!deafness.ended(true));
        deafness.begun(true);
        deafness.answered();
        assert!(!deafness.ended(true), "not in a row");
    }
}
