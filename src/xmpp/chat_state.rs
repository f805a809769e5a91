//! Chat State Notifications (XEP-0085).

use super::xml::{self, Build as _, Element};
use crate::ids::Jid;
use xmpp_parsers::ns;

/// Named by clients that understand chat states.
pub const NAMESPACE: &str = ns::CHATSTATES;

/// What somebody is doing in a conversation (XEP-0085 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChatState {
    Active,
    Composing,
    Paused,
    Inactive,
    #[default]
    Gone,
}

impl ChatState {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "active" => Self::Active,
            "composing" => Self::Composing,
            "paused" => Self::Paused,
            "inactive" => Self::Inactive,
            "gone" => Self::Gone,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Composing => "composing",
            Self::Paused => "paused",
            Self::Inactive => "inactive",
            Self::Gone => "gone",
        }
    }

    /// The state as it stands in a message.
    #[must_use]
    pub fn element(self) -> Element {
        xml::element(self.name(), ns::CHATSTATES)
    }
}

/// The state that a message carries. More than one is against §5.6; then the first is taken.
#[must_use]
pub fn parse(message: &Element) -> Option<ChatState> {
    message.children().filter(|child| child.has_ns(ns::CHATSTATES)).find_map(|child| ChatState::read(child.name()))
}

/// A message that carries nothing but the state (§5.6), and that nobody should keep.
#[must_use]
pub fn build(to: &Jid, id: &str, state: ChatState) -> Element {
    xml::element("message", ns::JABBER_CLIENT)
        .with_attr("type", "chat")
        .with_attr("to", to.as_str())
        .with_attr("id", id)
        .with_child(state.element())
        .with_child(super::hint::no_store())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: &str = "xmlns='http://jabber.org/protocol/chatstates'";

    fn read(children: &str) -> Option<ChatState> {
        parse(&format!("<message xmlns='jabber:client' type='chat'>{children}</message>").parse().unwrap())
    }

    #[test]
    fn states_are_read_and_anything_else_is_ignored() {
        for (xml, state) in [
            (format!("<body>Who's there?</body><active {STATES}/>"), Some(ChatState::Active)),
            (format!("<composing {STATES}/>"), Some(ChatState::Composing)),
            (format!("<paused {STATES}/>"), Some(ChatState::Paused)),
            (format!("<inactive {STATES}/>"), Some(ChatState::Inactive)),
            (format!("<gone {STATES}/>"), Some(ChatState::Gone)),
            (format!("<asleep {STATES}/><paused {STATES}>x</paused><gone {STATES}/>"), Some(ChatState::Paused)),
            (format!("<asleep {STATES}/>"), None),
            ("<composing/>".to_owned(), None),
            ("<composing xmlns='jabber:x:event'/>".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&xml), state, "{xml}");
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        for state in [ChatState::Active, ChatState::Composing, ChatState::Paused, ChatState::Inactive, ChatState::Gone]
        {
            let built = build(&Jid::new("a@b").unwrap(), "1", state);
            assert_eq!(parse(&String::from(&built).parse().unwrap()), Some(state));
        }
    }
}
