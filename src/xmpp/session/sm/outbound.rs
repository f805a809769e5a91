//! The outbound half of stream management: what was sent and is not acknowledged, and what becomes of it.
//!
//! `S` is whatever the session calls a stanza. No IO, no clock.

use std::{collections::VecDeque, mem};

/// The peer acknowledged more than was sent: the stream must be closed with this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooHigh {
    pub h: u32,
    pub sent: u32,
}

/// Why a stream ended, as far as resuming is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The network, a time-out, the user: resuming is safe.
    Network,
    /// Something that the peer sent broke our reader, or it sent a stream error: it may do so again.
    Protocol,
}

/// The fate of what was in flight when a session could not be resumed.
#[derive(Debug, PartialEq, Eq)]
pub struct Lost<S> {
    /// The server had it (`<failed h=…/>` said so).
    pub delivered: Vec<S>,
    /// Known not to have arrived (`h` was given, or there was no stream): may be sent again.
    pub undelivered: Vec<S>,
    /// No `h`: may or may not have arrived. Messages go again under the same id, IQs fail.
    pub unknown: Vec<S>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Off,
    /// `<enable/>` is out: what we send counts, what we receive does not yet.
    Requested,
    On,
    /// The stream is gone.
    Detached,
}

/// While a request is out, ask again only after this many more stanzas.
const REQUEST_EVERY: u32 = 16;

/// Stanzas in the order in which they are sent.
#[derive(Debug)]
pub struct Outbound<S> {
    phase: Phase,
    /// Stanzas since enabling, modulo 2^32; the last `queue.len()` of them are not acknowledged.
    sent: u32,
    queue: VecDeque<S>,
    /// How many at the end of the queue have not been written on this stream.
    due: usize,
    /// How many at the end of the queue have not been written on any.
    waiting: usize,
    /// The id to resume by.
    resumption: Option<String>,
    /// So many requests are not answered: each has an answer of its own, in order (XEP-0198 §4).
    requests: u32,
    since_request: u32,
    /// The place among what was received where a protocol error last ended the stream: twice at the same means do not resume.
    broke_at: Option<u64>,
    may_resume: bool,
}

impl<S> Default for Outbound<S> {
    fn default() -> Self {
        Self {
            phase: Phase::Off,
            sent: 0,
            queue: VecDeque::new(),
            due: 0,
            waiting: 0,
            resumption: None,
            requests: 0,
            since_request: 0,
            broke_at: None,
            may_resume: true,
        }
    }
}

impl<S> Outbound<S> {
    pub fn is_on(&self) -> bool {
        self.phase == Phase::On
    }

    /// `<enable/>` is out and not answered.
    pub fn is_requested(&self) -> bool {
        self.phase == Phase::Requested
    }

    /// An answer to `<r/>` is to come.
    pub fn is_request_out(&self) -> bool {
        self.requests > 0
    }

    pub fn unacked(&self) -> usize {
        self.queue.len()
    }

    /// The `h` of an acknowledgement of all that was written.
    pub fn written(&self) -> u32 {
        self.sent.wrapping_sub(count(self.due))
    }

    /// `<enable/>` is about to be sent outside of Bind2. What is sent from now on counts.
    pub fn enable_sent(&mut self) {
        *self = Self { phase: Phase::Requested, ..Self::default() };
    }

    /// `<enabled/>` was received, by itself or inside `<bound/>`.
    pub fn enabled(&mut self, resumption: Option<String>) {
        if self.phase != Phase::Requested {
            *self = Self::default();
        }
        self.phase = Phase::On;
        self.resumption = resumption;
    }

    /// Puts a stanza in line. Gives it back where nothing is counted.
    pub fn push(&mut self, stanza: S) -> Result<(), S> {
        if self.phase == Phase::Off {
            return Err(stanza);
        }
        self.sent = self.sent.wrapping_add(1);
        self.queue.push_back(stanza);
        self.due += 1;
        self.waiting += 1;
        Ok(())
    }

