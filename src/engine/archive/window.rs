//! Which stretch of time a page is asked of.
//!
//! Servers count all that a query covers before they answer with a page of it, so that the bare loop through an archive costs
//! the square of its length. Asked of a stretch that holds a few pages, the same pages come at a fraction of that. Pure.

use crate::{ids::Timestamp, xmpp::archive::Archived};

/// An archive keeps its own order, and its clock may have been set back: for so long, what belongs to a stretch may bear a time
/// from before it.
pub const SLACK_MS: i64 = 60_000;
/// Shorter stretches would be fetched twice for the most part.
const SHORTEST_MS: i64 = 10 * SLACK_MS;
/// Nobody chatted by XMPP before 1999: to open such a stretch is to ask for all.
const EARLIEST: Timestamp = Timestamp(915_148_800_000);
/// How many pages a stretch should hold.
const FEW: u32 = 4;
const MANY: u32 = 16;

/// The stretch under way. By default there is none, and all that is older is asked for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Window {
    since: Option<Timestamp>,
    width_ms: i64,
    pages: u32,
    /// The next page is asked from here on, and not from the oldest message that is known.
    before: Option<String>,
}

impl Window {
    /// From when on the next page is asked for.
    pub const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    pub fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// A page of the stretch has come, `asked` from this message on. Whether the archive has nothing older at all.
    pub fn turn(&mut self, items: &[Archived], is_complete: bool, asked: Option<&str>) -> bool {
        self.before = None;
        let Some(since) = self.since else {
            if let (false, Some((first, last))) = (is_complete, items.first().zip(items.last())) {
                let span = last.stamp.0.saturating_sub(first.stamp.0);
                self.width_ms = span.saturating_mul(i64::from(FEW) * 2);
                self.open(first.stamp);
            }
            return is_complete;
        };
        self.pages += 1;
        if !is_complete {
            return false;
        }
        let reached = items.iter().find(|item| item.stamp.0 >= since.0.saturating_add(SLACK_MS));
        self.before = reached.map(|item| item.id.clone()).or_else(|| asked.map(str::to_owned));
        match self.pages {
            // A long silence: what lies beyond it is asked for without a bound, once.
            1 if items.is_empty() => self.since = None,
            pages => {
                if pages <= FEW {
                    self.width_ms = self.width_ms.saturating_mul(3);
                } else if pages > MANY {
                    self.width_ms /= 2;
                }
                self.open(since);
            }
        }
        false
    }

    /// Begins the stretch that ends here.
    fn open(&mut self, end: Timestamp) {
        self.pages = 0;
        self.width_ms = self.width_ms.max(SHORTEST_MS);
        let since = Timestamp(end.0.saturating_sub(self.width_ms));
        self.since = (since > EARLIEST).then_some(since);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::xmpp::incoming::IncomingMessage;

    fn item(n: usize, stamp: i64) -> Archived {
        Archived {
            query: None,
            id: n.to_string(),
            stamp: Timestamp(stamp),
            message: Box::new(IncomingMessage::default()),
        }
    }

    /// Fetches all of an archive in pages of ten; how many different messages, how many queries, and how many messages were
    /// covered by them.
    fn fetch(archive: &[Archived]) -> (usize, usize, usize) {
        let (mut window, mut seen, mut before) = (Window::default(), HashSet::new(), None::<String>);
        let (mut queries, mut covered) = (0, 0);
        loop {
            let asked = window.before().map(str::to_owned).or_else(|| before.clone());
            let end = asked.as_ref().map_or(archive.len(), |id| archive.iter().position(|i| i.id == *id).unwrap());
            let is_in = |item: &&Archived| window.since().is_none_or(|since| item.stamp >= since);
            let left: Vec<_> = archive[..end].iter().filter(is_in).cloned().collect();
            let page = &left[left.len().saturating_sub(10)..];
            (queries, covered) = (queries + 1, covered + left.len());
            assert!(queries < 2 * archive.len() + 10, "goes on for ever");
            seen.extend(page.iter().map(|item| item.id.clone()));
            if let Some(first) = page.first() {
                before = Some(first.id.clone());
            }
            if window.turn(page, page.len() == left.len(), asked.as_deref()) {
                return (seen.len(), queries, covered);
            }
        }
    }

    const START: i64 = 1_700_000_000_000;
    const MINUTE: i64 = 60_000;

    #[test]
    fn all_is_fetched_and_little_of_it_counted_again_and_again() {
        let steady: Vec<_> = (0..2_000).map(|n| item(n, START + 5 * MINUTE * i64::try_from(n).unwrap())).collect();
        let (fetched, queries, covered) = fetch(&steady);
        assert_eq!(fetched, 2_000);
        assert!(queries < 240, "{queries} queries for 200 pages");
        assert!(covered < 60_000, "{covered}: the bare loop covers 201,000");
    }

    #[test]
    fn silences_and_bursts_are_got_over() {
        let year = 365 * 1_440 * MINUTE;
        for gap in [0, 1, MINUTE, 90 * MINUTE, year] {
            let stamp = |n: i64| START + (n / 37) * gap + n * 200;
            let archive: Vec<_> = (0..300).map(|n| item(n, stamp(i64::try_from(n).unwrap()))).collect();
            let (fetched, queries, _) = fetch(&archive);
            assert_eq!(fetched, 300, "gap {gap}");
            assert!(queries < 90, "gap {gap}: {queries}");
        }
        assert_eq!(fetch(&[]), (0, 1, 0));
        assert_eq!(fetch(&[item(0, 0)]), (1, 1, 1));
    }

    #[test]
    fn a_clock_that_was_set_back_loses_nothing() {
        for back in [1_000, 20_000, 59_000] {
            for when in 0..200 {
                let stamp = |n: i64| START + n * MINUTE / 2 - if n >= when { back } else { 0 };
                let archive: Vec<_> = (0..200).map(|n| item(n, stamp(i64::try_from(n).unwrap()))).collect();
                assert_eq!(fetch(&archive).0, 200, "{back} at {when}");
            }
        }
    }
}
