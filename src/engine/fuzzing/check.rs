//! What is looked at after each step: what was stored, where it stands, and what was told of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;

use super::{
    Event, Scope,
    amending::{FILE, Said},
    script::Claims,
};
use crate::{
    engine::api::Conversation,
    ids::{BareJid, ConversationId, Cursor, MessageId},
    store::{
        MessageState, annotation,
        conversation::{self, ConversationRow},
        history::{self, Anchor},
        message::{self, MessageRow},
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
    claims: Claims,
    marks: HashMap<ConversationId, Marks>,
    /// What the pages before had, by the archive's names.
    named: HashSet<String>,
    /// What the archive called messages that have another name since they stand elsewhere. Where it called another one so as well,
    /// that was left out, and is no more.
    given_up: HashSet<String>,
}

/// How far we and the other side have read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Marks {
    own: Cursor,
    peer: Cursor,
}

const NOTHING: Cursor = Cursor { position: 0, id: MessageId(0) };

impl Ledger {
    /// What somebody says who may, before it is stored.
    pub fn expect(&mut self, claims: &Claims) {
        self.receipts.extend(claims.receipt.clone());
        self.errors.extend(claims.error.clone());
        self.claims.amending.extend(claims.amending.clone());
        self.claims.reading.extend(claims.reading.clone());
    }

