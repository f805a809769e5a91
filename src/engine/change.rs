//! What a transaction does to conversations, gathered so that it becomes as few events as possible.

use rusqlite::Connection;

use super::{
    annotation::annotate,
    api::{ConversationId, Cursor, Event, Message, MessageId},
    file,
    snapshot::note_read,
};
use crate::store::{
    StoreError,
    conversation::{self, ReadMark},
};

/// How a message comes that was not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is from before: what the archive fills in.
    History,
    /// It is the newest.
    New,
    /// It is new to the person, who is to be told.
    News,
}

/// The conversations that a transaction touched, in the order in which it touched them first.
#[derive(Debug, Default)]
pub struct Changes(Vec<Change>);

/// What happened to one conversation.
#[derive(Debug)]
pub struct Change {
    conversation: ConversationId,
    is_muted: bool,
    /// New messages, oldest first.
    stored: Vec<Message>,
    /// Some of them came after all that was here.
    has_new: bool,
    news: Vec<MessageId>,
    /// Messages that were there before, in their new state.
    changed: Vec<Message>,
    /// Messages that were there before, in their new place.
    moved: Vec<Message>,
    removed: Vec<MessageId>,
    read: Option<Cursor>,
}

impl Changes {
    /// What happened to this conversation so far.
    pub fn of(&mut self, store: &Connection, conversation: ConversationId) -> Result<&mut Change, StoreError> {
        let known = self.0.iter().position(|change| change.conversation == conversation);
        let place = if let Some(place) = known {
            place
        } else {
            self.0.push(Change {
                conversation,
                is_muted: conversation::by_id(store, conversation)?.is_muted,
                stored: Vec::new(),
                has_new: false,
                news: Vec::new(),
                changed: Vec::new(),
                moved: Vec::new(),
                removed: Vec::new(),
                read: None,
            });
            self.0.len() - 1
        };
        Ok(&mut self.0[place])
    }

    /// Brings conversations with new messages into the list, and says what has happened: of each conversation its new
    /// snapshot first, so that the window knows whose messages follow.
    pub fn finish(self, store: &Connection, events: &mut Vec<Event>) -> Result<(), StoreError> {
        for Change { conversation, mut stored, has_new, news, mut changed, mut moved, removed, read, .. } in self.0 {
            // The archive is read backwards.
            stored.sort_by_key(|message| message.cursor);
            if let Some(newest) = stored.iter().map(|message| message.time).max() {
                conversation::touch(store, conversation, newest, has_new)?;
            }
            let row = conversation::by_id(store, conversation)?;
            file::record::fill(store, stored.iter_mut().chain(&mut changed).chain(&mut moved))?;
            let all = stored.iter_mut().chain(&mut changed).chain(&mut moved);
            let mut all: Vec<_> = all.collect();
            note_read(store, conversation, row.peer_read, all.iter_mut().map(|message| &mut **message))?;
            annotate(store, all)?;
            events.push(Event::ConversationsChanged(vec![row.into()]));
            events.extend(removed.into_iter().map(|message| Event::MessageRemoved { conversation, message }));
            // For whoever shows them they go and come again, as what they were.
            events.extend(moved.iter().map(|moved| Event::MessageRemoved { conversation, message: moved.cursor.id }));
            stored.extend(moved);
            stored.sort_by_key(|message| message.cursor);
            if !stored.is_empty() {
                events.push(Event::MessagesStored { conversation, messages: stored, news });
            }
            if !changed.is_empty() {
                events.push(Event::MessagesChanged { conversation, messages: changed });
            }
            if let Some(up_to) = read {
                events.push(Event::ReadChanged { conversation, up_to });
            }
        }
        Ok(())
    }
}

impl Change {
    pub const fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Notes a message that was stored.
    pub fn store(&mut self, message: Message, arrival: Arrival) {
        if arrival == Arrival::News {
            self.news.push(message.cursor.id);
        }
        self.has_new |= arrival != Arrival::History;
        self.stored.push(message);
    }

    /// Notes a message in its new state; what the same transaction has stored is mended in place.
    pub fn change(&mut self, message: Message) {
        let same = |m: &&mut Message| m.cursor.id == message.cursor.id;
        if let Some(known) = self.stored.iter_mut().chain(&mut self.changed).chain(&mut self.moved).find(same) {
            *known = message;
        } else {
            self.changed.push(message);
        }
    }

    /// Notes a message that stands in another place now.
    pub fn moved(&mut self, message: Message) {
        let same = |m: &Message| m.cursor.id == message.cursor.id;
        self.changed.retain(|changed| !same(changed));
        match self.stored.iter_mut().chain(&mut self.moved).find(|m| same(m)) {
            Some(known) => *known = message,
            None => self.moved.push(message),
        }
    }

    /// Notes a message that is no longer there.
    pub fn remove(&mut self, message: MessageId) {
        for list in [&mut self.stored, &mut self.changed, &mut self.moved] {
            list.retain(|known| known.cursor.id != message);
        }
        self.news.retain(|news| *news != message);
        self.removed.push(message);
    }

    /// Notes how far has been read. What has been read on another device meanwhile is no news here.
    pub fn read(&mut self, mark: ReadMark) {
        if mark.has_moved {
            self.read = Some(mark.up_to);
            let stored = &self.stored;
            self.news.retain(|news| stored.iter().any(|m| m.cursor.id == *news && m.cursor > mark.up_to));
        }
    }
}
