//! What follows from a transaction: decided inside it, carried out after it was committed.
//!
//! Functions that change the store take a `rusqlite::Connection` and an [`Effects`] and do nothing else: no stanza leaves and
//! nobody is told before the row is on disk. Knows neither sessions nor the channel to the window.

use minidom::Element;

use super::api::{
    AccountId, AvatarHash, BareJid, ChatState, Conversation, ConversationId, Cursor, Event, Message, MessageId,
    Timestamp,
};

/// What the functions of a transaction have to know of the account they work for.
#[derive(Debug, Clone)]
pub struct Scope {
    pub account: AccountId,
    pub address: BareJid,
    pub now: Timestamp,
    /// The conversation that the person looks at.
    pub in_front: Option<ConversationId>,
    /// Whether those who may see our presence learn that a message has arrived (XEP-0184 §8).
    pub send_receipts: bool,
    /// Whether the server gives stanza ids and takes away false ones: it names `urn:xmpp:sid:0` for our address (XEP-0359 §5).
    pub has_stanza_ids: bool,
}

/// A stanza to be sent by an account's session.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub account: AccountId,
    pub stanza: Element,
    /// Our own message: whoever sends it waits to hear what becomes of it.
    pub message: Option<MessageId>,
}

/// What somebody's avatar is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvatarNotice {
    pub account: AccountId,
    pub address: BareJid,
    pub source: AvatarSource,
    /// `None`: there is none any more.
    pub hash: Option<AvatarHash>,
}

/// Where an avatar was announced, and is to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AvatarSource {
    /// XEP-0084.
    Pep,
    /// XEP-0153.
    Vcard,
}

/// A chat state that somebody sent, with the conversation it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerState {
    pub conversation: ConversationId,
    pub state: ChatState,
}

/// What is to be done, in this order: `contacts`, `events`, `stanzas`, then the notices.
#[derive(Debug, Default)]
pub struct Effects {
    /// Contacts that are new or have changed. Whoever knows presences makes `ContactsChanged` of them.
    pub contacts: Vec<(AccountId, BareJid)>,
    /// In the order in which the window has to hear them.
    pub events: Vec<Event>,
    pub stanzas: Vec<Outgoing>,
    pub avatars: Vec<AvatarNotice>,
    pub chat_states: Vec<(BareJid, PeerState)>,
}

impl Effects {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.contacts.is_empty()
            && self.events.is_empty()
            && self.stanzas.is_empty()
            && self.avatars.is_empty()
            && self.chat_states.is_empty()
    }

    /// Appends what another transaction, or another part of the same one, has decided.
    pub fn merge(&mut self, other: Self) {
        self.contacts.extend(other.contacts);
        self.events.extend(other.events);
        self.stanzas.extend(other.stanzas);
        self.avatars.extend(other.avatars);
        self.chat_states.extend(other.chat_states);
    }

    /// Notes a contact once.
    pub fn contact(&mut self, account: AccountId, address: &BareJid) {
        if !self.contacts.iter().any(|(a, b)| *a == account && b == address) {
            self.contacts.push((account, address.clone()));
        }
    }
}

/// What a batch did to one conversation; becomes as few events as possible.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// New messages, oldest first.
    pub stored: Vec<Message>,
    pub news: Vec<MessageId>,
    /// Messages that were there before, in their new state.
    pub changed: Vec<Message>,
    /// The last message that somebody, here or on another device, has seen.
    pub read: Option<Cursor>,
}

impl Touched {
    /// The events for one conversation: the conversation first, so that the window knows whose messages follow.
    pub fn into_events(self, conversation: Conversation, events: &mut Vec<Event>) {
        let id = conversation.id;
        events.push(Event::ConversationsChanged(vec![conversation]));
        if !self.stored.is_empty() {
            events.push(Event::MessagesStored { conversation: id, messages: self.stored, news: self.news });
        }
        if !self.changed.is_empty() {
            events.push(Event::MessagesChanged { conversation: id, messages: self.changed });
        }
        if let Some(up_to) = self.read {
            events.push(Event::ReadChanged { conversation: id, up_to });
        }
    }

    /// Notes a message in its new state; what the same batch has stored is mended in place.
    pub fn change(&mut self, message: Message) {
        let same = |m: &&mut Message| m.cursor.id == message.cursor.id;
        if let Some(stored) = self.stored.iter_mut().find(same) {
            *stored = message;
        } else if let Some(changed) = self.changed.iter_mut().find(same) {
            *changed = message;
        } else {
            self.changed.push(message);
        }
    }
}
