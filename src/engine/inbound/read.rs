//! What has arrived and been read, and by whom: receipts (XEP-0184), markers of the other side and of our other devices
//! (XEP-0333), and what the server keeps of it for all of them (XEP-0490).

use rusqlite::Connection;

use super::Inbound;
use crate::{
    engine::{effect::Scope, identity::SLACK_MS, route::Routed},
    ids::{BareJid, ConversationId, Cursor, OriginId, Timestamp},
    store::{
        MessageState, StoreError, conversation,
        early_answer::{self, EarlyAnswer},
        message::{self, Direction, MessageRow},
        read_state,
    },
    xmpp::{displayed, pubsub::Item},
};

/// How many messages change their look at once. What lies further up is read anew when somebody scrolls there.
const MAX_CHANGED: usize = 500;

impl Inbound<'_> {
    /// What a message says of others; `archived_at` is when the archive had it, if it comes from there.
    pub(super) fn answers(
        &mut self,
        store: &Connection,
        routed: &Routed<'_>,
        archived_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if let Some(id) = routed.message.receipt.as_ref().filter(|_| !routed.is_outgoing) {
            self.answered(store, &routed.peer, id, MessageState::Delivered, archived_at)?;
        }
        self.marked(store, routed, archived_at)
    }

    /// A marker counts from the other side for what we wrote, and from ourselves for what they wrote; in both cases only in
    /// their conversation. The archive, which is read backwards, may name a message that is still to come, and another device of
    /// ours one that was missed here.
    fn marked(
        &mut self,
        store: &Connection,
        routed: &Routed<'_>,
        archived_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Routed { peer, is_outgoing, message, .. } = routed;
        let Some(id) = &message.displayed else { return Ok(()) };
        if *peer == self.scope.address {
            return Ok(());
        }
        let Some(conversation) = self.answered_in(store, peer, archived_at.is_some())? else { return Ok(()) };
        let direction = if *is_outgoing {
            if let Some(seen) = read_state::incoming_by_id(store, conversation, id)? {
                return self.read_elsewhere(store, conversation, seen);
            }
            Direction::Incoming
        } else {
            if let Some(ours) = message::by_origin(store, conversation, &self.scope.address, &OriginId(id.clone()))? {
                return self.peer_has_read(store, conversation, ours.cursor);
            }
            Direction::Outgoing
        };
        if archived_at.is_none() && !is_outgoing {
            return Ok(());
        }
        let said_at = archived_at.unwrap_or(Timestamp(self.scope.now.0.saturating_add(SLACK_MS)));
        let early = EarlyAnswer { conversation, direction, named: id.clone(), is_read: true, said_at };
        early_answer::keep(store, &early, self.scope.now)
    }

    /// What the server keeps for all devices. Each conversation's item names a message of our own archive.
    pub fn synchronised(&mut self, store: &Connection, items: &[Item]) -> Result<(), StoreError> {
        let Scope { account, address, .. } = self.scope;
        for (peer, id) in items.iter().filter_map(displayed::parse) {
            if id.by.as_str() != address.as_str() {
                continue;
            }
            read_state::set_displayed(store, *account, &peer, &id.id)?;
            let Some(conversation) = conversation::find(store, *account, &peer)? else { continue };
            if let Some(seen) = read_state::by_archive_id(store, conversation, address, &id.id)? {
                self.read_elsewhere(store, conversation, seen)?;
            }
        }
        Ok(())
    }

    /// It is known now what our archive calls a message: the server may have it that everything up to it has been read.
    pub(super) fn has_archive_id(
        &mut self,
        store: &Connection,
        peer: &BareJid,
        conversation: ConversationId,
        id: &str,
        cursor: Cursor,
    ) -> Result<(), StoreError> {
        if read_state::is_displayed(store, self.scope.account, peer, id)? {
            self.read_elsewhere(store, conversation, cursor)?;
        }
        Ok(())
    }

    /// A message of ours came out of the archive: what was said of it before counts now.
    pub(super) fn was_answered(
        &mut self,
        store: &Connection,
        row: &MessageRow,
        is_read: bool,
    ) -> Result<(), StoreError> {
        self.advance(store, row.cursor.id, MessageState::Delivered)?;
        if is_read { self.peer_has_read(store, row.conversation, row.cursor) } else { Ok(()) }
    }

    /// Read on another device, which has told others.
    pub(super) fn read_elsewhere(
        &mut self,
        store: &Connection,
        id: ConversationId,
        up_to: Cursor,
    ) -> Result<(), StoreError> {
        let mark = conversation::mark_read(store, id, up_to)?;
        if mark.has_moved {
            read_state::is_told(store, id)?;
            self.changes.of(store, id)?.read(mark);
        }
        Ok(())
    }

    /// Whoever has read a message has read what was sent before it: not what stands before it and was sent later.
    fn peer_has_read(&mut self, store: &Connection, id: ConversationId, named: Cursor) -> Result<(), StoreError> {
        let place = read_state::sent_place(store, named)?;
        let Some((after, up_to)) = read_state::peer_read(store, id, place)? else { return Ok(()) };
        for row in read_state::own_between(store, id, after, up_to, MAX_CHANGED)? {
            // What has been seen has been delivered. Of what stands before it that is said only where the server had it:
            // one that failed or has still to go was not there to be seen.
            let has_been_there = row.cursor == named || row.state == MessageState::Sent;
            let delivered =
                if has_been_there { message::advance(store, row.cursor.id, MessageState::Delivered)? } else { None };
            self.changes.of(store, id)?.change(delivered.unwrap_or(row).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
