//! Where the messages of an archive belong that is read backwards: below what has come of it, above what was here before.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use rusqlite::Connection;

use crate::{
    ids::{ConversationId, Cursor, MessageId, Timestamp},
    store::{
        StoreError,
        amendment::Order,
        early_amendment::Target,
        message::{self, ArchiveId, MessageRow},
    },
};

/// How far above the last message below a gap the gap's own begin at least, in the units of a position: room for as many as
/// may come, whatever the clocks say.
const STEP: i64 = 1 << 20;
/// So far below a message the archive may have it once more: what was sent again after a line broke may be as much as that
/// line had in flight, and lie some pages apart.
const FAR: usize = 1_000;

/// Where a page of the archive belongs. Its messages are handed over newest first, like the pages themselves.
///
/// What was here before the page, and is older than what the page has come to, is known by when it came: live messages come
/// in the archive's order, so that all that came before the last of them that the page has met is older than it.
#[derive(Debug)]
pub struct Filling {
    /// The newest message that was here before what the page has come to: everything after it is newer.
    begun_after: MessageId,
    /// There is a range below: the page is from a time in which this device was away.
    has_range_below: bool,
    bounds: HashMap<ConversationId, Bounds>,
    reached: Reached,
}

/// Where a page has come to, for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Where the oldest message stands in each conversation.
    lowest: HashMap<ConversationId, i64>,
    /// Where the oldest correction may come to stand whose message has not come.
    waiting: HashMap<ConversationId, i64>,
    /// What has been placed or met last.
    seen: VecDeque<MessageId>,
    /// The time that counts for the oldest text of each message that was corrected.
    said: HashMap<Target, Timestamp>,
}

impl Reached {
    /// By what is on disk of a range.
    #[must_use]
    pub fn of_range(lowest: HashMap<ConversationId, i64>) -> Self {
        Self { lowest, ..Self::default() }
    }

    /// Where the oldest message stands in the conversations in which it does not stand where it did before.
    pub fn lowest_since<'r>(&'r self, before: &'r Self) -> impl Iterator<Item = (ConversationId, i64)> + 'r {
        let lowest = self.lowest.iter().map(|(id, position)| (*id, *position));
        lowest.filter(|(id, position)| before.lowest.get(id) != Some(position))
    }

    /// The same for a page that does not begin where the last one ended, but where `place` was.
    #[must_use]
    pub fn back_at(self, place: Self) -> Self {
        Self { lowest: place.lowest, waiting: place.waiting, said: place.said, ..self }
    }

    pub(super) fn has_seen(&self, message: MessageId) -> bool {
        self.seen.contains(&message)
    }

    fn see(&mut self, message: MessageId) {
        if self.seen.len() >= FAR {
            self.seen.pop_front();
        }
        self.seen.push_back(message);
    }
}

/// Where a conversation's messages can stand.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// The last position below, and when that was looked up.
    below: Option<i64>,
    begun_after: MessageId,
    /// The first position above.
    above: Option<i64>,
}

impl Filling {
    /// `reached` is where the last page has come to, where that is known.
    #[must_use]
    pub fn new(begun_after: MessageId, has_range_below: bool, reached: Reached) -> Self {
        Self { begun_after, has_range_below, bounds: HashMap::new(), reached }
    }

    /// What was here before all of this page, and where that has come to.
    #[must_use]
    pub fn finish(self) -> (MessageId, Reached) {
        (self.begun_after, self.reached)
    }

