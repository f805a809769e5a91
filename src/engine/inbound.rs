//! What received messages do to the store, a whole batch in one transaction, and what follows from it.
//!
//! The batch is handed over message by message and finished once, so that a thousand messages of a conversation make one
//! event. Nothing is consumed: where the transaction fails, the same messages can be tried again.
//!
//! | file | duty |
//! |---|---|
//! | `filling` | where messages of the archive belong |
//! | `message` | one that comes live |
//! | `archived` | one out of the archive |
//! | `amended` | what is said of messages after they were sent |
//! | `read` | what has arrived and been read |
//! | `published` | what somebody publishes of themselves |

mod amended;
mod archived;
pub(super) mod filling;
mod message;
mod published;
mod read;

use rusqlite::Connection;

use super::{
    change::Changes,
    clock,
    effect::{Effects, Outgoing, Scope},
    route::Routed,
};
use crate::{
    ids::{BareJid, ConversationId, Jid, MessageId, OriginId, Timestamp},
    store::{
        MessageState, StoreError, blocked,
        contact::{self, Subscription},
        conversation,
        early_answer::{self, EarlyAnswer},
        message::{self as table, ArchiveId, Direction},
    },
    xmpp::{incoming::IncomingMessage, receipt},
};

/// An `id` of at least so many characters is no counter that begins anew with each session: who uses it twice has sent the
/// same message twice.
const UNIQUE_ID_LENGTH: usize = 16;

/// A batch in the making.
#[derive(Debug)]
pub struct Inbound<'s> {
    scope: &'s Scope,
    effects: Effects,
    changes: Changes,
}

impl<'s> Inbound<'s> {
    #[must_use]
    pub fn new(scope: &'s Scope) -> Self {
        Self { scope, effects: Effects::default(), changes: Changes::default() }
    }

    /// What follows from the batch.
    pub fn finish(mut self, store: &Connection) -> Result<Effects, StoreError> {
        self.changes.finish(store, &mut self.effects.events)?;
        Ok(self.effects)
    }

    /// When it was written, as far as anybody says; else `now`.
    fn time_of(&self, message: &IncomingMessage, now: Timestamp) -> Timestamp {
        message.delay.as_ref().map_or(now, |delay| clock::clamp(delay.stamp, self.scope.now))
    }

    /// XEP-0359 §5: only our own account's archive counts, and only where the server keeps false ids away.
    fn archive_id(&self, message: &IncomingMessage) -> Option<ArchiveId> {
        let own = Jid::from(self.scope.address.clone());
        let mut ids = message.stanza_ids.iter().filter(|id| id.by == own);
        let id = ids.next().filter(|_| self.scope.has_stanza_ids)?;
        Some(ArchiveId { by: self.scope.address.clone(), id: id.id.clone() })
    }

    /// Tells the sender's client that the message has arrived: the one that it was sent to, not those that got a copy
    /// (XEP-0280 §9), and only those who may know that we are there (XEP-0184 §8).
    fn acknowledge(&mut self, store: &Connection, routed: &Routed<'_>) -> Result<(), StoreError> {
        let Routed { peer, sender, is_carbon, message, .. } = routed;
        let Some(id) = message.id.as_deref().filter(|_| message.receipt_request && !is_carbon) else {
            return Ok(());
        };
        if self.scope.privacy.send_receipts && sees_us(store, self.scope, peer)? {
            // Nobody waits for what becomes of a receipt, so its own id may be made of the other.
            let stanza = receipt::build(sender, &format!("r-{id}"), id);
            self.effects.stanzas.push(Outgoing { account: self.scope.account, stanza, message: None, amendment: None });
        }
        Ok(())
    }

    /// What `peer` says has become of our message. Another's message, or one to somebody else, is not touched. The archive, which
    /// is read backwards, may name one that is still to come.
    fn answered(
        &mut self,
        store: &Connection,
        peer: &BareJid,
        id: &str,
        state: MessageState,
        archived_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Some(conversation) = self.answered_in(store, peer, archived_at.is_some())? else { return Ok(()) };
        if let Some(ours) = table::by_origin(store, conversation, &self.scope.address, &OriginId(id.to_owned()))? {
            return self.advance(store, ours.cursor.id, state);
        }
        let Some(said_at) = archived_at else { return Ok(()) };
        let (direction, named) = (Direction::Outgoing, id.to_owned());
        let early = EarlyAnswer { conversation, direction, named, is_read: false, said_at };
        early_answer::keep(store, &early, self.scope.now)
    }

    /// Where what `peer` answers to stands. The archive may bring the answer before there is a conversation at all; one that is
    /// made for that is not in the list yet.
    fn answered_in(
        &self,
        store: &Connection,
        peer: &BareJid,
        is_archived: bool,
    ) -> Result<Option<ConversationId>, StoreError> {
        let Scope { account, now, .. } = self.scope;
        if is_archived {
            return conversation::find_or_create(store, *account, peer, *now).map(Some);
        }
        conversation::find(store, *account, peer)
    }

    /// Gives a message of ours a new state, if that is further than it has come.
    fn advance(&mut self, store: &Connection, id: MessageId, state: MessageState) -> Result<(), StoreError> {
        if let Some(row) = table::advance(store, id, state)? {
            self.changes.of(store, row.conversation)?.change(row.into());
        }
        Ok(())
    }
}

/// Whether somebody may see our presence, and so may learn what we do.
pub fn sees_us(store: &Connection, scope: &Scope, who: &BareJid) -> Result<bool, StoreError> {
    let contact = contact::find(store, scope.account, who)?;
    let is_hidden = blocked::is_blocked(store, scope.account, who)?;
    Ok(!is_hidden
        && contact.is_some_and(|contact| matches!(contact.subscription, Subscription::From | Subscription::Both)))
}

/// By what a message is known again when it comes twice.
pub fn origin_id(message: &IncomingMessage) -> Option<OriginId> {
    let unique = || message.id.clone().filter(|id| id.len() >= UNIQUE_ID_LENGTH).map(OriginId);
    message.origin_id.clone().or_else(unique)
}

#[cfg(test)]
mod tests;
