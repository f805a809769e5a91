//! One account on a database in memory, for the tests of the engine's parts.

use std::{cell::Cell, mem};

use rusqlite::Connection;
use uuid::Uuid;

use super::{
    api::{Event, Message, TextFormat},
    conversation,
    effect::{Effects, Privacy, Scope},
    inbound::Inbound,
    outbox::{self, Draft},
};
use crate::{
    ids::{BareJid, ConversationId, Jid, MessageId, OriginId, Timestamp},
    store::{
        MessageState, account,
        contact::{self, RosterEntry, Subscription},
        in_memory, search,
    },
    xmpp::{
        carbon::{Carbon, Direction},
        incoming::{IncomingMessage, MessageKind},
    },
};

pub const ALICE: &str = "alice@chat.test";
pub const BOB: &str = "bob@chat.test";
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub fn jid(text: &str) -> BareJid {
    BareJid::new(text).unwrap()
}

/// Alice's account, online now.
pub struct Fixture {
    pub store: Connection,
    pub scope: Scope,
    next: Cell<u64>,
}

/// A batch's effects, sorted by kind.
#[derive(Debug, Default)]
pub struct Seen {
    pub stored: Vec<Message>,
    pub news: Vec<MessageId>,
    pub changed: Vec<Message>,
    pub effects: Effects,
}

impl Fixture {
    pub fn new() -> Self {
        let store = in_memory();
        let new = account::NewAccount::new(jid(ALICE), Uuid::from_u128(7));
        let account = account::insert(&store, &new).unwrap().unwrap().id;
        let scope = Scope {
            account,
            address: jid(ALICE),
            now: NOW,
            in_front: None,
            privacy: Privacy::default(),
            has_stanza_ids: true,
            is_online: true,
        };
        Self { store, scope, next: Cell::new(1) }
    }

    /// Puts somebody on the roster.
    pub fn befriend(&self, who: &str, subscription: Subscription) {
        let entry = RosterEntry {
            address: jid(who),
            name: None,
            groups: Vec::new(),
            subscription,
            is_pending: false,
            is_approved: false,
        };
        contact::put_roster_entry(&self.store, self.scope.account, &entry, None).unwrap();
    }

    pub fn open(&self, peer: &str) -> ConversationId {
        conversation::open(&self.store, &self.scope, &jid(peer)).unwrap().0.id
    }

    fn id(&self) -> String {
        let next = self.next.replace(self.next.get() + 1);
        format!("00000000-0000-0000-0000-{next:012}")
    }

    /// A chat message from somebody's phone, with ids, that wants a receipt.
    pub fn from(&self, who: &str, body: &str) -> IncomingMessage {
        let id = self.id();
        IncomingMessage {
            from: Some(Jid::new(&format!("{who}/phone")).unwrap()),
            to: Some(Jid::new(ALICE).unwrap()),
            origin_id: Some(OriginId(id.clone())),
            id: Some(id),
            kind: MessageKind::Chat,
            body: Some(body.to_owned()),
            receipt_request: true,
            ..IncomingMessage::default()
        }
    }

    /// The copy of what Alice wrote on her laptop.
    pub fn sent_elsewhere(&self, to: &str, body: &str) -> IncomingMessage {
        let message = IncomingMessage { to: Some(Jid::new(to).unwrap()), ..self.from(ALICE, body) };
        carbon(Direction::Sent, message)
    }

    pub fn receive(&self, messages: &[IncomingMessage]) -> Seen {
        let mut inbound = Inbound::new(&self.scope);
        for message in messages {
            inbound.message(&self.store, message).unwrap();
        }
        let seen = Seen::from(inbound.finish(&self.store).unwrap());
        search::index(&self.store).unwrap();
        seen
    }

    pub fn answer(&self, conversation: ConversationId, text: &str, answers: Option<MessageId>) -> (Message, Effects) {
        let draft = Draft {
            text: text.to_owned(),
            format: TextFormat::default(),
            answers,
            previews: Vec::new(),
            id: OriginId(self.id()),
            held_until: None,
        };
        outbox::send(&self.store, &self.scope, conversation, draft).unwrap()
    }

    pub fn send(&self, conversation: ConversationId, text: &str) -> (Message, Effects) {
        self.answer(conversation, text, None)
    }
}

pub fn carbon(direction: Direction, message: IncomingMessage) -> IncomingMessage {
    IncomingMessage {
        from: Some(Jid::new(ALICE).unwrap()),
        kind: MessageKind::Chat,
        carbon: Some(Carbon { direction, message: Box::new(message) }),
        ..IncomingMessage::default()
    }
}

impl From<Effects> for Seen {
    fn from(mut effects: Effects) -> Self {
        let mut seen = Self::default();
        for event in mem::take(&mut effects.events) {
            match event {
                Event::MessagesStored { messages, news, .. } => {
                    seen.stored.extend(messages);
                    seen.news.extend(news);
                }
                Event::MessagesChanged { messages, .. } => seen.changed.extend(messages),
                other => effects.events.push(other),
            }
        }
        seen.effects = effects;
        seen
    }
}

impl Seen {
    pub fn bodies(&self) -> Vec<&str> {
        self.stored.iter().map(|message| message.body.as_str()).collect()
    }

    pub fn states(&self) -> Vec<MessageState> {
        self.changed.iter().map(|message| message.state).collect()
    }

    pub fn is_nothing(&self) -> bool {
        self.stored.is_empty() && self.changed.is_empty() && self.effects.is_empty()
    }
}
