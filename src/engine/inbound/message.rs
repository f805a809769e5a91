//! What a message does to the store that comes live: a text, an error, what somebody types.

use rusqlite::Connection;

use super::{Inbound, amended::Amended, origin_id};
use crate::{
    engine::{
        change::Arrival,
        effect::PeerState,
        file,
        route::{Routed, route},
    },
    store::{
        MessageState, SendFailure, StoreError, attachment, blocked, contact, conversation, deletion,
        early_amendment::Target,
        message::{self, MessageRow, NewMessage, Place},
    },
    xmpp::{
        incoming::{IncomingMessage, MessageKind},
        stanza_error::StanzaError,
    },
};

impl Inbound<'_> {
    /// Takes in one message. A message that may not count changes nothing and is no error.
    pub fn message(&mut self, store: &Connection, message: &IncomingMessage) -> Result<(), StoreError> {
        let routed = match route(&self.scope.address, message) {
            Ok(routed) => routed,
            Err(reason) => {
                log::debug!("{} left alone: {reason}", self.scope.account.0);
                return Ok(());
            }
        };
        if message.kind == MessageKind::Error {
            return self.refused(store, &routed);
        }
        if let Some(event) = &message.pubsub {
            // Only what comes directly from the account that it is about; a headline of theirs has nothing else in it.
            return self.published(store, &routed, event);
        }
        self.answers(store, &routed, None)?;
        let time = self.time_of(routed.message, self.scope.now);
        match self.amended(store, &routed, time, None)? {
            Amended::Nothing => {
                if let Some(body) = &routed.message.body {
                    self.text(store, &routed, body)?;
                }
            }
            Amended::Done => self.acknowledge(store, &routed)?,
            Amended::Unknown(id, amendment) => {
                if let Some(row) = self.text(store, &routed, &amendment.content)? {
                    let target = Target { conversation: row.conversation, id, sender: amendment.sender.clone() };
                    self.stands_in(store, &target, &amendment, row.cursor.id)?;
                }
            }
        }
        self.chat_state(store, &routed)
    }

    /// Stores a message; the row, where it is new.
    fn text(&mut self, store: &Connection, routed: &Routed<'_>, body: &str) -> Result<Option<MessageRow>, StoreError> {
        let Routed { peer, is_outgoing, message, .. } = routed;
        let id = conversation::find_or_create(store, self.scope.account, peer, self.scope.now)?;
        if contact::ensure(store, self.scope.account, peer)? {
            self.effects.contact(self.scope.account, peer);
        }
        let time = self.time_of(message, self.scope.now);
        let new = NewMessage {
            conversation: id,
            place: Place::Last,
            sender: routed.sender.to_bare(),
            body: body.to_owned(),
            format: message.format.clone(),
            time,
            state: if *is_outgoing { MessageState::Sent } else { MessageState::Received },
            origin_id: origin_id(message),
            stanza_id: message.id.clone(),
            archive_id: self.archive_id(message),
            wants_receipt: message.receipt_request,
            is_markable: message.is_markable,
        };
        // A line that broke may bring once more what was deleted meanwhile.
        if deletion::is_deleted(store, id, None, new.archive_id.as_ref(), new.origin_id.as_ref())? {
            return Ok(None);
        }
        let stored = message::insert(store, new)?;
        // Also for one that came twice: the first receipt may have been lost.
        self.acknowledge(store, routed)?;
        let Some(row) = stored else { return Ok(None) };
        if let Some(shared) = &message.file {
            attachment::insert(store, row.cursor.id, &file::record::received(shared), self.scope.now)?;
        }
        let row = self.annotated(store, row, message)?;
        if *is_outgoing {
            // Who writes on another device has seen what stands there.
            self.read_elsewhere(store, id, row.cursor)?;
        } else {
            self.nickname_of_stranger(store, routed)?;
        }
        if let Some(archive) = &row.archive_id {
            self.has_archive_id(store, peer, id, &archive.id, row.cursor)?;
        }
        // What waited at the server may have been read on another device, as its id has just told.
        let is_read = *is_outgoing || row.cursor <= conversation::read_up_to(store, id)?;
        let is_in_front = self.scope.in_front == Some(id);
        let is_blocked = blocked::is_blocked(store, self.scope.account, peer)?;
        let change = self.changes.of(store, id)?;
        let is_news = !(is_read || is_in_front || is_blocked || change.is_muted());
        change.store(row.clone().into(), if is_news { Arrival::News } else { Arrival::New });
        Ok(Some(row))
    }

    fn chat_state(&mut self, store: &Connection, routed: &Routed<'_>) -> Result<(), StoreError> {
        let Routed { peer, is_outgoing, message: IncomingMessage { chat_state: state, body, delay, .. }, .. } = routed;
        let says_something = state.is_some() || body.is_some();
        if !says_something || *is_outgoing || delay.is_some() || *peer == self.scope.address {
            return Ok(());
        }
        // A stranger who types makes no conversation.
        if let Some(conversation) = conversation::find(store, self.scope.account, peer)? {
            let state = PeerState { conversation, state: *state };
            self.effects.chat_states.push((self.scope.account, peer.clone(), state));
        }
        Ok(())
    }

    /// An error counts for a message of ours to the very address that it comes from (RFC 6120 §8.3.1).
    fn refused(&mut self, store: &Connection, routed: &Routed<'_>) -> Result<(), StoreError> {
        let (Some(id), Some(error)) = (&routed.message.id, &routed.message.error) else { return Ok(()) };
        self.answered(store, &routed.peer, id, MessageState::Failed(failure(error)), None)
    }
}

fn failure(error: &StanzaError) -> SendFailure {
    match error.condition.as_str() {
        "item-not-found"
        | "gone"
        | "jid-malformed"
        | "remote-server-not-found"
        | "remote-server-timeout"
        | "recipient-unavailable"
        | "service-unavailable" => SendFailure::Undeliverable,
        _ => SendFailure::Refused,
    }
}
