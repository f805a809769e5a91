//! Joins events that are ready together, so that a thousand of them cost as little as a few: pure, no object is touched.

use std::collections::HashMap;

use crate::engine::api::{AccountId, BareJid, Contact, Conversation, ConversationId, Event, Presence};

/// The same outcome in fewer events. What concerns one object keeps its order.
pub fn join(events: Vec<Event>) -> Vec<Event> {
    let mut joined = Joined::default();
    for event in events {
        joined.add(event);
    }
    joined.events
}

/// The joined events, and where the ones stand that can still take more.
#[derive(Default)]
struct Joined {
    events: Vec<Event>,
    stored: HashMap<ConversationId, usize>,
    conversations: Option<Open<ConversationId>>,
    contacts: Option<Open<(AccountId, BareJid)>>,
    presences: HashMap<AccountId, Open<BareJid>>,
}

/// An event that can still take more: where it stands, and where each object stands in it.
type Open<K> = (usize, HashMap<K, usize>);

impl Joined {
    fn add(&mut self, event: Event) {
        match event {
            Event::MessagesStored { conversation, messages, news } => {
                if let Some(Event::MessagesStored { messages: known, news: known_news, .. }) =
                    self.stored.get(&conversation).and_then(|&at| self.events.get_mut(at))
                {
                    known.extend(messages);
                    known_news.extend(news);
                } else {
                    self.stored.insert(conversation, self.events.len());
                    self.events.push(Event::MessagesStored { conversation, messages, news });
                }
            }
            Event::ConversationsChanged(changed) => self.add_conversations(changed),
            Event::ContactsChanged(changed) => self.add_contacts(changed),
            Event::PresenceChanged { account, changes } => self.add_presences(account, changes),
            event => {
                match &event {
                    Event::MessagesChanged { conversation, .. }
                    | Event::MessageRemoved { conversation, .. }
                    | Event::HistoryDeleted(conversation) => {
                        self.stored.remove(conversation);
                    }
                    Event::ConversationRemoved(conversation) => {
                        self.stored.remove(conversation);
                        self.conversations = None;
                    }
                    Event::ContactsRemoved { .. } | Event::AvatarChanged { .. } => {
                        self.contacts = None;
                        self.presences.clear();
                    }
                    Event::AccountRemoved(_) | Event::Resync => {
                        let events = std::mem::take(&mut self.events);
                        *self = Self { events, ..Self::default() };
                    }
                    _ => {}
                }
                self.events.push(event);
            }
        }
    }

    fn add_conversations(&mut self, changed: Vec<Conversation>) {
        let events = &mut self.events;
        let (at, places) = self.conversations.get_or_insert_with(|| {
            events.push(Event::ConversationsChanged(Vec::new()));
            (events.len() - 1, HashMap::new())
        });
        let Some(Event::ConversationsChanged(known)) = events.get_mut(*at) else { return };
        for conversation in changed {
            replace_or_push(known, places, conversation.id, conversation);
        }
    }

    fn add_contacts(&mut self, changed: Vec<Contact>) {
        // A contact's snapshot holds its presence: what came before it counts no more, what comes after it must follow it.
        self.presences.clear();
        let events = &mut self.events;
        let (at, places) = self.contacts.get_or_insert_with(|| {
            events.push(Event::ContactsChanged(Vec::new()));
            (events.len() - 1, HashMap::new())
        });
        let Some(Event::ContactsChanged(known)) = events.get_mut(*at) else { return };
        for contact in changed {
            replace_or_push(known, places, (contact.account, contact.address.clone()), contact);
        }
    }

    fn add_presences(&mut self, account: AccountId, changes: Vec<(BareJid, Presence)>) {
        self.contacts = None;
        let events = &mut self.events;
        let (at, places) = self.presences.entry(account).or_insert_with(|| {
            events.push(Event::PresenceChanged { account, changes: Vec::new() });
            (events.len() - 1, HashMap::new())
        });
        let Some(Event::PresenceChanged { changes: known, .. }) = events.get_mut(*at) else { return };
        for change in changes {
            replace_or_push(known, places, change.0.clone(), change);
        }
    }
}

/// The later value stands for the earlier one under the same key.
fn replace_or_push<K: std::hash::Hash + Eq, V>(list: &mut Vec<V>, places: &mut HashMap<K, usize>, key: K, value: V) {
    if let Some(&at) = places.get(&key) {
        list[at] = value;
    } else {
        places.insert(key, list.len());
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::api::{Availability, MessageId},
        model::testing,
    };

    fn presence(address: &str, availability: Availability) -> Event {
        let presence = Presence { availability, status: None };
        Event::PresenceChanged { account: AccountId(1), changes: vec![(testing::jid(address), presence)] }
    }

    #[test]
    fn a_thousand_messages_become_one_event_for_each_conversation() {
        let events = (0..1_000i64)
            .flat_map(|n| {
                let id = ConversationId(n % 2);
                let message = testing::message(id, n);
                let stored =
                    Event::MessagesStored { conversation: id, messages: vec![message], news: vec![MessageId(n)] };
                [stored, Event::ConversationsChanged(vec![testing::conversation(n % 2, "bob@a.example", n)])]
            })
            .collect();
        let joined = join(events);
        assert_eq!(joined.len(), 3);
        let Event::MessagesStored { messages, news, .. } = &joined[0] else { panic!("{:?}", joined[0]) };
        assert_eq!((messages.len(), news.len()), (500, 500));
        let Event::ConversationsChanged(conversations) = &joined[1] else { panic!("{:?}", joined[1]) };
        assert_eq!(conversations.iter().map(|c| c.active_at.0).collect::<Vec<_>>(), [998, 999]);
    }

    #[test]
    fn a_state_that_changes_between_two_messages_keeps_its_place() {
        let id = ConversationId(1);
        let stored =
            |n| Event::MessagesStored { conversation: id, messages: vec![testing::message(id, n)], news: vec![] };
        let changed = Event::MessagesChanged { conversation: id, messages: vec![testing::message(id, 1)] };
        let events = vec![stored(1), changed, stored(2)];
        assert_eq!(join(events.clone()), events);
    }

    #[test]
    fn the_last_presence_counts_and_never_passes_a_newer_snapshot_of_the_contact() {
        let joined =
            join(vec![presence("bob@a.example", Availability::Away), presence("bob@a.example", Availability::Online)]);
        assert_eq!(joined, [presence("bob@a.example", Availability::Online)]);
        let events = vec![
            presence("bob@a.example", Availability::Away),
            Event::ContactsChanged(vec![testing::contact("bob@a.example")]),
            presence("bob@a.example", Availability::Online),
        ];
        assert_eq!(join(events.clone()), events);
    }
}
