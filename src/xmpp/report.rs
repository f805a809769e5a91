//! Spam Reporting (XEP-0377): why somebody is blocked, for those who run the server.

use super::{
    stanza_id::{self, StanzaId},
    xml::{self, Build as _, Element},
};

/// Named by a server that takes reports (§3).
pub const NAMESPACE: &str = "urn:xmpp:reporting:1";

/// What somebody has done (§4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// They send what nobody has asked for.
    Spam,
    Abuse,
}

/// What the server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub reason: Reason,
    /// What the archive calls the messages that are meant (§5).
    pub messages: Vec<StanzaId>,
}

impl Report {
    /// No opt-in to hand it on to others (§4.1): nobody was asked for that.
    #[must_use]
    pub fn element(&self) -> Element {
        let reason = match self.reason {
            Reason::Spam => "urn:xmpp:reporting:spam",
            Reason::Abuse => "urn:xmpp:reporting:abuse",
        };
        xml::element("report", NAMESPACE)
            .with_attr("reason", reason)
            .with_children(self.messages.iter().map(stanza_id::build))
    }
}
