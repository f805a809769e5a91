//! What a message out of the archive does to the store: history that is filled in below what is here already.

use rusqlite::Connection;

use super::{Inbound, amended::Amended, filling::Filling, origin_id};
use crate::{
    engine::{
        change::Arrival,
        clock, file,
        identity::{self, SLACK_MS},
        route::{self, Routed},
    },
    ids::BareJid,
    store::{
        MessageState, StoreError, attachment, blocked, contact, conversation, deletion, early_answer,
        message::{self, ArchiveId, MessageRow, NewMessage, Place},
        pending,
    },
    xmpp::archive::Archived,
};

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
        let stamp = clock::clamp(item.stamp, self.scope.now);
        self.answers(store, &routed, Some(stamp))?;
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
            stanza_id: message.id.clone(),
            archive_id: Some(archive_id.clone()),
            wants_receipt: message.receipt_request,
            is_markable: message.is_markable,
        };
        let known = message::alike(store, &new, SLACK_MS)?.into_iter().find(|known| identity::is_same(known, &new));
        if let Some(known) = known {
            message::set_archive_id(store, known.cursor.id, &archive_id)?;
            // What was written here may stand where it was written, long before it could be sent.
            let is_written_here = *is_outgoing && pending::is_attempted(store, known.cursor.id)?;
            let mut cursor = known.cursor;
            if !is_written_here && let Some(position) = filling.met(store, &known, &archive_id)? {
                let moved = message::move_to(store, known.cursor.id, position, &archive_id)?;
                cursor = moved.cursor;
                self.changes.of(store, id)?.moved(moved.into());
            }
            self.has_archive_id(store, peer, id, &archive_id.id, cursor)?;
            if let Some(row) = pending::found(store, known.cursor.id)? {
                self.changes.of(store, id)?.change(row.into());
            }
            return Ok(());
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
        let answer = early_answer::take(store, row)?;
        if is_outgoing || !is_absence || answer == Some(true) {
            // Who writes on another device has seen what stands there; what is older than this device is no news, nor what
            // another one has read.
            self.read_elsewhere(store, id, cursor)?;
        }
        if let Some(archive_id) = &row.archive_id {
            self.has_archive_id(store, peer, id, &archive_id.id, cursor)?;
        }
        let is_unread = !is_outgoing && cursor > conversation::read_up_to(store, id)?;
        let is_in_front = self.scope.in_front == Some(id);
        let is_blocked = blocked::is_blocked(store, self.scope.account, peer)?;
        let is_newest = is_absence && conversation::newest_cursor(store, id)? == Some(cursor);
        let change = self.changes.of(store, id)?;
        let is_news = is_unread && !is_in_front && !is_blocked && !change.is_muted();
        let arrival = match (is_news, is_newest) {
            (true, _) => Arrival::News,
            (false, true) => Arrival::New,
            (false, false) => Arrival::History,
        };
        change.store(row.clone().into(), arrival);
        match answer {
            Some(is_read) if is_outgoing => self.was_answered(store, row, is_read),
            _ => Ok(()),
        }
    }
}
