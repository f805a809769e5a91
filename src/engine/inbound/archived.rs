//! What a message out of the archive does to the store: history that is filled in below what is here already.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use rusqlite::Connection;

use super::{Inbound, MAX_ID_LENGTH, amended::Amended, origin_id};
use crate::{
    engine::{
        clock, file,
        identity::{self, SLACK_MS},
        route::{self, Routed},
    },
    ids::{BareJid, ConversationId, Cursor, MessageId, Timestamp},
    store::{
        MessageState, StoreError,
        amendment::Order,
        attachment, blocked, contact, conversation, deletion,
        early_amendment::Target,
        message::{self, ArchiveId, MessageRow, NewMessage, Place},
    },
    xmpp::archive::Archived,
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
        Self { lowest: place.lowest, said: place.said, ..self }
    }

    fn has_seen(&self, message: MessageId) -> bool {
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
                let above = message::first_after(store, id, begun_after)?;
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

    /// What waits may come to stand there: all that is older stands below, whatever its time says.
    pub(super) fn keeps(&mut self, id: ConversationId, position: i64) {
        if let Some(bounds) = self.bounds.get_mut(&id) {
            bounds.above = Some(bounds.above.map_or(position, |above| above.min(position)));
        }
    }

    fn placed(&mut self, id: ConversationId, cursor: Cursor) {
        self.keeps(id, cursor.position);
        self.reached.lowest.insert(id, cursor.position);
        self.reached.see(cursor.id);
    }

    /// A message that is here already; `archive_id` is what the archive calls it at this place. What is still to come is older
    /// than it. Returns where it has to stand, when that is not where it does.
    ///
    /// What waited at the server may have come in another order than the archive's, and what came late under a later time
    /// than what was fetched from there.
    fn met(
        &mut self,
        store: &Connection,
        known: &MessageRow,
        archive_id: &ArchiveId,
    ) -> Result<Option<i64>, StoreError> {
        let MessageRow { cursor, conversation: id, .. } = known;
        // Sent twice, and so here twice: its place is the older one.
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

impl Inbound<'_> {
    /// Takes in one message of our own archive. One that is here already only learns what the archive calls it, or that it
    /// did arrive.
    pub fn archived(&mut self, store: &Connection, item: &Archived, filling: &mut Filling) -> Result<(), StoreError> {
        let routed = match route::archived(&self.scope.address, &item.message) {
            Ok(routed) => routed,
            Err(reason) => {
                log::debug!("{} left alone in the archive: {reason}", self.scope.account.0);
                return Ok(());
            }
        };
        self.answers(store, &routed, true)?;
        let stamp = clock::clamp(item.stamp, self.scope.now);
        if !matches!(self.amended(store, &routed, stamp, Some((item, &mut *filling)))?, Amended::Nothing) {
            return Ok(());
        }
        match &routed.message.body {
            Some(body) => self.archived_text(store, item, &routed, body, filling),
            None => Ok(()),
        }
    }

    fn archived_text(
        &mut self,
        store: &Connection,
        item: &Archived,
        routed: &Routed<'_>,
        body: &str,
        filling: &mut Filling,
    ) -> Result<(), StoreError> {
        let Routed { peer, is_outgoing, message, .. } = routed;
        let stamp = clock::clamp(item.stamp, self.scope.now);
        let id = conversation::find_or_create(store, self.scope.account, peer, stamp)?;
        if contact::ensure(store, self.scope.account, peer)? {
            self.effects.contact(self.scope.account, peer);
        }
        let archive_id = ArchiveId { by: self.scope.address.clone(), id: item.id.clone() };
        let (position, is_absence) = filling.place(store, id, stamp)?;
        let new = NewMessage {
            conversation: id,
            place: Place::At(position),
            sender: routed.sender.to_bare(),
            body: body.to_owned(),
            format: message.format.clone(),
            time: self.time_of(message, stamp),
            state: if *is_outgoing { MessageState::Sent } else { MessageState::Received },
            origin_id: origin_id(message),
            stanza_id: message.id.clone().filter(|id| id.len() <= MAX_ID_LENGTH),
            archive_id: Some(archive_id.clone()),
            wants_receipt: message.receipt_request,
            is_markable: message.is_markable,
        };
        let known = message::alike(store, &new, SLACK_MS)?.into_iter().find(|known| identity::is_same(known, &new));
        if let Some(known) = known {
            message::set_archive_id(store, known.cursor.id, &archive_id)?;
            // One's own may stand where it was written, long before it could be sent, unless it comes from the archive itself.
            let has_its_place = !is_outgoing || filling.reached.has_seen(known.cursor.id);
            let mut cursor = known.cursor;
            if has_its_place && let Some(position) = filling.met(store, &known, &archive_id)? {
                let moved = message::move_to(store, known.cursor.id, position)?;
                cursor = moved.cursor;
                self.changes.of(store, id)?.moved(moved.into());
            }
            self.has_archive_id(store, peer, id, &archive_id.id, cursor)?;
            return self.advance(store, known.cursor.id, MessageState::Sent);
        }
        // The person has deleted it here.
        if deletion::is_deleted(store, id, Some(stamp), new.archive_id.as_ref(), new.origin_id.as_ref())? {
            return Ok(());
        }
        let Some(row) = message::insert(store, new)? else { return Ok(()) };
        if let Some(shared) = &message.file {
            attachment::insert(store, row.cursor.id, &file::record::received(shared), self.scope.now)?;
        }
        let row = self.annotated(store, row, message)?;
        let cursor = row.cursor;
        filling.placed(id, cursor);
        if !is_outgoing && is_absence {
            self.acknowledge(store, routed)?;
        }
        self.came_late(store, peer, &row, is_absence)
    }

    /// What follows from a message that the archive brought; `is_absence` says that it is from a time in which this device was
    /// away.
    pub(super) fn came_late(
        &mut self,
        store: &Connection,
        peer: &BareJid,
        row: &MessageRow,
        is_absence: bool,
    ) -> Result<(), StoreError> {
        let (id, cursor, is_outgoing) = (row.conversation, row.cursor, row.is_outgoing());
        if is_outgoing || !is_absence {
            // Who writes on another device has seen what stands there; and what is older than this device is no news.
            self.read_elsewhere(store, id, cursor)?;
        }
        if let Some(archive_id) = &row.archive_id {
            self.has_archive_id(store, peer, id, &archive_id.id, cursor)?;
        }
        let is_unread = !is_outgoing && cursor > conversation::read_up_to(store, id)?;
        let is_in_front = self.scope.in_front == Some(id);
        let is_blocked = blocked::is_blocked(store, self.scope.account, peer)?;
        let change = self.changes.of(store, id)?;
        let is_news = is_unread && !is_in_front && !is_blocked && !change.is_muted();
        change.store(row.clone().into(), is_news);
        self.own_appeared(store, row)
    }
}
