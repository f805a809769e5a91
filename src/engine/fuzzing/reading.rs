//! What a script has people say of what has been read: markers (XEP-0333) of the other side and of our other devices, and what
//! the server keeps for all of them (XEP-0490).

use super::{
    FRIEND, OWN, OWN_IDS,
    message::{ARCHIVE_IDS, Place, attribute, truth},
    script::{ADDRESSES, Claims, Script},
};
use crate::{ids::BareJid, store::message::MessageRow};

/// What has been seen; some of it is nobody's, or comes later.
const SEEN: [&str; 9] = [
    "1",
    "2",
    "id-0123456789abcdef",
    "id-0123456789abcdeg",
    "o-1",
    "o-2",
    OWN_IDS[0],
    OWN_IDS[1],
    "nowhere-0123456789",
];

/// By what a message is named that has been read, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// A marker of the other side, for what we wrote.
    Peer,
    /// A marker of ours, for what they wrote.
    Us,
    /// The archive's id.
    Server,
}

/// Whoever may, says that all up to a message of a conversation has been read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reading {
    pub peer: BareJid,
    pub by: By,
    pub id: String,
}

impl Script<'_> {
    /// A marker.
    pub fn seen(&mut self, truth: Option<&(BareJid, BareJid)>) -> String {
        let id = self.choose(&SEEN).to_owned();
        if let Some((peer, sender)) = truth.cloned() {
            let by = if peer == sender { By::Peer } else { By::Us };
            self.claims.reading.push(Reading { peer, by, id: id.clone() });
        }
        format!("<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>")
    }

    /// What the server says of a conversation, or somebody else would like to.
    pub fn synchronised(&mut self) -> String {
        let from = if self.seldom(2) { OWN } else { self.choose(&ADDRESSES) };
        let (peer, by, id) = (self.peer(), self.choose(&[OWN, OWN, OWN, FRIEND, "@"]), self.choose(&ARCHIVE_IDS));
        let own = super::address(OWN);
        if by == OWN && truth(Place::Live, from, "").is_some_and(|(_, sender)| sender == own) {
            self.claims.reading.push(Reading { peer: peer.clone(), by: By::Server, id: id.to_owned() });
        }
        format!(
            "<message{} type='headline'><body>never</body><event xmlns='http://jabber.org/protocol/pubsub#event'>\
             <items node='urn:xmpp:mds:displayed:0'><item id='{peer}'><displayed xmlns='urn:xmpp:mds:displayed:0'>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{id}'/></displayed></item></items></event></message>",
            attribute("from", from)
        )
    }
}

impl Claims {
    /// Whether the other side may have said that they have seen this very message of ours.
    pub fn is_seen(&self, peer: &BareJid, message: &MessageRow) -> bool {
        message.is_outgoing() && self.of(peer).any(|known| known.by == By::Peer && is_called(message, &known.id))
    }

    /// Whether we, on any device, may have said that this very message has been read.
    pub fn is_read(&self, peer: &BareJid, message: &MessageRow) -> bool {
        self.of(peer).any(|known| match known.by {
            By::Peer => false,
            By::Us => !message.is_outgoing() && is_called(message, &known.id),
            By::Server => message.archive_id.as_ref().is_some_and(|archive| archive.id == known.id),
        })
    }

    fn of(&self, peer: &BareJid) -> impl Iterator<Item = &Reading> {
        self.reading.iter().filter(move |known| known.peer == *peer)
    }
}

fn is_called(message: &MessageRow, id: &String) -> bool {
    [message.stanza_id.as_ref(), message.origin_id.as_ref().map(|id| &id.0)].contains(&Some(id))
}
