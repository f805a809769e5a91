//! Finds the stanza on which a server ends the stream each time that it is sent, so that it does not for ever.
//!
//! A stream that ends is nearly always the network's doing, and no message may fail because of that. So three things are asked
//! for before a stanza is blamed:
//!
//! - It was the only one that was out. A server answers in order, but what it had not yet acknowledged when it ended the stream
//!   it may have dealt with. So after the first suspicion stanzas are sent one at a time, each when the one before it is
//!   acknowledged, for as long as those that were out then are not accounted for.
//! - The server ended the stream itself and said that it did not like what it got: twice. That came through TLS, so it is no
//!   accident of the line.
//! - Or, where it said nothing (a server that crashes closes the line, and so does a network that breaks): five streams in a row
//!   that all signed in and then broke within seconds of its sending, in the last three of which nothing else was out, and the
//!   line had just carried more than its length, twice and three times of that before the second and the third. So no line that
//!   breaks at a certain place, whatever is sent, can break on it each time. A line that only goes silent never counts, and
//!   when the network changes, all that was counted is forgotten.
//!
//! `N` names a stanza. No IO, no clock of its own.

use std::{collections::HashSet, hash::Hash, time::Duration};

use tokio::time::Instant;

/// What the end of a stream says of the stanzas that were out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The server said that it did not like what it got.
    Word,
    /// The line was closed, or the server says that something went wrong.
    Close,
    /// It has nothing to do with what was sent.
    None,
}

impl Evidence {
    /// What is enough: two words, or three closed lines.
    const ENOUGH: u32 = 6;

    const fn weight(self) -> u32 {
        match self {
            Self::Word => 3,
            Self::Close => 2,
            Self::None => 0,
        }
    }
}

/// What is known of the line on which a suspect went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Untried,
    /// It had just carried what was asked for by [`Culprit::trial`].
    Held,
    /// It ended before that had come through.
    Broke,
}

/// A line that breaks later than this after the last sending was not broken by that.
const SOON: Duration = Duration::from_secs(5);
/// How many streams in a row have to break in this way before care is taken: one that breaks is nothing special.
const FUTILE: u32 = 2;
/// How long care is taken at the most: what was suspected may never be sent again.
const CARE: Duration = Duration::from_mins(5);
/// More than what goes over the line with a stanza: framing, encryption, the request for an acknowledgement.
const MARGIN: usize = 256;

#[derive(Debug)]
pub struct Culprit<N> {
    /// What was out when a stream ended, and is not accounted for.
    suspects: HashSet<N>,
    /// So many streams in a row have ended with one of these out.
    futile: u32,
    careful_until: Option<Instant>,
    /// Against the one that was the only one out.
    evidence: Option<(N, u32)>,
    condemned: Option<N>,
}

impl<N> Default for Culprit<N> {
    fn default() -> Self {
        Self { suspects: HashSet::new(), futile: 0, careful_until: None, evidence: None, condemned: None }
    }
}

impl<N: Copy + Eq + Hash> Culprit<N> {
    /// One at a time.
    pub fn is_careful(&self, now: Instant) -> bool {
        !self.suspects.is_empty() && self.careful_until.is_some_and(|until| now < until)
    }

    /// How many bytes the line has to carry before a stanza of this length goes out; none where it is no suspect. Another number
    /// after each time that counts against it, by more than its length.
    pub fn trial(&self, name: N, length: usize) -> Option<usize> {
        let closed = self.weight(name) / Evidence::Close.weight();
        self.suspects.contains(&name).then(|| (closed as usize + 1) * (length + MARGIN))
    }

    /// What there is against this one.
    fn weight(&self, name: N) -> u32 {
        self.evidence.filter(|(against, _)| *against == name).map_or(0, |(_, weight)| weight)
    }

    /// A stream has ended while these were out, the last of which was sent so long ago. True: it is known whose fault that is.
    pub fn ended(&mut self, evidence: Evidence, line: Line, out: &[N], since: Duration, now: Instant) -> bool {
        if line == Line::Broke {
            // So it does without any of them.
            self.evidence = None;
        }
        let is_evidence = evidence == Evidence::Word || evidence == Evidence::Close && since < SOON;
        if out.is_empty() || !is_evidence {
            return false;
        }
        let was_careful = self.is_careful(now);
        self.futile = if out.iter().any(|name| self.suspects.contains(name)) { self.futile + 1 } else { 1 };
        self.suspects.extend(out);
        if evidence == Evidence::Word || self.futile >= FUTILE {
            self.careful_until = Some(now + CARE);
        }
        if let &[only] = out
            && (evidence == Evidence::Word || was_careful && line == Line::Held)
        {
            let weight = self.weight(only) + evidence.weight();
            self.evidence = Some((only, weight));
            if weight >= Evidence::ENOUGH {
                self.condemned = Some(only);
            }
        }
        self.condemned.is_some()
    }

    /// The server has this one.
    pub fn acquit(&mut self, name: N) {
        self.suspects.remove(&name);
        self.evidence = self.evidence.filter(|(against, _)| *against != name);
        self.condemned = self.condemned.filter(|condemned| *condemned != name);
    }

    /// This one is not to be sent again. True once: whoever sends it anew has another chance.
    pub fn convict(&mut self, name: N) -> bool {
        let is_condemned = self.condemned == Some(name);
        if is_condemned {
            self.acquit(name);
        }
        is_condemned
    }

    /// What happened was perhaps the fault of a network that is no more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(300);