    /// Where it has come to by now.
    pub const fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Where a conversation's next older message can stand.
    fn bounds(&mut self, store: &Connection, id: ConversationId) -> Result<&mut Bounds, StoreError> {
        let Self { begun_after, has_range_below, .. } = *self;
        let waiting = self.reached.waiting.get(&id).copied();
        // What came to a device that had never asked before need not be younger than what it finds in the archive: only where
        // the archive is known to have it too.
        let below = || message::last_before(store, id, begun_after, !has_range_below);
        match self.bounds.entry(id) {
            Entry::Occupied(known) => {
                let bounds = known.into_mut();
                if bounds.begun_after != begun_after {
                    (bounds.below, bounds.begun_after) = (below()?, begun_after);
                }
                Ok(bounds)
            }
            Entry::Vacant(free) => {
                let above = message::first_after(store, id, begun_after)?.into_iter().chain(waiting).min();
                Ok(free.insert(Bounds { below: below()?, begun_after, above }))
            }
        }
    }

    /// Where it stands, and whether it is from a time in which this device was away, not from before it ever signed in: by its
    /// time, and never out of the archive's order, which counts more than clocks do.
    pub(super) fn place(
        &mut self,
        store: &Connection,
        id: ConversationId,
        stamp: Timestamp,
    ) -> Result<(i64, bool), StoreError> {
        let has_range_below = self.has_range_below;
        let bounds = self.bounds(store, id)?;
        let by_time = message::position_of(stamp);
        let position = bounds.below.map_or(by_time, |below| by_time.max(below.saturating_add(STEP)));
        let position = bounds.above.map_or(position, |above| position.min(above.saturating_sub(1)));
        Ok((position, has_range_below || bounds.below.is_some()))
    }

    /// How what is said next of a message stands to what has been said of it further up.
    pub(super) fn order(&self, target: &Target) -> Order {
        Order::Backwards { before: self.reached.said.get(target).copied() }
    }

    /// A text of a message has come, and counts as of this time.
    pub(super) fn said(&mut self, target: Target, time: Option<Timestamp>) {
        let said = &mut self.reached.said;
        if said.len() >= FAR {
            said.clear();
        }
        if let Some(time) = time {
            said.insert(target, time);
        }
    }

    /// What waits may come to stand there: all that is older stands below, whatever its time says, and on whatever page it comes.
    pub(super) fn waits(&mut self, id: ConversationId, position: i64) {
        self.keep(id, position);
        self.reached.waiting.insert(id, position);
    }

    fn keep(&mut self, id: ConversationId, position: i64) {
        if let Some(bounds) = self.bounds.get_mut(&id) {
            bounds.above = Some(bounds.above.map_or(position, |above| above.min(position)));
        }
    }

    pub(super) fn placed(&mut self, id: ConversationId, cursor: Cursor) {
        self.keep(id, cursor.position);
        self.reached.lowest.insert(id, cursor.position);
        self.reached.see(cursor.id);
    }

    /// A message that is here already; `archive_id` is what the archive calls it at this place. What is still to come is older
    /// than it. Returns where it has to stand, when that is not where it does.
    ///
    /// What waited at the server may have come in another order than the archive's, and what came late under a later time
    /// than what was fetched from there.
    pub(super) fn met(
        &mut self,
        store: &Connection,
        known: &MessageRow,
        archive_id: &ArchiveId,
    ) -> Result<Option<i64>, StoreError> {
        let MessageRow { cursor, conversation: id, .. } = known;
        // Sent twice, and so here twice: its place is the older one, and so is its name. By that, our other devices are told how
        // far has been read (XEP-0490), and the same page once more changes nothing.
        let is_other = known.archive_id.as_ref().is_some_and(|known| known != archive_id);
        if is_other && !self.reached.has_seen(cursor.id) {
            return Ok(None);
        }
        if cursor.id <= self.begun_after {
            self.begun_after = MessageId(cursor.id.0 - 1);
        }
        self.bounds(store, *id)?;
        let lowest = self.reached.lowest.get(id).copied().filter(|lowest| cursor.position >= *lowest);
        let place = lowest.map(|lowest| lowest.saturating_sub(1).max(0));
        self.placed(*id, Cursor { position: place.unwrap_or(cursor.position), id: cursor.id });
        Ok(place)
    }
}
