//! What was given to a session to send, and by what it is known again.

use super::event::Tag;
use crate::xmpp::xml::Element;

/// A stanza that is not acknowledged.
#[derive(Debug)]
pub struct Pending {
    pub stanza: Element,
    pub name: Name,
}

impl Pending {
    /// In bytes, as it is written.
    pub fn length(&self) -> usize {
        String::from(&self.stanza).len()
    }
}

/// By what a stanza is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// By the engine, in the next session as well.
    Tag(Tag),
    /// By nobody but us.
    Number(u64),
}

impl Name {
    pub const fn tag(self) -> Option<Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Number(_) => None,
        }
    }
}

pub fn names(line: &[Pending]) -> Vec<Name> {
    line.iter().map(|pending| pending.name).collect()
}
