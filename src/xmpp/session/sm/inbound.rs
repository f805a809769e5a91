//! The inbound half of stream management: what was handed over, and what of it may be acknowledged.
//!
//! A stanza is acknowledged only once the engine has dealt with it for good, so that what we acknowledged is on disk. The
//! engine reports in the order in which it was given things, over all streams and sessions.

/// Counts since the account began; XEP-0198's `h` is derived from them.
#[derive(Debug, Default)]
pub struct Inbound {
    /// Given to the engine.
    delivered: u64,
    /// Reported as dealt with.
    handled: u64,
    /// `delivered` when the server began to count.
    base: u64,
    is_on: bool,
    /// After a resume: the server repeats so many that the engine has been given already.
    repeated: u64,
    /// `h` as the server last heard it, counted like the others.
    acked: u64,
}

/// Acknowledge without being asked when so many more have been handled. Prosody refuses to resume a session with some
/// hundreds outstanding.
const ACK_EVERY: u64 = 64;

impl Inbound {
    /// The server counts from here on.
    pub fn enabled(&mut self) {
        *self = Self { base: self.delivered, acked: self.delivered, is_on: true, repeated: 0, ..*self };
    }

    /// The session is over; nothing is counted.
    pub fn ended(&mut self) {
        (self.is_on, self.repeated) = (false, 0);
    }

    /// The place in all that was received, for telling whether two errors hit the same stanza.
    pub fn place(&self) -> u64 {
        self.delivered
    }

    /// A stanza has come. False: the engine has it from the stream before, and it is not to be delivered again.
    #[must_use]
    pub fn received(&mut self) -> bool {
        if self.repeated > 0 {
            self.repeated -= 1;
            return false;
        }
        self.delivered += 1;
        true
    }

    /// The engine has dealt with so many more.
    pub fn handled(&mut self, count: u32) {
        self.handled = self.delivered.min(self.handled + u64::from(count));
    }

    /// Everything that has come has been dealt with.
    pub fn is_caught_up(&self) -> bool {
        self.handled == self.delivered
    }

    /// It is time to tell the server, though it has not asked.
    pub fn is_ack_due(&self) -> bool {
        self.is_on && self.counted() >= self.acked + ACK_EVERY
    }

    /// The `h` of an `<a/>` that is about to be sent.
    pub fn ack(&mut self) -> u32 {
        self.acked = self.counted();
        self.h(self.acked)
    }

    /// The `h` of a `<resume/>`, and what it stands for: to be given to `resumed`.
    pub fn resume(&self) -> (u32, ResumePoint) {
        let point = self.counted();
        (self.h(point), ResumePoint(point))
    }

    /// The server goes on after this point.
    pub fn resumed(&mut self, ResumePoint(point): ResumePoint) {
        self.repeated = self.delivered.saturating_sub(point);
        self.acked = point;
    }

    fn counted(&self) -> u64 {
        self.handled.max(self.base)
    }

    /// XEP-0198 §4: counters wrap at 2^32.
    #[allow(clippy::cast_possible_truncation)]
    fn h(&self, counted: u64) -> u32 {
        (counted - self.base) as u32
    }
}

/// Where a resumed session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumePoint(u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(inbound: &mut Inbound, count: usize) -> usize {
        (0..count).filter(|_| inbound.received()).count()
    }

    #[test]
    fn only_what_was_handled_since_enabling_is_acknowledged() {
        let mut inbound = Inbound::default();
        receive(&mut inbound, 3);
        inbound.handled(1);
        inbound.enabled();
        receive(&mut inbound, 5);
        assert_eq!(inbound.ack(), 0);
        inbound.handled(2);
        assert_eq!(inbound.ack(), 0, "these came before the server counted");
        inbound.handled(4);
        assert_eq!(inbound.ack(), 4);
        assert!(!inbound.is_caught_up());
        inbound.handled(1);
        assert_eq!((inbound.ack(), inbound.is_caught_up()), (5, true));
        inbound.handled(99);
        assert_eq!(inbound.ack(), 5, "nobody can handle what has not come");
    }

    #[test]
    fn what_a_resumed_server_repeats_is_not_delivered_again() {
        let mut inbound = Inbound::default();
        inbound.enabled();
        receive(&mut inbound, 10);
        inbound.handled(4);
        let (h, point) = inbound.resume();
        assert_eq!(h, 4);
        inbound.handled(3); // while the stream is being made
        inbound.resumed(point);
        assert_eq!(receive(&mut inbound, 6), 0);
        assert_eq!(receive(&mut inbound, 2), 2);
        inbound.handled(5);
        assert_eq!(inbound.ack(), 12);
    }

    #[test]
    fn a_stream_that_breaks_while_the_server_repeats_is_resumed_rightly() {
        let mut inbound = Inbound::default();
        inbound.enabled();
        receive(&mut inbound, 10);
        for _ in 0..3 {
            let (h, point) = inbound.resume();
            assert_eq!(h, 0);
            inbound.resumed(point);
            assert_eq!(receive(&mut inbound, 5), 0);
        }
    }

    #[test]
    fn a_fresh_session_counts_from_zero_though_the_engine_lags() {
        let mut inbound = Inbound::default();
        inbound.enabled();
        receive(&mut inbound, 10);
        inbound.handled(4);
        inbound.ended();
        inbound.enabled();
        receive(&mut inbound, 1);
        inbound.handled(6);
        assert_eq!(inbound.ack(), 0);
        inbound.handled(1);
        assert_eq!(inbound.ack(), 1);
    }

    #[test]
    fn a_long_silence_of_the_server_does_not_leave_hundreds_unacknowledged() {
        let mut inbound = Inbound::default();
        inbound.enabled();
        receive(&mut inbound, 200);
        inbound.handled(63);
        assert!(!inbound.is_ack_due());
        inbound.handled(1);
        assert!(inbound.is_ack_due());
        inbound.ack();
        assert!(!inbound.is_ack_due());
    }
}
