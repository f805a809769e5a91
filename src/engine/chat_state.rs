//! Who is typing, in both directions (XEP-0085); in memory only, for one account.
//!
//! Decides, and leaves the sending to others. What we do is told only to those who may see our presence, and only after
//! they have shown that they understand it (§5.1).

use std::collections::{HashMap, HashSet};

use super::{
    api::{BareJid, ChatState, ConversationId, Event},
    effect::PeerState,
};

/// What is known of the one who would learn what we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// Their subscription is `from` or `both`, or it is ourselves.
    pub sees_us: bool,
    pub is_available: bool,
    /// Whether one of their clients names the feature (XEP-0115); `None` where that is not known.
    pub supports: Option<bool>,
}

/// The chat states of one account's conversations.
#[derive(Debug, Default)]
pub struct ChatStates {
    /// What the window was told; `Gone` is left out.
    shown: HashMap<ConversationId, (BareJid, ChatState)>,
    /// What was last sent, with a message or by itself.
    sent: HashMap<ConversationId, ChatState>,
    /// Those who have sent a chat state since they came.
    speakers: HashSet<BareJid>,
}

impl ChatStates {
    /// Somebody has sent a state, or a message.
    pub fn received(&mut self, from: &BareJid, PeerState { conversation, state }: PeerState) -> Option<Event> {
        let before = self.shown.get(&conversation).map_or(ChatState::Gone, |(_, state)| *state);
        let state = match state {
            Some(state) => {
                self.speakers.insert(from.clone());
                state
            }
            // Whoever has sent what they were typing types no more, even if their client does not say so.
            None if matches!(before, ChatState::Composing | ChatState::Paused) => ChatState::Active,
            None => return None,
        };
        if state == ChatState::Gone {
            self.shown.remove(&conversation);
        } else {
            self.shown.insert(conversation, (from.clone(), state));
        }
        (before != state).then_some(Event::ChatStateChanged { conversation, state })
    }

    /// The last of somebody's clients has gone: nobody types any more, and whoever comes next may be another client.
    pub fn went_offline(&mut self, peer: &BareJid) -> Vec<Event> {
        self.speakers.remove(peer);
        let gone: Vec<_> = self.shown.iter().filter(|(_, (of, _))| of == peer).map(|(id, _)| *id).collect();
        self.forget(gone)
    }

    /// The session is lost, and with it all that was known.
    pub fn session_lost(&mut self) -> Vec<Event> {
        self.speakers.clear();
        self.sent.clear();
        let gone: Vec<_> = self.shown.keys().copied().collect();
        self.forget(gone)
    }

    /// Whether a message goes out with `active`. The first may, before anything is known (§5.1).
    pub fn with_message(&mut self, conversation: ConversationId, listener: Listener) -> bool {
        let wanted = listener.sees_us && listener.supports != Some(false);
        if wanted {
            self.sent.insert(conversation, ChatState::Active);
        }
        wanted
    }

    /// Whether a state goes out by itself.
    pub fn alone(
        &mut self,
        conversation: ConversationId,
        peer: &BareJid,
        state: ChatState,
        listener: Listener,
    ) -> bool {
        let understood = self.speakers.contains(peer) || listener.supports == Some(true);
        if !listener.sees_us || !listener.is_available || !understood {
            return false;
        }
        // Nobody has heard of a conversation that we neither wrote nor typed in: its end is no news.
        let before = self.sent.get(&conversation).copied();
        if before == Some(state) || (before.is_none() && state != ChatState::Composing) {
            return false;
        }
        self.sent.insert(conversation, state);
        true
    }

