//! Message Displayed Synchronization (XEP-0490): how far each conversation has been read on any device. Private: that the node
//! is our own is the engine's check (CVE-2023-28686).

use super::{
    pubsub::{AccessModel, Item, PublishOptions},
    stanza_id::StanzaId,
    xml::{self, Build as _, Element},
};
use crate::ids::BareJid;
use xmpp_parsers::ns;

pub const NODE: &str = "urn:xmpp:mds:displayed:0";

/// Only ourselves, one item for each conversation, and no need to be told at each presence (§3.1).
pub const OPTIONS: PublishOptions =
    PublishOptions { access: AccessModel::Whitelist, is_persistent: true, keeps_all: true };

/// What an item says: of which conversation, and the newest message there that was seen.
#[must_use]
pub fn parse(item: &Item) -> Option<(BareJid, StanzaId)> {
    let peer = BareJid::new(item.id.as_deref()?).ok()?;
    let displayed = item.payload.as_ref().filter(|payload| payload.is("displayed", NODE))?;
    let id = xml::child(displayed, "stanza-id", ns::SID)?;
    Some((peer, StanzaId { id: xml::id(id)?, by: xml::parsed_attr(id, "by")? }))
}

/// The payload of an item.
#[must_use]
pub fn build(by: &BareJid, id: &str) -> Element {
    let id = xml::element("stanza-id", ns::SID).with_attr("by", by.as_str()).with_attr("id", id);
    xml::element("displayed", NODE).with_child(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: Option<&str>, payload: &str) -> Option<(String, String, String)> {
        let item = Item { id: id.map(str::to_owned), payload: Some(payload.parse().unwrap()) };
        parse(&item).map(|(peer, id)| (peer.to_string(), id.by.to_string(), id.id))
    }

    #[test]
    fn the_example_is_read_and_the_rest_is_not() {
        // XEP-0490, example 4.
        let payload = |inner: &str| format!("<displayed xmlns='urn:xmpp:mds:displayed:0'>{inner}</displayed>");
        let id = "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' id='ca21deaf'/>";
        let expected = ["romeo@montague.lit", "juliet@capulet.lit", "ca21deaf"].map(str::to_owned);
        assert_eq!(read(Some("romeo@montague.lit"), &payload(id)), Some(expected.into()));
        assert_eq!(read(None, &payload(id)), None);
        assert_eq!(read(Some("@"), &payload(id)), None);
        assert_eq!(read(Some("romeo@montague.lit"), &payload("")), None);
        assert_eq!(read(Some("romeo@montague.lit"), &payload("<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>")), None);
        assert_eq!(read(Some("romeo@montague.lit"), id), None);
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let built = build(&BareJid::new("a@b").unwrap(), "1");
        let found = read(Some("c@d"), &String::from(&built));
        assert_eq!(found, Some(("c@d".to_owned(), "a@b".to_owned(), "1".to_owned())));
    }
}
