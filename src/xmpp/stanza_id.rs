//! Unique and Stable Stanza IDs (XEP-0359).

use super::xml::{self, Build as _, Element};
use crate::ids::{Jid, OriginId};
use xmpp_parsers::ns;

/// Named by an archive that gives ids and takes away false ones (§5).
pub const NAMESPACE: &str = ns::SID;

/// The id that an archive or a room gave a message. It counts only from a `by` that announces the feature (§5, §6); whoever
/// uses it checks that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StanzaId {
    pub id: String,
    pub by: Jid,
}

/// All ids that were given on the way; what lacks an id or a readable giver is left out.
#[must_use]
pub fn parse(message: &Element) -> Vec<StanzaId> {
    xml::children(message, "stanza-id", ns::SID)
        .filter_map(|element| Some(StanzaId { id: xml::id(element)?, by: xml::jid_attr(element, "by")? }))
        .collect()
}

/// The id that the sender gave.
#[must_use]
pub fn parse_origin(message: &Element) -> Option<OriginId> {
    xml::id(xml::child(message, "origin-id", ns::SID)?).map(OriginId)
}

/// The id that an archive gave, as it came.
#[must_use]
pub fn build(id: &StanzaId) -> Element {
    xml::element("stanza-id", ns::SID).with_attr("id", &id.id).with_attr("by", id.by.as_str())
}

/// The element that carries our own id.
#[must_use]
pub fn build_origin(id: &OriginId) -> Element {
    xml::element("origin-id", ns::SID).with_attr("id", &id.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read() {
        // XEP-0359 §2.
        let message = "<message xmlns='jabber:client' to='room@muc.example.org' type='groupchat'>
            <stanza-id xmlns='urn:xmpp:sid:0' id='5f3dbc5e-e1d3-4077-a492-693f3769c7ad' by='room@muc.example.org'/>
            <origin-id xmlns='urn:xmpp:sid:0' id='de305d54-75b4-431b-adb2-eb6b9e546013'/></message>"
            .parse()
            .unwrap();
        let by = Jid::new("room@muc.example.org").unwrap();
        assert_eq!(parse(&message), [StanzaId { id: "5f3dbc5e-e1d3-4077-a492-693f3769c7ad".to_owned(), by }]);
        assert_eq!(parse_origin(&message).unwrap().0, "de305d54-75b4-431b-adb2-eb6b9e546013");
    }

    #[test]
    fn a_malformed_id_costs_only_itself() {
        let message = "<message xmlns='jabber:client'>
            <stanza-id xmlns='urn:xmpp:sid:0' id='1'/><stanza-id xmlns='urn:xmpp:sid:0' by='a@b'/>
            <stanza-id xmlns='urn:xmpp:sid:0' id='' by='a@b'/><stanza-id xmlns='urn:xmpp:sid:0' id='2' by='@'/>
            <stanza-id id='3' by='a@b'/><stanza-id xmlns='urn:xmpp:sid:0' id='4' by='a@b'/>
            <origin-id xmlns='urn:xmpp:sid:0'/></message>"
            .parse()
            .unwrap();
        assert_eq!(parse(&message), [StanzaId { id: "4".to_owned(), by: Jid::new("a@b").unwrap() }]);
        assert_eq!(parse_origin(&message), None);
    }
}
