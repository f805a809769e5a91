//! One's own messages on their way: a row first, then everything else.
//!
//! The functions are parts of a transaction; [`Outbox`] knows which of the rows are in the session's hands at the moment.
//! A message that may or may not have arrived is sent again under the same id, so that it is known again where it arrives
//! twice.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{
    api::{Event, Message},
    change::Changes,
    effect::{Effects, Outgoing, Scope},
};
use crate::{
    ids::{BareJid, ConversationId, MessageId, OriginId},
    store::{
        MessageState, StoreError, contact, conversation,
        message::{self, MessageRow, NewMessage, Place},
    },
    xmpp::message::{Extras, chat},
};

/// A message that goes out later than this says when it was written (XEP-0203 §4).
const LATE_MS: i64 = 60_000;

/// The messages that a session has in its hands. What is not there and still waits is sent as soon as there is a session.
#[derive(Debug, Default)]
pub struct Outbox {
    is_online: bool,
    in_flight: HashSet<MessageId>,
}

impl Outbox {
    pub const fn set_online(&mut self, is_online: bool) {
        self.is_online = is_online;
    }

    /// Whether this message goes to the session now. If so it is in its hands, and is not given to it twice.
    pub fn admit(&mut self, message: MessageId) -> bool {
        self.is_online && self.in_flight.insert(message)
    }

    /// The session has said what became of these, or they are to be sent once more.
    pub fn release(&mut self, messages: impl IntoIterator<Item = MessageId>) {
        for message in messages {
            self.in_flight.remove(&message);
        }
    }
}

/// Stores a message and says what follows: the row in the window, the stanza. `text` comes from
/// [`body::prepare`](super::body::prepare).
///
/// # Errors
/// `NotFound` where the conversation is not one of this account.
pub fn send(
    store: &Connection,
    scope: &Scope,
    conversation: ConversationId,
    text: String,
    id: OriginId,
) -> Result<(Message, Effects), StoreError> {
    let peer = conversation::by_id(store, conversation)?;
    if peer.account != scope.account {
        return Err(StoreError::NotFound);
    }
    let peer = peer.peer;
    let mut effects = Effects::default();
    if contact::ensure(store, scope.account, &peer)? {
        effects.contact(scope.account, &peer);
    }
    let new = NewMessage {
        conversation,
        place: Place::Last,
        sender: scope.address.clone(),
        body: text,
        time: scope.now,
        state: MessageState::Waiting,
        stanza_id: Some(id.0.clone()),
        origin_id: Some(id),
        archive_id: None,
        wants_receipt: peer != scope.address,
    };
    // Ids of our own are never used twice.
    let row = message::insert(store, new)?.ok_or(StoreError::NotFound)?;
    conversation::set_draft(store, conversation, "")?;
    // Who answers has seen what stands above.
    let mark = conversation::mark_read(store, conversation, row.cursor)?;
    effects.stanzas.extend(outgoing(scope, &peer, &row));
    let stored = Message::from(row);
    let mut changes = Changes::default();
    let change = changes.of(store, conversation)?;
    change.store(stored.clone(), false);
    change.read(mark);
    changes.finish(store, &mut effects.events)?;
    Ok((stored, effects))
}

/// All that waits, in the order in which it was written. [`Outbox::admit`] leaves out what the session has already.
pub fn pending(store: &Connection, scope: &Scope) -> Result<Vec<Outgoing>, StoreError> {
    let waiting = message::pending(store, scope.account)?;
    Ok(waiting.iter().filter_map(|pending| outgoing(scope, &pending.peer, &pending.message)).collect())
}

/// The server has these (XEP-0198 §4).
pub fn acked(store: &Connection, messages: &[MessageId]) -> Result<Effects, StoreError> {
    let mut changes = Changes::default();
    for id in messages {
        match message::advance(store, *id, MessageState::Sent) {
            Ok(Some(row)) => changes.of(store, row.conversation)?.change(row.into()),
            // It has come further already, or was discarded meanwhile.
            Ok(None) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let mut effects = Effects::default();
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// Sends a failed message again, in its old place and under its old id.
///
/// # Errors
/// `NotFound` when it is not one that failed.
pub fn retry(store: &Connection, scope: &Scope, message: MessageId) -> Result<Effects, StoreError> {
    let row = message::retry(store, message)?.ok_or(StoreError::NotFound)?;
    let peer = conversation::by_id(store, row.conversation)?.peer;
    let mut effects = Effects { stanzas: outgoing(scope, &peer, &row).into_iter().collect(), ..Effects::default() };
    let mut changes = Changes::default();
    changes.of(store, row.conversation)?.change(row.into());
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// Deletes a message that failed.
///
/// # Errors
/// `NotFound` when it is not one that failed.
pub fn discard(store: &Connection, message: MessageId) -> Result<Effects, StoreError> {
    let row = message::discard(store, message)?.ok_or(StoreError::NotFound)?;
    let conversation = row.conversation;
    let mut effects = Effects::default();
    effects.events.push(Event::MessageRemoved { conversation, message });
    effects.events.push(Event::ConversationsChanged(vec![conversation::by_id(store, conversation)?.into()]));
    Ok(effects)
}

fn outgoing(scope: &Scope, peer: &BareJid, row: &MessageRow) -> Option<Outgoing> {
    // Every message of ours has one; a row without could never be known again.
    let id = row.origin_id.as_ref()?;
    let is_late = scope.now.0.saturating_sub(row.time.0) > LATE_MS;
    let extras =
        Extras { wants_receipt: row.wants_receipt, written_at: is_late.then_some(row.time), ..Extras::default() };
    Some(Outgoing {
        account: scope.account,
        stanza: chat(&peer.clone().into(), id, &row.body, &extras),
        message: Some((row.cursor.id, row.conversation)),
    })
}

#[cfg(test)]
mod tests;
