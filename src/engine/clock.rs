//! What time it is and what the next id is: given to the engine, so that a test can decide both.

use std::{
    fmt,
    sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

use super::api::Timestamp;
use crate::ids::OriginId;

/// 2000-01-01T00:00:00Z: nobody has sent an XMPP message before.
const EARLIEST: Timestamp = Timestamp(946_684_800_000);
/// How far ahead of ours another clock may be before it is not believed.
const TOLERANCE_MS: i64 = 60_000;

/// Tells the time.
pub trait Clock: fmt::Debug + Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Makes ids that nobody can guess.
pub trait IdSource: fmt::Debug + Send + Sync {
    fn uuid(&self) -> Uuid;

    /// For a message of ours (XEP-0359 §3.2).
    fn origin_id(&self) -> OriginId {
        OriginId(self.uuid().to_string())
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Both fail only on a machine whose clock is set before 1970 or some 300 million years ahead.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Random ids (UUID version 4).
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, SeqCst);
    }

    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(SeqCst))
    }
}

/// Ids that count upwards: the same in every run.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl IdSource for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, SeqCst)) + 1)
    }
}

/// A time that came over the network, as far as it can be believed (the incident behind it is CVE-2013-6477): nothing is
/// from before 2000, and what claims to come from the future has come now.
#[must_use]
pub fn clamp(stamp: Timestamp, now: Timestamp) -> Timestamp {
    if stamp.0 > now.0.saturating_add(TOLERANCE_MS) { now } else { stamp.max(EARLIEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn a_time_far_in_the_future_is_now() {
        for ahead in [TOLERANCE_MS + 1, 86_400_000, i64::MAX - NOW.0] {
            assert_eq!(clamp(Timestamp(NOW.0 + ahead), NOW), NOW, "{ahead}");
        }
    }

    #[test]
    fn a_time_before_2000_is_2000() {
        for stamp in [EARLIEST.0 - 1, 0, -1, i64::MIN] {
            assert_eq!(clamp(Timestamp(stamp), NOW), EARLIEST, "{stamp}");
        }
    }

    #[test]
    fn a_believable_time_is_kept() {
        for stamp in [EARLIEST.0, NOW.0 - 1, NOW.0, NOW.0 + TOLERANCE_MS] {
            assert_eq!(clamp(Timestamp(stamp), NOW), Timestamp(stamp));
        }
    }

    #[test]
    fn counted_ids_are_the_same_in_every_run() {
        let ids = CountingIds::default();
        assert_eq!(ids.origin_id(), OriginId("00000000-0000-0000-0000-000000000001".into()));
        assert_eq!(ids.uuid(), Uuid::from_u128(2));
    }
}
