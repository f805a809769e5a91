//! What is looked at after each step: what was stored, where it stands, and what was told of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;

use super::{Event, Scope, script::Claims};
use crate::{
    engine::api::Conversation,
    ids::{BareJid, ConversationId, Cursor, MessageId},
    store::{
        MessageState, conversation,
        history::{self, Anchor},
        message::MessageRow,
    },
};

/// More than any script brings.
const ALL: usize = 10_000;

/// What the step was.
pub enum Moment<'m> {
    /// Stanzas came.
    Live,
    /// A page of the archive came, with these ids, the oldest first.
    Page(&'m [String]),
    /// The person did something, or the server took what was sent.
    Own,
}

/// All that was stored before, and what has been said of our own messages.
#[derive(Default)]
pub struct Ledger {
    pub is_second_time: bool,
    rows: BTreeMap<MessageId, (BareJid, MessageRow)>,
    receipts: HashSet<(String, String)>,
    errors: HashSet<(String, String)>,
}

impl Ledger {
    /// What somebody says who may, before it is stored.
    pub fn expect(&mut self, claims: &Claims) {
        self.receipts.extend(claims.receipt.clone());
        self.errors.extend(claims.error.clone());
    }

    pub fn check(&mut self, store: &Connection, scope: &Scope, events: &[Event], moment: &Moment<'_>) {
        let mut new = BTreeMap::new();
        let moved = moved(events, moment);
        let conversations = conversation::all(store, scope.account).expect("it can be read");
        let mut seen = 0;
        for row in &conversations {
            let page = history::page(store, row.id, Anchor::Newest, ALL).expect("it can be read");
            assert!(!page.has_older && !page.has_newer);
            assert!(page.messages.is_sorted_by(|a, b| a.cursor < b.cursor), "out of order");
            let newest = page.messages.last().map(|message| message.cursor);
            assert_eq!(row.last.as_ref().map(|last| last.cursor), newest);
            let unread = page.messages.iter().filter(|message| !message.is_outgoing() && message.cursor > row.read);
            assert_eq!(u32::try_from(unread.count()), Ok(row.unread));
            assert!(row.read <= newest.unwrap_or(Cursor { position: 0, id: MessageId(0) }), "read what is not there");
            seen += page.messages.len();
            for message in page.messages {
                self.state(&row.peer, &message);
                if let Some((peer, known)) = self.rows.get_mut(&message.cursor.id) {
                    assert_eq!(*peer, row.peer);
                    assert!(known.state == message.state || known.state.may_become(message.state));
                    // Else it is what it was, but for the archive's name of it, and its place where the archive has another.
                    known.state = message.state;
                    if moved.contains(&message.cursor.id) {
                        known.cursor = message.cursor;
                    }
                    known.archive_id = known.archive_id.take().or_else(|| message.archive_id.clone());
                    assert_eq!(*known, message, "a message has changed");
                } else {
                    self.is_true(&row.peer, &message);
                    new.insert(message.cursor.id, (row.peer.clone(), message));
                }
            }
        }
        assert_eq!(seen, self.rows.len() + new.len(), "a message is lost");
        told(events, &new, &moved, &conversations.into_iter().map(Conversation::from).collect::<Vec<_>>());
        self.order(&new, moment);
        self.rows.append(&mut new);
    }

    /// Nobody has spoken with another's voice. The script says in each text who says it to whom, and whether it can be known
    /// again.
    fn is_true(&self, peer: &BareJid, message: &MessageRow) {
        assert!(!message.body.starts_with("never"), "{message:?}");
        let parts: Vec<&str> = message.body.split('|').collect();
        let ["ok", is_with, is_by, is_known_again, ..] = parts[..] else { return };
        assert_eq!((is_with, is_by), (peer.as_str(), message.sender.as_str()), "{message:?}");
        assert!(!self.is_second_time || is_known_again != "u", "stored twice: {message:?}");
    }

