//! What follows from a transaction: decided inside it, carried out after it was committed.
//!
//! Functions that change the store take a `rusqlite::Connection` and an [`Effects`] and do nothing else: no stanza leaves and
//! nobody is told before the row is on disk. Knows neither sessions nor the channel to the window.

use minidom::Element;

use crate::ids::AmendmentId;
pub use crate::store::contact::AvatarSource;

use super::api::{AccountId, AvatarHash, BareJid, ChatState, ConversationId, Event, MessageId, Timestamp};

/// What the functions of a transaction have to know of the account they work for.
#[derive(Debug, Clone)]
pub struct Scope {
    pub account: AccountId,
    pub address: BareJid,
    pub now: Timestamp,
    /// The conversation that the person looks at.
    pub in_front: Option<ConversationId>,
    pub privacy: Privacy,
    /// Whether the server gives stanza ids and takes away false ones: it names `urn:xmpp:sid:0` for our address (XEP-0359 §5).
    pub has_stanza_ids: bool,
    /// There is a session that takes messages.
    pub is_online: bool,
}

/// What those who may see our presence learn of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy {
    /// That a message has arrived (XEP-0184 §8).
    pub send_receipts: bool,
    /// That it has been seen (XEP-0333).
    pub send_markers: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { send_receipts: true, send_markers: true }
    }
}

/// A stanza to be sent by an account's session.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub account: AccountId,
    pub stanza: Element,
    /// Our own message that it carries: whoever sends it waits to hear what becomes of it.
    pub message: Option<OwnMessage>,
    /// What we say of a message, in the same way.
    pub amendment: Option<AmendmentId>,
}

/// A message of ours on its way to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    /// It is on disk that a session may have sent it. Without that no session gets it.
    pub is_attempted: bool,
    /// It goes together with all that waits before it.
    pub is_in_turn: bool,
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

/// A chat state that somebody sent, with the conversation it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerState {
    pub conversation: ConversationId,
    /// `None`: they wrote a message and said nothing of what they do.
    pub state: Option<ChatState>,
}

/// Which messages had to wait and need not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// There is a session.
    All,
    /// It is as clear as it will be whether those before them arrived.
    Conversation(ConversationId),
}

/// What is to be done, in this order: `contacts`, `accounts`, `events`, `unseen`, `released`, `again`, `stanzas`, `caught_up`,
/// then the notices.
#[derive(Debug, Default)]
pub struct Effects {
    /// Contacts that are new or have changed. Whoever knows presences makes `ContactsChanged` of them.
    pub contacts: Vec<(AccountId, BareJid)>,
    /// Accounts whose row has changed.
    pub accounts: Vec<AccountId>,
    /// In the order in which the window has to hear them.
    pub events: Vec<Event>,
    /// Contacts of whose presence nothing is known any more.
    pub unseen: Vec<(AccountId, BareJid)>,
    /// Before the stanzas: what is to be sent from now on, so that nothing written meanwhile overtakes them.
    pub released: Vec<(AccountId, Released)>,
    /// What failed and is to be sent once more, whatever the session has of it.
    pub again: Vec<(AccountId, MessageId)>,
    pub stanzas: Vec<Outgoing>,
    /// All that waited up to this message is among the stanzas.
    pub caught_up: Vec<(AccountId, MessageId)>,
    pub avatars: Vec<AvatarNotice>,
    pub chat_states: Vec<(AccountId, BareJid, PeerState)>,
    /// Accounts of which something was read here that others are to be told.
    pub read: Vec<AccountId>,
    /// Accounts that have files to upload.
    pub uploads: Vec<AccountId>,
}

impl Effects {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.contacts.is_empty()
            && self.accounts.is_empty()
            && self.events.is_empty()
            && self.unseen.is_empty()
            && self.released.is_empty()
            && self.again.is_empty()
            && self.stanzas.is_empty()
            && self.caught_up.is_empty()
            && self.avatars.is_empty()
            && self.chat_states.is_empty()
            && self.read.is_empty()
            && self.uploads.is_empty()
    }

    /// Appends what another transaction, or another part of the same one, has decided.
    pub fn merge(&mut self, other: Self) {
        self.contacts.extend(other.contacts);
        self.accounts.extend(other.accounts);
        self.events.extend(other.events);
        self.unseen.extend(other.unseen);
        self.released.extend(other.released);
        self.again.extend(other.again);
        self.stanzas.extend(other.stanzas);
        self.caught_up.extend(other.caught_up);
        self.avatars.extend(other.avatars);
        self.chat_states.extend(other.chat_states);
        self.read.extend(other.read);
        self.uploads.extend(other.uploads);
    }

    /// Notes a contact once.
    pub fn contact(&mut self, account: AccountId, address: &BareJid) {
        if !self.contacts.iter().any(|(a, b)| *a == account && b == address) {
            self.contacts.push((account, address.clone()));
        }
    }
}