    /// What is to be written now: all that is due, or with care one at a time, when the one before it is acknowledged.
    pub fn write(&mut self, is_careful: bool) -> impl Iterator<Item = &S> {
        let begin = self.queue.len() - self.due;
        let count = match self.phase {
            Phase::Requested | Phase::On if !is_careful => self.due,
            Phase::On if begin == 0 => self.due.min(1),
            Phase::Off | Phase::Requested | Phase::On | Phase::Detached => 0,
        };
        self.due -= count;
        self.waiting = self.waiting.min(self.due);
        self.queue.range(begin..begin + count)
    }

    /// What is to be written with care, when nothing else is out.
    pub fn next_alone(&self) -> Option<&S> {
        let is_next = self.phase == Phase::On && self.due == self.queue.len();
        self.queue.front().filter(|_| is_next)
    }

    /// What was written on this stream and is not acknowledged.
    pub fn out(&self) -> impl Iterator<Item = &S> {
        self.queue.range(..self.queue.len() - self.due)
    }

    /// Takes the first out of the line, which the server does not have.
    pub fn withdraw_first(&mut self) -> Option<S> {
        let first = self.queue.pop_front()?;
        self.sent = self.sent.wrapping_sub(1);
        self.due = self.due.min(self.queue.len());
        self.waiting = self.waiting.min(self.queue.len());
        Some(first)
    }

    /// `<a h=…/>`. Gives back what is now delivered.
    pub fn acked(&mut self, h: u32) -> Result<Vec<S>, TooHigh> {
        // A server may say it without being asked.
        self.requests = self.requests.saturating_sub(1);
        self.take_acked(h, self.due)
    }

    /// After `push`, `acked` or `resumed`: true when `<r/>` is to be sent.
    #[must_use]
    pub fn wants_request(&mut self) -> bool {
        if self.phase != Phase::On || self.out().next().is_none() {
            return false;
        }
        self.since_request += 1;
        if self.is_request_out() && self.since_request < REQUEST_EVERY {
            return false;
        }
        self.requests_sent(1);
        true
    }

    /// So many `<r/>` are sent for another reason.
    pub fn requests_sent(&mut self, count: u32) {
        self.requests = self.requests.saturating_add(count);
        self.since_request = 0;
    }

    /// The stream is gone; the state is kept for resuming. `place` counts what had been received until then.
    pub fn detach(&mut self, cause: Cause, place: u64) {
        self.requests = 0;
        if self.phase == Phase::Off {
            return;
        }
        if cause == Cause::Protocol {
            self.may_resume &= self.broke_at != Some(place);
            self.broke_at = Some(place);
        }
        self.phase = Phase::Detached;
    }

    /// The server has proved to keep other books than we do, so the session can't go on.
    pub fn forbid_resuming(&mut self) {
        self.may_resume = false;
    }

    /// `previd` for `<resume/>`; none where there is nothing to resume or resuming would loop.
    pub fn resumption(&self) -> Option<&str> {
        if self.phase != Phase::Detached || !self.may_resume {
            return None;
        }
        self.resumption.as_deref()
    }

    /// `<resumed h=…/>`. What remains is due again, in order, without counting it again.
    pub fn resumed(&mut self, h: u32) -> Result<Vec<S>, TooHigh> {
        let delivered = self.take_acked(h, self.waiting)?;
        self.phase = Phase::On;
        self.due = self.queue.len();
        (self.requests, self.since_request) = (0, 0);
        Ok(delivered)
    }

    /// The first of all that is not acknowledged.
    pub fn first(&self) -> Option<&S> {
        self.queue.front()
    }

    /// `<failed/>`, or no attempt to resume: the old session is over.
    pub fn failed(&mut self, h: Option<u32>) -> Lost<S> {
        // An h beyond what was sent says nothing that can be relied on.
        let delivered = h.and_then(|h| self.take_acked(h, self.waiting).ok());
        let known = if delivered.is_some() { 0 } else { self.queue.len().saturating_sub(self.waiting) };
        let undelivered = self.queue.split_off(known).into();
        let unknown = mem::take(&mut self.queue).into();
        *self = Self::default();
        Lost { delivered: delivered.unwrap_or_default(), undelivered, unknown }
    }