    /// Only whom it was for says what has become of a message of ours.
    fn state(&self, peer: &BareJid, message: &MessageRow) {
        let by = || (peer.to_string(), message.origin_id.as_ref().map(|id| id.0.clone()).unwrap_or_default());
        match message.state {
            MessageState::Delivered => assert!(self.receipts.contains(&by()), "{message:?}"),
            MessageState::Failed(_) => assert!(self.errors.contains(&by()), "{message:?}"),
            MessageState::Received | MessageState::Waiting | MessageState::Sent => (),
        }
    }

    fn order(&self, new: &BTreeMap<MessageId, (BareJid, MessageRow)>, moment: &Moment<'_>) {
        let mut newest: HashMap<ConversationId, Cursor> = HashMap::new();
        for (_, known) in self.rows.values() {
            let place = newest.entry(known.conversation).or_insert(known.cursor);
            *place = known.cursor.max(*place);
        }
        match moment {
            // By id is in the order of their coming.
            Moment::Live | Moment::Own => {
                for (_, message) in new.values() {
                    let before = newest.insert(message.conversation, message.cursor);
                    assert!(before.is_none_or(|before| before < message.cursor), "what came later stands above");
                }
            }
            Moment::Page(ids) => {
                let place = |message: &MessageRow| {
                    let id = &message.archive_id.as_ref().expect("the archive names all").id;
                    let mut places = ids.iter().enumerate().filter(|(_, known)| *known == id);
                    // Of two of the same name, one was dropped.
                    places.next().map(|(place, _)| place).filter(|_| places.next().is_none())
                };
                let mut by_conversation: HashMap<ConversationId, Vec<(usize, Cursor)>> = HashMap::new();
                for (_, message) in new.values() {
                    if let Some(place) = place(message) {
                        by_conversation.entry(message.conversation).or_default().push((place, message.cursor));
                    }
                }
                for mut messages in by_conversation.into_values() {
                    messages.sort_unstable();
                    assert!(messages.is_sorted_by(|(_, a), (_, b)| a < b), "not in the archive's order: {messages:?}");
                }
            }
        }
    }
}

/// What goes and comes again, since it stands elsewhere in the archive.
fn moved(events: &[Event], moment: &Moment<'_>) -> BTreeSet<MessageId> {
    let gone = events.iter().filter_map(|event| match event {
        Event::MessageRemoved { message, .. } => Some(*message),
        _ => None,
    });
    let moved: BTreeSet<_> = gone.collect();
    assert!(moved.is_empty() || matches!(moment, Moment::Page(_)), "only the archive moves what stands");
    moved
}

/// The window hears of all that was stored, of nothing else, and of each conversation as it is in the end.
fn told(
    events: &[Event],
    new: &BTreeMap<MessageId, (BareJid, MessageRow)>,
    moved: &BTreeSet<MessageId>,
    conversations: &[Conversation],
) {
    let (mut stored, mut snapshots) = (BTreeSet::new(), HashMap::new());
    for event in events {
        match event {
            Event::MessagesStored { conversation, messages, news } => {
                assert!(messages.is_sorted_by(|a, b| a.cursor < b.cursor));
                assert!(messages.iter().all(|message| message.conversation == *conversation));
                assert!(news.iter().all(|id| messages.iter().any(|m| m.cursor.id == *id && !m.is_outgoing)));
                for message in messages {
                    assert!(stored.insert(message.cursor.id), "told twice");
                }
                assert!(snapshots.contains_key(conversation), "the conversation comes first");
            }
            Event::ConversationsChanged(changed) => snapshots.extend(changed.iter().map(|c| (c.id, c))),
            _ => (),
        }
    }
    let expected: BTreeSet<_> = new.keys().chain(moved).copied().collect();
    assert_eq!(stored, expected, "{new:?}");
    for (id, snapshot) in snapshots {
        assert_eq!(conversations.iter().find(|conversation| conversation.id == id), Some(snapshot));
    }
}
