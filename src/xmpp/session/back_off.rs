//! How long to wait before the next try. No clock, no IO.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(1);
/// A session that held for so long was a good one.
const GOOD: Duration = Duration::from_secs(10);
/// So many sessions in a row may be lost early before we stop trying again at once.
const EARLY_LOSSES: u32 = 3;

/// Grows with each failure, and begins anew with success.
#[derive(Debug, Default)]
pub struct BackOff {
    failures: u32,
    early_losses: u32,
}

impl BackOff {
    /// The wait after one more failure: between half and the whole of a time that doubles, so that all the clients of a
    /// server that was restarted do not come at once.
    pub fn failed(&mut self) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.failures.min(8)).min(LONGEST);
        self.failures += 1;
        longest.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// A session has begun. Where sessions are lost as soon as they begin, that is no success yet.
    pub fn succeeded(&mut self) {
        if self.early_losses <= EARLY_LOSSES {
            self.failures = 0;
        }
    }

    /// Circumstances have changed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// A session that had been online is gone. True: try again at once; false where that has happened too often.
    pub fn lost_after(&mut self, online: Duration) -> bool {
        if online >= GOOD {
            self.reset();
        }
        self.early_losses += 1;
        self.early_losses <= EARLY_LOSSES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_from_a_second_to_a_minute_and_begins_anew() {
        let mut back_off = BackOff::default();
        let waits: Vec<Duration> = (0..100).map(|_| back_off.failed()).collect();
        assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&waits[0]), "{waits:?}");
        assert!(waits[10..].iter().all(|w| (30..=60).contains(&w.as_secs())), "{waits:?}");
        assert!(waits[10..].windows(2).any(|w| w[0] != w[1]), "jitter");
        back_off.succeeded();
        assert!(back_off.failed() <= Duration::from_secs(2));
    }

    #[test]
    fn a_lost_session_is_taken_up_at_once_unless_that_keeps_happening() {
        let mut back_off = BackOff::default();
        let early = Duration::from_secs(1);
        assert_eq!([early; 5].map(|online| back_off.lost_after(online)), [true, true, true, false, false]);
        assert!(back_off.lost_after(GOOD));
    }

    #[test]
    fn sessions_that_are_lost_as_soon_as_they_begin_come_more_and_more_seldom() {
        let mut back_off = BackOff::default();
        let mut waits = Vec::new();
        for _ in 0..20 {
            back_off.succeeded();
            if !back_off.lost_after(Duration::from_secs(1)) {
                waits.push(back_off.failed().as_secs());
            }
        }
        assert_eq!(waits.len(), 17);
        assert!(waits[0] <= 2 && waits[10..].iter().all(|wait| *wait >= 30), "{waits:?}");
        back_off.succeeded();
        assert!(back_off.lost_after(GOOD), "one that held");
        assert!(back_off.failed().as_secs() <= 2);
    }
}
