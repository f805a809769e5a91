//! What a message out of the archive does to the store: history that is filled in below what is here already.

use std::collections::{HashMap, hash_map::Entry};

use rusqlite::Connection;

use super::{Inbound, MAX_ID_LENGTH, origin_id};
use crate::{
    engine::{
        clock,
        identity::{self, SLACK_MS},
        route::{self, Routed},
    },
    ids::{ConversationId, Cursor, MessageId, OriginId, Timestamp},
    store::{
        MessageState, StoreError, contact, conversation,
        message::{self, ArchiveId, NewMessage, Place},
        read_state,
    },
    xmpp::archive::Archived,
};

/// How far above the last message below a gap the gap's own begin at least, in the units of a position.
const STEP: i64 = 512;

/// Where a page of the archive belongs. Its messages are handed over newest first, like the pages themselves.
#[derive(Debug)]
pub struct Filling {
    /// The newest message that was here when the range above was begun: everything after it is newer than the page.
    pub begun_after: MessageId,
    /// The page is from a time in which this device was away, and not from before it ever signed in.
    pub is_absence: bool,
    /// The last position below, and the first above, for each conversation that has been met.
    bounds: HashMap<ConversationId, (Option<i64>, Option<i64>)>,
}

impl Filling {
    #[must_use]
    pub fn new(begun_after: MessageId, is_absence: bool) -> Self {
        Self { begun_after, is_absence, bounds: HashMap::new() }
    }

    /// Where the next older message of a conversation stands: by its time, and never out of the archive's order, which counts
    /// more than clocks do.
    fn place(&mut self, store: &Connection, id: ConversationId, stamp: Timestamp) -> Result<i64, StoreError> {
        let (below, above) = match self.bounds.entry(id) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let (below, above) = message::bounds(store, id, self.begun_after)?;
                // A device that never asked before has no reason to think its own messages older.
                *free.insert((below.filter(|_| self.is_absence), above))
            }
        };
        let by_time = message::position_of(stamp);
        let position = below.map_or(by_time, |below| by_time.max(below.saturating_add(STEP)));
        Ok(above.map_or(position, |above| position.min(above.saturating_sub(1))))
    }

    fn placed(&mut self, id: ConversationId, position: i64) {
        if let Some((_, above)) = self.bounds.get_mut(&id) {
            *above = Some(position);
        }
    }

    /// A message that is here already. What is still to come is older than it, and may be older than more that was here
    /// before the session.
    fn met(&mut self, id: ConversationId, known: Cursor) {
        let position = known.position;
        if let Some((below, above)) = self.bounds.get_mut(&id) {
            *below = below.filter(|_| known.id > self.begun_after);
            *above = Some(above.map_or(position, |above| above.min(position)));
        }
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
        if let Some(id) = &routed.message.receipt
            && !routed.is_outgoing
        {
            let is_here = self.answered(store, &routed.peer, id, MessageState::Delivered)?;
            if !is_here && let Some(conversation) = conversation::find(store, self.scope.account, &routed.peer)? {
                read_state::answer_early(store, conversation, &OriginId(id.clone()), false)?;
            }
        }
        self.marked(store, &routed, true)?;
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
        let position = filling.place(store, id, stamp)?;
        let new = NewMessage {
            conversation: id,
            place: Place::At(position),
            sender: routed.sender.to_bare(),
            body: body.to_owned(),
            time: message.delay.as_ref().map_or(stamp, |delay| clock::clamp(delay.stamp, self.scope.now)),
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
            self.has_archive_id(store, peer, id, &archive_id.id, known.cursor)?;
            // One's own may stand where it was written, long before it could be sent.
            if !is_outgoing {
                filling.met(id, known.cursor);
            }
            if let Some(row) = message::advance(store, known.cursor.id, MessageState::Sent)? {
                self.changes.of(store, id)?.change(row.into());
            }
            return Ok(());
        }
        let Some(row) = message::insert(store, new)? else { return Ok(()) };
        filling.placed(id, position);
        let cursor = row.cursor;
        if *is_outgoing || !filling.is_absence {
            // Who writes on another device has seen what stands there; and what is older than this device is no news.
            self.read_elsewhere(store, id, cursor)?;
        } else {
            self.acknowledge(store, routed)?;
        }
        self.has_archive_id(store, peer, id, &archive_id.id, cursor)?;
        let is_unread = !is_outgoing && cursor > conversation::read_up_to(store, id)?;
        let is_in_front = self.scope.in_front == Some(id);
        let change = self.changes.of(store, id)?;
        let is_news = is_unread && !is_in_front && !change.is_muted();
        change.store(row.clone().into(), is_news);
        self.own_appeared(store, &row)
    }
}
