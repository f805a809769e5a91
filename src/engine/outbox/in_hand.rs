//! Which messages the session has in its hands, and which have to stay back.

use std::collections::{HashMap, HashSet};

use crate::{
    engine::effect::{OwnMessage, Released},
    ids::{AmendmentId, ConversationId, MessageId},
};

/// The messages that a session has in its hands. What is not there and still waits is sent as soon as there is a session.
#[derive(Debug, Default)]
pub struct Outbox {
    is_online: bool,
    in_flight: HashSet<MessageId>,
    /// Of messages that were sent once more while the session had them: of how many of its words nothing follows, because they
    /// are about what was sent before.
    outdated: HashMap<MessageId, u32>,
    /// What is said of messages, in the same way.
    amending: HashSet<AmendmentId>,
    /// Here a message may have arrived without our knowing. Until that is cleared up, those after it wait with it, so that
    /// the order is kept.
    held: HashSet<ConversationId>,
    /// Here messages had to stay back, the newest of which is this. Until all that waits has been sent, nothing that is written
    /// now overtakes them.
    behind: HashMap<ConversationId, MessageId>,
}

/// Whether a message goes to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It does, and is in its hands from now on.
    Now,
    /// All that waits has to be sent, it among them: it has to be noted on disk first that it may have been, or something
    /// before it stayed back.
    NotYet,
    /// The session has it already, or there is none, or something before it is not cleared up.
    No,
}

impl Outbox {
    /// Nothing goes out until there is another session.
    pub const fn set_offline(&mut self) {
        self.is_online = false;
    }

    pub const fn is_online(&self) -> bool {
        self.is_online
    }

    /// Whether this message goes to the session now.
    pub fn admit(&mut self, message: &OwnMessage) -> Admission {
        let OwnMessage { id, conversation, is_attempted, is_in_turn } = message;
        if self.in_flight.contains(id) {
            return Admission::No;
        }
        let admission = if !self.is_online || self.held.contains(conversation) {
            Admission::No
        } else if !is_attempted || !is_in_turn && self.behind.contains_key(conversation) {
            Admission::NotYet
        } else {
            self.in_flight.insert(*id);
            return Admission::Now;
        };
        let newest = self.behind.entry(*conversation).or_insert(*id);
        *newest = (*newest).max(*id);
        admission
    }

    /// A message failed and is to be sent once more: what the session has still to say of it counts no more.
    pub fn send_again(&mut self, message: MessageId) {
        if self.in_flight.remove(&message) {
            *self.outdated.entry(message).or_default() += 1;
        }
    }

    /// The session says what became of these, each as it was sent first; those of which that still counts.
    pub fn heard(&mut self, messages: impl IntoIterator<Item = MessageId>) -> Vec<MessageId> {
        let counts = |message: &MessageId| {
            let Some(left) = self.outdated.get_mut(message) else { return true };
            *left -= 1;
            if *left == 0 {
                self.outdated.remove(message);
            }
            false
        };
        messages.into_iter().filter(counts).collect()
    }

    /// All that waited has been sent, up to this message. True: meanwhile more had to stay back, and waits now.
    pub fn caught_up(&mut self, up_to: MessageId) -> bool {
        let held = &self.held;
        self.behind.retain(|conversation, newest| *newest > up_to || held.contains(conversation));
        self.is_online && self.behind.keys().any(|conversation| !self.held.contains(conversation))
    }

    pub const fn in_flight(&self) -> &HashSet<MessageId> {
        &self.in_flight
    }

    /// Nothing of these conversations goes out, and what goes out of all others is none of theirs.
    pub fn hold(&mut self, conversations: HashSet<ConversationId>) {
        self.held = conversations;
    }

    pub const fn held(&self) -> &HashSet<ConversationId> {
        &self.held
    }

    /// What had to wait need not any more.
    pub fn let_go(&mut self, released: Released) {
        match released {
            Released::All => self.is_online = true,
            Released::Conversation(conversation) => {
                self.held.remove(&conversation);
            }
        }
    }

    /// Whether what is said of a message goes to the session now: it has not had it yet.
    pub fn admit_amendment(&mut self, id: AmendmentId) -> bool {
        self.is_online && self.amending.insert(id)
    }

    /// The same as [`Self::release`].
    pub fn release_amendments(&mut self, amendments: impl IntoIterator<Item = AmendmentId>) {
        for id in amendments {
            self.amending.remove(&id);
        }
    }

    /// The session has said what became of these, or they are to be sent once more.
    pub fn release(&mut self, messages: impl IntoIterator<Item = MessageId>) {
        for message in messages {
            self.in_flight.remove(&message);
        }
    }
}