    pub fn check(&mut self, store: &Connection, scope: &Scope, events: &[Event], moment: &Moment<'_>) {
        let mut new = BTreeMap::new();
        let gone = gone(events);
        let mut changed = BTreeSet::new();
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
            assert!(row.read <= newest.unwrap_or(NOTHING), "read what is not there");
            seen += page.messages.len();
            self.read(row, &page.messages, moment, !gone.is_empty());
            for message in &page.messages {
                self.state(&row.peer, message, &page.messages, moment);
            }
            for message in page.messages {
                self.reactions(store, &row.peer, &message);
                let text = self.rows.get(&message.cursor.id).map(|(_, known)| (&known.body, &known.format));
                if text.is_some_and(|text| text != (&message.body, &message.format)) {
                    self.may_change(&row.peer, &message);
                    changed.insert(message.cursor.id);
                }
                if let Some((peer, known)) = self.rows.get_mut(&message.cursor.id) {
                    assert_eq!(*peer, row.peer);
                    assert!(known.state == message.state || known.state.may_become(message.state));
                    // Else it is what it was, but for the archive's name of it, and both its place and that name where the
                    // archive has others.
                    known.state = message.state;
                    (known.body, known.format) = (message.body.clone(), message.format.clone());
                    if gone.contains(&message.cursor.id) {
                        known.cursor = message.cursor;
                        let before = std::mem::replace(&mut known.archive_id, message.archive_id.clone());
                        self.given_up
                            .extend(before.filter(|it| message.archive_id.as_ref() != Some(it)).map(|it| it.id));
                    }
                    known.archive_id = known.archive_id.take().or_else(|| message.archive_id.clone());
                    assert_eq!(*known, message, "a message has changed");
                } else {
                    self.is_true(&row.peer, &message);
                    new.insert(message.cursor.id, (row.peer.clone(), message));
                }
            }
        }
        let moved = self.moved(&gone, &new, store, moment);
        assert_eq!(seen, self.rows.len() + new.len(), "a message is lost");
        told_of(events, changed.iter().filter(|id| !moved.contains(id)));
        told(events, &new, &moved, &conversations.into_iter().map(Conversation::from).collect::<Vec<_>>());
        self.order(&new, moment);
        if let Moment::Page(ids) = moment {
            self.named.extend(ids.iter().cloned());
        }
        self.rows.append(&mut new);
    }

    /// Nobody has spoken with another's voice. The script says in each text who says it to whom, and whether it can be known
    /// again.
    fn is_true(&self, peer: &BareJid, message: &MessageRow) {
        assert!(!message.body.starts_with("never"), "{message:?}");
        let parts: Vec<&str> = message.body.split('|').collect();
        let ["ok", is_with, is_by, is_known_again, ..] = parts[..] else { return };
        assert_eq!((is_with, is_by), (peer.as_str(), message.sender.as_str()), "{message:?}");
        let is_called_as_another =
            message.archive_id.as_ref().is_some_and(|archive| self.given_up.contains(&archive.id));
        assert!(!self.is_second_time || is_known_again != "u" || is_called_as_another, "stored twice: {message:?}");
    }

    /// A text becomes another only by its author's word: another text, or none at all. Of the examples of the XEPs the script does
    /// not know who says what.
    fn may_change(&self, peer: &BareJid, message: &MessageRow) {
        if !message.body.starts_with("ok|") && !self.claims_text(message) {
            return;
        }
        let said = if message.body.is_empty() { Said::Nothing } else { Said::Text };
        assert!(self.claims.says(peer, &message.sender, said, &self.names(peer, message)), "{message:?}");
        let parts: Vec<&str> = message.body.split('|').collect();
        let is_named = parts.get(1..3) == Some(&[peer.as_str(), message.sender.as_str()]);
        assert!(said == Said::Nothing || is_named || message.body == FILE, "{message:?}");
    }

    /// Whether a message that is known had a text of the script's.
    fn claims_text(&self, message: &MessageRow) -> bool {
        self.rows.get(&message.cursor.id).is_some_and(|(_, known)| known.body.starts_with("ok|"))
    }

    fn names(&self, peer: &BareJid, message: &MessageRow) -> Vec<String> {
        let own = message.stanza_id.clone().into_iter().chain(message.origin_id.clone().map(|id| id.0));
        self.claims.names(peer, &message.sender, own)
    }

    /// Nobody says anything in emoji but what they have said.
    fn reactions(&self, store: &Connection, peer: &BareJid, message: &MessageRow) {
        let found = annotation::of(store, &[message.cursor.id]).expect("it can be read");
        let Some(found) = found.get(&message.cursor.id).filter(|_| message.body.starts_with("ok|")) else { return };
        for (sender, _) in found.reactions.iter().filter(|(_, emoji)| !emoji.is_empty()) {
            assert!(self.claims.says(peer, sender, Said::Emoji, &self.names(peer, message)), "{sender}: {message:?}");
        }
    }

    /// What goes and comes again, since it stands elsewhere in the archive. What goes for good has stood for what is there now.
    fn moved(
        &mut self,
        gone: &BTreeSet<MessageId>,
        new: &BTreeMap<MessageId, (BareJid, MessageRow)>,
        store: &Connection,
        moment: &Moment<'_>,
    ) -> BTreeSet<MessageId> {
        let mut moved = BTreeSet::new();
        for id in gone {
            if message::by_id(store, *id).is_ok() {
                assert!(matches!(moment, Moment::Page(_)), "only the archive moves what stands");
                moved.insert(*id);
            } else if let Some((peer, row)) = self.rows.remove(id) {
                let names = self.names(&peer, &row);
                let mut others = self.rows.values().chain(new.values());
                let is_there = others.any(|(with, other)| {
                    let ids = [other.stanza_id.as_ref(), other.origin_id.as_ref().map(|id| &id.0)];
                    (with, &other.sender) == (&peer, &row.sender) && ids.iter().flatten().any(|id| names.contains(id))
                });
                assert!(is_there || !row.body.starts_with("ok|"), "it went for nothing: {row:?}");
            }
        }
        moved
    }

    /// Only whom it was for says what has become of a message of ours: of it, or in one word of all up to a later one.
    fn state(&self, peer: &BareJid, message: &MessageRow, all: &[MessageRow], moment: &Moment<'_>) {
        let by = || (peer.to_string(), message.origin_id.as_ref().map(|id| id.0.clone()).unwrap_or_default());
        let known = self.rows.get(&message.cursor.id).map(|(_, known)| known.state);
        match message.state {
            MessageState::Delivered if known == Some(MessageState::Delivered) => (),
            MessageState::Delivered => {
                // What the archive brings may be put elsewhere at once.
                let is_above = |other: &MessageRow| matches!(moment, Moment::Page(_)) || other.cursor > message.cursor;
                // What had not left can't be seen, whatever stands below it.
                let may_be_seen = matches!(moment, Moment::Page(_)) || known.is_none_or(|it| it == MessageState::Sent);
                let mut others = all.iter().filter(|other| is_above(other) && may_be_seen);
                let is_seen =
                    self.claims.is_seen(peer, message) || others.any(|other| self.claims.is_seen(peer, other));
                assert!(is_seen || self.receipts.contains(&by()), "{message:?}");
            }
            MessageState::Failed(_) => assert!(self.errors.contains(&by()), "{message:?}"),
            MessageState::Received | MessageState::Waiting | MessageState::Sent => (),
        }
    }

    /// Nobody but ourselves says what we have read, and nobody but the other side what they have.
    fn read(&mut self, row: &ConversationRow, all: &[MessageRow], moment: &Moment<'_>, is_any_gone: bool) {
        let marks = Marks { own: row.read, peer: row.peer_read };
        let before = self.marks.insert(row.id, marks).unwrap_or(Marks { own: NOTHING, peer: NOTHING });
        if is_any_gone {
            return;
        }
        if marks.peer > before.peer {
            // What the archive brings may be put elsewhere at once.
            let is_it = |named: &&MessageRow| matches!(moment, Moment::Page(_)) || named.cursor == marks.peer;
            let mut named = all.iter().filter(is_it);
            assert!(named.any(|named| self.claims.is_seen(&row.peer, named)), "seen by whom? {row:?}");
        }
        // What the archive has from before this device is read; and the person reads as well.
        if marks.own > before.own && matches!(moment, Moment::Live) {
            let named = all.iter().find(|message| message.cursor == marks.own);
            // Who writes has read what stands there.
            let is_written = |named: &MessageRow| named.is_outgoing() && !self.rows.contains_key(&named.cursor.id);
            let is_said = named.is_some_and(|named| is_written(named) || self.claims.is_read(&row.peer, named));
            assert!(is_said, "read by whom? {row:?}");
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
                    // Of two of the same name, one was dropped. What is of an earlier page is shown only now where it corrects what
                    // has not come; no archive names another one so (XEP-0359 §3.1).
                    places
                        .next()
                        .map(|(place, _)| place)
                        .filter(|_| places.next().is_none() && !self.named.contains(id))
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

/// What the window is to take away.
fn gone(events: &[Event]) -> BTreeSet<MessageId> {
    let gone = events.iter().filter_map(|event| match event {
        Event::MessageRemoved { message, .. } => Some(*message),
        _ => None,
    });
    gone.collect()
}

/// The window hears of what has another text.
fn told_of<'c>(events: &[Event], mut changed: impl Iterator<Item = &'c MessageId>) {
    let is_told = |id: &MessageId| {
        events.iter().any(|event| match event {
            Event::MessagesChanged { messages, .. } => messages.iter().any(|message| message.cursor.id == *id),
            _ => false,
        })
    };
    assert!(changed.all(is_told), "a text has changed in silence");
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