    /// The last `unwritten` can't have arrived, so an `h` that covers one of them is a lie or a mistake.
    fn take_acked(&mut self, h: u32, unwritten: usize) -> Result<Vec<S>, TooHigh> {
        // All arithmetic is modulo 2^32 (XEP-0198 §4).
        let too_high = TooHigh { h, sent: self.sent.wrapping_sub(count(unwritten)) };
        let acked = h.wrapping_sub(self.sent.wrapping_sub(count(self.queue.len())));
        if acked > count(self.queue.len() - unwritten) {
            return Err(too_high);
        }
        let delivered: Vec<S> = self.queue.drain(..acked as usize).collect();
        self.due = self.due.min(self.queue.len());
        self.waiting = self.waiting.min(self.queue.len());
        Ok(delivered)
    }
}

/// A queue of more than 2^32 can't be.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> Outbound<u32> {
        let mut sm = Outbound::default();
        sm.enabled(Some("id".into()));
        sm
    }

    /// Sends a stanza; true when a request goes with it.
    fn send(sm: &mut Outbound<u32>, stanza: u32) -> bool {
        let is_counted = sm.push(stanza).is_ok();
        written(sm);
        is_counted && sm.wants_request()
    }

    fn written(sm: &mut Outbound<u32>) -> Vec<u32> {
        sm.write(false).copied().collect()
    }

    #[test]
    fn what_is_sent_counts_from_enable_on() {
        let mut sm = Outbound::default();
        assert_eq!(sm.push(0), Err(0));
        sm.enable_sent();
        assert!(!send(&mut sm, 1), "counts, though <enabled/> has not come");
        sm.enabled(Some("id".into()));
        assert!(send(&mut sm, 2));
        assert_eq!(sm.acked(2).unwrap(), [1, 2]);
        sm.enable_sent();
        assert!(!send(&mut sm, 3));
        sm.push(4).unwrap();
        assert_eq!(sm.written(), 1);
    }

    #[test]
    fn one_request_is_in_flight() {
        let mut sm = on();
        assert!(send(&mut sm, 1));
        assert_eq!((2..17).filter(|&i| send(&mut sm, i)).count(), 0);
        assert!(send(&mut sm, 17)); // the sixteenth since
        assert_eq!(sm.acked(1).unwrap(), [1]);
        assert!(!sm.wants_request(), "the answer to the second tells of the rest");
        sm.acked(17).unwrap();
        assert!(!sm.wants_request());
        assert!(send(&mut sm, 18));
    }

    #[test]
    fn an_answer_is_to_come_until_each_request_has_one() {
        let mut sm = on();
        sm.acked(0).unwrap();
        sm.requests_sent(2);
        for is_out in [true, false, false] {
            sm.acked(0).unwrap();
            assert_eq!(sm.is_request_out(), is_out);
        }
        sm.requests_sent(2);
        sm.detach(Cause::Network, 0);
        assert!(!sm.is_request_out(), "the line is gone");
    }

    #[test]
    fn resuming_gives_back_what_arrived_and_keeps_the_order() {
        let mut sm = on();
        for i in 1..=5 {
            send(&mut sm, i);
        }
        assert_eq!(sm.resumption(), None);
        sm.detach(Cause::Network, 0);
        assert_eq!(sm.resumption(), Some("id"));
        sm.push(6).unwrap(); // Typed while offline: it waits and keeps its place.
        assert_eq!(sm.resumed(3).unwrap(), [1, 2, 3]);
        assert_eq!(written(&mut sm), [4, 5, 6]);
        assert_eq!(sm.acked(6).unwrap(), [4, 5, 6]);
    }

    #[test]
    fn a_refused_resume_tells_what_is_known() {
        let mut sm = on();
        for i in 1..=3 {
            send(&mut sm, i);
        }
        sm.detach(Cause::Network, 0);
        assert_eq!(sm.failed(Some(2)), Lost { delivered: vec![1, 2], undelivered: vec![3], unknown: vec![] });
        assert_eq!((sm.resumption(), sm.is_on()), (None, false));
        for h in [None, Some(77)] {
            let mut sm = on();
            send(&mut sm, 1);
            sm.detach(Cause::Network, 0);
            sm.push(2).unwrap(); // never sent: no doubt about this one
            assert_eq!(sm.failed(h), Lost { delivered: vec![], undelivered: vec![2], unknown: vec![1] });
        }
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_sent_is_an_error() {
        let mut sm = on();
        send(&mut sm, 1);
        assert_eq!(sm.acked(2), Err(TooHigh { h: 2, sent: 1 }));
        assert_eq!(sm.acked(1).unwrap(), [1]);
        assert_eq!(sm.acked(1).unwrap(), [0u32; 0]);
        assert_eq!(sm.acked(0), Err(TooHigh { h: 0, sent: 1 })); // going back is an error too
    }

    #[test]
    fn what_was_not_written_yet_can_not_have_arrived() {
        let mut sm = on();
        send(&mut sm, 1);
        sm.push(2).unwrap();
        assert_eq!(sm.acked(2), Err(TooHigh { h: 2, sent: 1 }));
        sm.detach(Cause::Network, 0);
        sm.push(3).unwrap();
        assert_eq!(sm.resumed(2), Err(TooHigh { h: 2, sent: 1 }));
        assert_eq!(sm.failed(Some(3)), Lost { delivered: vec![], undelivered: vec![2, 3], unknown: vec![1] });
    }

    #[test]
    fn with_care_one_is_out_at_a_time() {
        let mut sm = on();
        for i in 1..=3 {
            sm.push(i).unwrap();
        }
        let write = |sm: &mut Outbound<u32>| sm.write(true).copied().collect::<Vec<_>>();
        assert_eq!(sm.next_alone(), Some(&1));
        assert!(!sm.wants_request(), "nothing is out");
        assert_eq!((write(&mut sm), write(&mut sm)), (vec![1], vec![]));
        assert_eq!(sm.next_alone(), None);
        assert_eq!(sm.out().copied().collect::<Vec<_>>(), [1]);
        assert_eq!(sm.acked(2), Err(TooHigh { h: 2, sent: 1 }));
        assert_eq!(sm.acked(1).unwrap(), [1]);
        assert_eq!(write(&mut sm), [2]);
        sm.detach(Cause::Network, 0);
        sm.resumed(1).unwrap();
        assert_eq!(sm.withdraw_first(), Some(2));
        assert_eq!(write(&mut sm), [3]);
        assert_eq!(sm.acked(2).unwrap(), [3], "the server never counted the one that was withdrawn");
        sm.push(4).unwrap();
        assert_eq!(written(&mut sm), [4], "and without care");
        let mut sm = Outbound::default();
        sm.enable_sent();
        sm.push(1).unwrap();
        assert!(write(&mut sm).is_empty(), "nobody would acknowledge it yet");
    }

    #[test]
    fn counters_wrap() {
        let mut sm = on();
        sm.sent = u32::MAX - 1;
        for i in 0..4 {
            send(&mut sm, i);
        }
        assert_eq!(sm.acked(0).unwrap(), [0, 1]);
        assert_eq!(sm.acked(2).unwrap(), [2, 3]);
    }

    #[test]
    fn a_stanza_that_breaks_the_stream_twice_is_not_asked_for_a_third_time() {
        let mut sm = on();
        sm.detach(Cause::Protocol, 1);
        assert!(sm.resumption().is_some());
        sm.resumed(0).unwrap();
        sm.detach(Cause::Network, 1);
        sm.resumed(0).unwrap();
        sm.detach(Cause::Protocol, 1);
        assert_eq!(sm.resumption(), None);
        let mut sm = on();
        sm.detach(Cause::Protocol, 0);
        sm.resumed(0).unwrap();
        sm.detach(Cause::Protocol, 1);
        assert!(sm.resumption().is_some(), "elsewhere: another stanza, so try again");
    }
}