    /// How often a stream ends like this before the first of `out` is condemned; none within ten.
    fn streams(mut end: impl FnMut(&mut Culprit<u8>, bool) -> bool) -> Option<usize> {
        let mut culprit = Culprit::default();
        (1..=10).find(|_| {
            let is_careful = culprit.is_careful(Instant::now());
            end(&mut culprit, is_careful)
        })
    }

    #[test]
    fn a_stanza_is_blamed_for_what_it_alone_can_have_done() {
        let end = |culprit: &mut Culprit<u8>, evidence, out: &[u8], since| {
            culprit.ended(evidence, Line::Held, out, since, Instant::now())
        };
        // Alone from the start.
        assert_eq!(streams(|c, _| end(c, Evidence::Word, &[1], NOW)), Some(2));
        // Others were out with it, until care was taken.
        assert_eq!(streams(|c, careful| end(c, Evidence::Word, if careful { &[1] } else { &[0, 1, 2] }, NOW)), Some(3));
        assert_eq!(
            streams(|c, careful| end(c, Evidence::Close, if careful { &[1] } else { &[0, 1, 2] }, NOW)),
            Some(5)
        );
        assert_eq!(streams(|c, _| end(c, Evidence::Close, &[1], NOW)), Some(5));
        // Never alone, never soon, nothing out, nothing to do with it.
        assert_eq!(streams(|c, _| end(c, Evidence::Word, &[1, 2], NOW)), None);
        assert_eq!(streams(|c, _| end(c, Evidence::Close, &[1], SOON)), None);
        assert_eq!(streams(|c, _| end(c, Evidence::Word, &[], NOW)), None);
        assert_eq!(streams(|c, _| end(c, Evidence::None, &[1], NOW)), None);
    }

    #[test]
    fn a_closed_line_counts_only_where_it_has_carried_something() {
        let end = |culprit: &mut Culprit<u8>, evidence, line| culprit.ended(evidence, line, &[1], NOW, Instant::now());
        assert_eq!(streams(|c, _| end(c, Evidence::Close, Line::Untried)), None);
        assert_eq!(streams(|c, _| end(c, Evidence::Word, Line::Untried)), Some(2), "that came from the server itself");
        let mut n = 0;
        let broken_between = |c: &mut Culprit<u8>, _: bool| {
            n += 1;
            if n % 3 == 0 {
                return c.ended(Evidence::Close, Line::Broke, &[], NOW, Instant::now());
            }
            end(c, Evidence::Close, Line::Held)
        };
        assert_eq!(streams(broken_between), None);
    }

    #[test]
    fn no_place_in_a_line_can_be_behind_each_trial_and_before_the_end_of_the_stanza() {
        let (mut culprit, now) = (Culprit::default(), Instant::now());
        assert_eq!(culprit.trial(1, 100), None);
        let mut ends = Vec::new();
        for _ in 0..2 {
            culprit.ended(Evidence::Close, Line::Untried, &[1], NOW, now);
        }
        for _ in 0..3 {
            let length = culprit.trial(1, 100).unwrap();
            assert!(ends.iter().all(|end| length > *end), "{length} {ends:?}");
            ends.push(length + 100);
            culprit.ended(Evidence::Close, Line::Held, &[1], NOW, now);
        }
        assert!(culprit.convict(1));
        assert_eq!(culprit.trial(1, 100), None, "another try of the person's begins anew");
    }

    #[test]
    fn another_stanza_each_time_is_a_bad_network() {
        let mut n = 0;
        let another = |culprit: &mut Culprit<u8>, _| {
            n += 1;
            culprit.ended(Evidence::Close, Line::Held, &[n], NOW, Instant::now())
        };
        assert_eq!(streams(another), None);
        let got_through = |culprit: &mut Culprit<u8>, _| {
            culprit.acquit(1);
            culprit.ended(Evidence::Close, Line::Held, &[1], NOW, Instant::now())
        };
        assert_eq!(streams(got_through), None, "the next one under this name");
        let changing = |culprit: &mut Culprit<u8>, _| {
            culprit.forget();
            culprit.ended(Evidence::Word, Line::Held, &[1], NOW, Instant::now())
        };
        assert_eq!(streams(changing), None);
    }

    #[test]
    fn care_is_taken_until_all_that_was_out_is_accounted_for_or_long_gone() {
        let (mut culprit, now) = (Culprit::default(), Instant::now());
        culprit.ended(Evidence::Close, Line::Held, &[1, 2], NOW, now);
        assert!(!culprit.is_careful(now), "a line that breaks is nothing special");
        culprit.ended(Evidence::Close, Line::Held, &[2, 3], NOW, now);
        assert!(culprit.is_careful(now));
        for name in [1, 2] {
            culprit.acquit(name);
            assert!(culprit.is_careful(now));
        }
        assert!(!culprit.is_careful(now + CARE));
        culprit.acquit(3);
        assert!(!culprit.is_careful(now));
    }

    #[test]
    fn whoever_is_sent_anew_has_another_chance() {
        let (mut culprit, now) = (Culprit::default(), Instant::now());
        assert!(!culprit.ended(Evidence::Word, Line::Held, &[1], NOW, now));
        assert!(culprit.ended(Evidence::Word, Line::Held, &[1], NOW, now));
        assert!(!culprit.convict(2) && culprit.convict(1) && !culprit.convict(1));
        assert!(!culprit.ended(Evidence::Word, Line::Held, &[1], NOW, now));
    }
}