    fn forget(&mut self, conversations: Vec<ConversationId>) -> Vec<Event> {
        conversations
            .into_iter()
            .map(|conversation| {
                self.shown.remove(&conversation);
                Event::ChatStateChanged { conversation, state: ChatState::Gone }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ConversationId = ConversationId(1);
    const OPEN: Listener = Listener { sees_us: true, is_available: true, supports: Some(true) };

    fn peer() -> BareJid {
        BareJid::new("romeo@montague.example").unwrap()
    }

    fn hear(states: &mut ChatStates, state: ChatState) -> Option<Event> {
        states.received(&peer(), PeerState { conversation: HERE, state: Some(state) })
    }

    fn shown(state: ChatState) -> Event {
        Event::ChatStateChanged { conversation: HERE, state }
    }

    #[test]
    fn the_window_hears_of_changes_only() {
        let mut states = ChatStates::default();
        assert_eq!(hear(&mut states, ChatState::Gone), None);
        assert_eq!(hear(&mut states, ChatState::Composing), Some(shown(ChatState::Composing)));
        assert_eq!(hear(&mut states, ChatState::Composing), None);
        assert_eq!(hear(&mut states, ChatState::Active), Some(shown(ChatState::Active)));
    }

    #[test]
    fn a_message_ends_the_typing_and_proves_nothing() {
        let mut states = ChatStates::default();
        let message = PeerState { conversation: HERE, state: None };
        assert_eq!(states.received(&peer(), message), None);
        assert!(!states.alone(HERE, &peer(), ChatState::Composing, Listener { supports: None, ..OPEN }));
        hear(&mut states, ChatState::Composing);
        assert_eq!(states.received(&peer(), message), Some(shown(ChatState::Active)));
        assert_eq!(states.received(&peer(), message), None);
    }

    #[test]
    fn nobody_types_after_they_or_the_session_have_gone() {
        let mut states = ChatStates::default();
        hear(&mut states, ChatState::Composing);
        assert_eq!(states.went_offline(&BareJid::new("other@x").unwrap()), []);
        assert_eq!(states.went_offline(&peer()), [shown(ChatState::Gone)]);
        assert_eq!(states.went_offline(&peer()), []);
        hear(&mut states, ChatState::Composing);
        assert_eq!(states.session_lost(), [shown(ChatState::Gone)]);
    }

    #[test]
    fn a_state_goes_only_to_those_who_may_see_us_are_there_and_understand() {
        for (listener, expected) in [
            (OPEN, true),
            (Listener { sees_us: false, ..OPEN }, false),
            (Listener { is_available: false, ..OPEN }, false),
            (Listener { supports: None, ..OPEN }, false),
            (Listener { supports: Some(false), ..OPEN }, false),
        ] {
            let mut states = ChatStates::default();
            assert_eq!(states.alone(HERE, &peer(), ChatState::Composing, listener), expected, "{listener:?}");
        }
    }

    #[test]
    fn an_earlier_chat_state_shows_that_they_understand_until_they_leave() {
        let unknown = Listener { supports: None, ..OPEN };
        let mut states = ChatStates::default();
        hear(&mut states, ChatState::Active);
        assert!(states.alone(HERE, &peer(), ChatState::Composing, unknown));
        states.went_offline(&peer());
        assert!(!states.alone(HERE, &peer(), ChatState::Paused, unknown));
        let mut states = ChatStates::default();
        hear(&mut states, ChatState::Active);
        assert!(!states.alone(HERE, &peer(), ChatState::Composing, Listener { sees_us: false, ..unknown }));
    }

    #[test]
    fn a_message_goes_with_active_unless_they_are_strangers_or_known_not_to_understand() {
        for (listener, expected) in [
            (OPEN, true),
            (Listener { supports: None, is_available: false, ..OPEN }, true),
            (Listener { supports: Some(false), ..OPEN }, false),
            (Listener { sees_us: false, ..OPEN }, false),
        ] {
            assert_eq!(ChatStates::default().with_message(HERE, listener), expected, "{listener:?}");
        }
    }

    #[test]
    fn the_same_state_is_not_said_twice_and_looking_at_a_conversation_says_nothing() {
        let mut states = ChatStates::default();
        assert!(!states.alone(HERE, &peer(), ChatState::Active, OPEN));
        assert!(!states.alone(HERE, &peer(), ChatState::Gone, OPEN));
        assert!(states.alone(HERE, &peer(), ChatState::Composing, OPEN));
        assert!(!states.alone(HERE, &peer(), ChatState::Composing, OPEN));
        assert!(states.alone(HERE, &peer(), ChatState::Paused, OPEN));
        assert!(states.with_message(HERE, OPEN));
        assert!(!states.alone(HERE, &peer(), ChatState::Active, OPEN));
        assert!(states.alone(HERE, &peer(), ChatState::Gone, OPEN));
    }
}
