//! What received messages do to the store, a whole batch in one transaction, and what follows from it.
//!
//! The batch is handed over message by message and finished once, so that a thousand messages of a conversation make one
//! event. Nothing is consumed: where the transaction fails, the same messages can be tried again.

mod amended;
mod archived;
mod read;

use rusqlite::Connection;

use amended::Amended;
pub use archived::{Filling, Reached};

use super::{
    change::Changes,
    clock,
    effect::{AvatarNotice, AvatarSource, Effects, Outgoing, PeerState, Scope},
    file,
    route::{Routed, route},
};
use crate::{
    ids::{AvatarHash, BareJid, ConversationId, Jid, MessageId, OriginId, Timestamp},
    store::{
        MessageState, SendFailure, StoreError, account, attachment, blocked,
        contact::{self, Subscription},
        conversation, deletion,
        early_amendment::Target,
        message::{self, ArchiveId, MessageRow, NewMessage, Place},
        read_state,
    },
    xmpp::{
        avatar, displayed,
        incoming::{IncomingMessage, MessageKind},
        nickname, pubsub, receipt,
        stanza_error::StanzaError,
    },
};

/// An `id` of at least so many characters is no counter that begins anew with each session: who uses it twice has sent the
/// same message twice.
const UNIQUE_ID_LENGTH: usize = 16;
/// Ids are as long as their sender likes; beyond this they are not kept.
const MAX_ID_LENGTH: usize = 1_024;

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
        self.answers(store, &routed, false)?;
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

    /// What follows from the batch.
    pub fn finish(mut self, store: &Connection) -> Result<Effects, StoreError> {
        self.changes.finish(store, &mut self.effects.events)?;
        Ok(self.effects)
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
            stanza_id: message.id.clone().filter(|id| id.len() <= MAX_ID_LENGTH),
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
        change.store(row.clone().into(), is_news);
        Ok(Some(row))
    }

    /// When it was written, as far as anybody says; else `now`.
    fn time_of(&self, message: &IncomingMessage, now: Timestamp) -> Timestamp {
        message.delay.as_ref().map_or(now, |delay| clock::clamp(delay.stamp, self.scope.now))
    }

    /// XEP-0359 §5: only our own account's archive counts, and only where the server keeps false ids away.
    fn archive_id(&self, message: &IncomingMessage) -> Option<ArchiveId> {
        let own = Jid::from(self.scope.address.clone());
        let mut ids = message.stanza_ids.iter().filter(|id| id.by == own && id.id.len() <= MAX_ID_LENGTH);
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
        self.answered(store, &routed.peer, id, MessageState::Failed(failure(error)), false)
    }

    /// What `peer` says has become of our message. Another's message, or one to somebody else, is not touched. The archive, which
    /// is read backwards, may name one that is still to come.
    fn answered(
        &mut self,
        store: &Connection,
        peer: &BareJid,
        id: &str,
        state: MessageState,
        is_archived: bool,
    ) -> Result<(), StoreError> {
        let Some(conversation) = self.answered_in(store, peer, is_archived)? else { return Ok(()) };
        let origin = OriginId(id.to_owned());
        match message::by_origin(store, conversation, &self.scope.address, &origin)? {
            Some(ours) => self.advance(store, ours.cursor.id, state),
            None if is_archived => read_state::answer_early(store, conversation, &origin, false),
            None => Ok(()),
        }
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
        if let Some(row) = message::advance(store, id, state)? {
            self.changes.of(store, row.conversation)?.change(row.into());
        }
        Ok(())
    }

    fn published(&mut self, store: &Connection, routed: &Routed<'_>, event: &pubsub::Event) -> Result<(), StoreError> {
        let Routed { peer, is_carbon: false, .. } = routed else { return Ok(()) };
        let newest = event.items.last().and_then(|item| item.payload.as_ref());
        let is_gone = event.is_emptied || (event.items.is_empty() && !event.retracted.is_empty());
        match event.node.as_str() {
            avatar::METADATA => {
                let hash = match newest.map(avatar::parse_metadata) {
                    Some(Ok(metadata)) => metadata.filter(|m| !m.is_remote).map(|m| m.hash),
                    None if is_gone => None,
                    Some(Err(())) | None => return Ok(()),
                };
                self.avatar(store, peer, hash)
            }
            nickname::NODE => match newest {
                Some(payload) => self.nickname(store, peer, nickname::parse_payload(payload).as_deref()),
                None if is_gone => self.nickname(store, peer, None),
                None => Ok(()),
            },
            // Private: nobody else can say what we have read (CVE-2023-28686).
            displayed::NODE if *peer == self.scope.address => self.synchronised(store, &event.items),
            _ => Ok(()),
        }
    }

    fn avatar(&mut self, store: &Connection, of: &BareJid, hash: Option<AvatarHash>) -> Result<(), StoreError> {
        // Whoever is not known here has no picture here either.
        let is_known = *of == self.scope.address || contact::find(store, self.scope.account, of)?.is_some();
        if is_known {
            self.effects.avatars.push(AvatarNotice {
                account: self.scope.account,
                address: of.clone(),
                source: AvatarSource::Pep,
                hash,
            });
        }
        Ok(())
    }

    fn nickname(&mut self, store: &Connection, of: &BareJid, nickname: Option<&str>) -> Result<(), StoreError> {
        let Scope { account, address, .. } = self.scope;
        if of == address {
            if account::by_id(store, *account)?.nickname.as_deref() != nickname {
                account::set_nickname(store, *account, nickname)?;
                self.effects.accounts.push(*account);
            }
        } else if contact::set_nickname(store, *account, of, nickname)? {
            self.effects.contact(*account, of);
        }
        Ok(())
    }

    /// XEP-0172 §4.2: somebody introduces themselves with their first message; afterwards PEP has the word.
    fn nickname_of_stranger(&mut self, store: &Connection, routed: &Routed<'_>) -> Result<(), StoreError> {
        let Some(nickname) = &routed.message.nickname else { return Ok(()) };
        let is_nameless = contact::find(store, self.scope.account, &routed.peer)?
            .is_some_and(|contact| contact.name.is_none() && contact.nickname.is_none());
        if is_nameless { self.nickname(store, &routed.peer, Some(nickname)) } else { Ok(()) }
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
    message.origin_id.clone().or_else(unique).filter(|id| id.0.len() <= MAX_ID_LENGTH)
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

#[cfg(test)]
mod tests;
