//! Blocking Command (XEP-0191): the list of those who may not reach us, which the server keeps and enforces. Who may push a
//! change of it is the engine's check.

use super::{
    report::Report,
    xml::{self, Build as _, Element},
};
use crate::ids::Jid;
use xmpp_parsers::ns;

/// Named by a server that can block (§3.1).
pub const NAMESPACE: &str = ns::BLOCKING;

/// A list that is longer was not made by a person.
pub const MAX_BLOCKED: usize = 10_000;

/// One change of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockPush {
    Blocked(Vec<Jid>),
    Unblocked(Vec<Jid>),
    /// Everybody (§3.5).
    UnblockedAll,
}

/// Asks for the list; only who has asked hears of changes (§3.3).
#[must_use]
pub fn query() -> Element {
    xml::element("blocklist", NAMESPACE)
}

/// Reads the answer: each address once, in the server's order. What is no address is left out.
#[must_use]
pub fn parse_list(payload: &Element) -> Option<Vec<Jid>> {
    payload.is("blocklist", NAMESPACE).then(|| addresses(payload))
}

/// Reads a change. One that names nobody readable changes nothing; only an empty `unblock` means all (§3.5).
#[must_use]
pub fn parse_push(payload: &Element) -> Option<BlockPush> {
    let is_empty = xml::children(payload, "item", NAMESPACE).next().is_none();
    if payload.is("unblock", NAMESPACE) && is_empty {
        return Some(BlockPush::UnblockedAll);
    }
    let addresses = addresses(payload);
    if addresses.is_empty() {
        return None;
    }
    if payload.is("block", NAMESPACE) {
        Some(BlockPush::Blocked(addresses))
    } else if payload.is("unblock", NAMESPACE) {
        Some(BlockPush::Unblocked(addresses))
    } else {
        None
    }
}

/// Blocks an address, and says with that why, where the server wants to know (XEP-0377 §5).
#[must_use]
pub fn block(address: &Jid, report: Option<&Report>) -> Element {
    let item = item(address).with_children(report.map(Report::element));
    xml::element("block", NAMESPACE).with_child(item)
}

/// Lets an address reach us again.
#[must_use]
pub fn unblock(address: &Jid) -> Element {
    xml::element("unblock", NAMESPACE).with_child(item(address))
}

fn item(address: &Jid) -> Element {
    xml::element("item", NAMESPACE).with_attr("jid", address.as_str())
}

fn addresses(payload: &Element) -> Vec<Jid> {
    let mut seen = std::collections::HashSet::new();
    xml::children(payload, "item", NAMESPACE)
        .filter_map(|item| xml::jid_attr(item, "jid"))
        .filter(|address| seen.insert(address.clone()))
        .take(MAX_BLOCKED)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::{
        report::{Reason, Report},
        stanza_id::StanzaId,
    };

    fn jids(all: &[&str]) -> Vec<Jid> {
        all.iter().map(|text| Jid::new(text).unwrap()).collect()
    }

    #[test]
    fn the_list_is_read() {
        for (xml, expected) in [
            (
                // §3.2.
                "<blocklist xmlns='urn:xmpp:blocking'><item jid='romeo@montague.net'/><item jid='iago@shakespeare.lit'/></blocklist>",
                Some(vec!["romeo@montague.net", "iago@shakespeare.lit"]),
            ),
            ("<blocklist xmlns='urn:xmpp:blocking'/>", Some(vec![])),
            (
                "<blocklist xmlns='urn:xmpp:blocking'>x<item/><item jid=''/><item jid='@'/><item jid='evil.test'/>
                 <item jid='EVIL.test'/><item jid='a@b/c'/><item xmlns='urn:x' jid='d@e'/><thing jid='f@g'/></blocklist>",
                Some(vec!["evil.test", "a@b/c"]),
            ),
            ("<block xmlns='urn:xmpp:blocking'><item jid='a@b'/></block>", None),
            ("<blocklist xmlns='urn:x'><item jid='a@b'/></blocklist>", None),
        ] {
            assert_eq!(parse_list(&xml.parse().unwrap()), expected.map(|all| jids(&all)), "{xml}");
        }
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let someone = |n| Jid::new(&format!("m{n}@evil.test")).unwrap();
        let list = query().with_children((0..MAX_BLOCKED + 5).map(|n| item(&someone(n))));
        assert_eq!(parse_list(&list).unwrap().len(), MAX_BLOCKED);
    }

    #[test]
    fn a_change_is_read_and_what_is_none_changes_nothing() {
        let one = || jids(&["romeo@montague.net"]);
        for (xml, expected) in [
            (
                "<block xmlns='urn:xmpp:blocking'><item jid='romeo@montague.net'/></block>",
                Some(BlockPush::Blocked(one())),
            ),
            (
                "<unblock xmlns='urn:xmpp:blocking'><item jid='romeo@montague.net'/></unblock>",
                Some(BlockPush::Unblocked(one())),
            ),
            ("<unblock xmlns='urn:xmpp:blocking'/>", Some(BlockPush::UnblockedAll)),
            // Nobody readable is not everybody.
            ("<unblock xmlns='urn:xmpp:blocking'><item jid='@'/></unblock>", None),
            ("<unblock xmlns='urn:xmpp:blocking'><item/></unblock>", None),
            ("<block xmlns='urn:xmpp:blocking'/>", None),
            ("<block xmlns='urn:x'><item xmlns='urn:xmpp:blocking' jid='a@b'/></block>", None),
            ("<unblock xmlns='urn:x'/>", None),
            ("<blocklist xmlns='urn:xmpp:blocking'><item jid='a@b'/></blocklist>", None),
        ] {
            assert_eq!(parse_push(&xml.parse().unwrap()), expected, "{xml}");
        }
    }

    #[test]
    fn requests_are_as_the_examples_have_them() {
        let romeo = Jid::new("romeo@example.net").unwrap();
        let ids = [("28482-98726-73623"), ("38383-38018-18385")];
        let id = |id: &str| StanzaId { id: id.to_owned(), by: Jid::new("juliet@example.com").unwrap() };
        let report = Report { reason: Reason::Spam, messages: ids.map(id).to_vec() };
        for (built, expected) in [
            (query(), "<blocklist xmlns='urn:xmpp:blocking'/>"),
            (block(&romeo, None), "<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.net'/></block>"),
            (unblock(&romeo), "<unblock xmlns='urn:xmpp:blocking'><item jid='romeo@example.net'/></unblock>"),
            (
                // XEP-0377 §5.
                block(&romeo, Some(&Report { reason: Reason::Abuse, messages: Vec::new() })),
                "<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.net'>\
                 <report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'/></item></block>",
            ),
            (
                block(&romeo, Some(&report)),
                "<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.net'>\
                 <report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'>\
                 <stanza-id xmlns='urn:xmpp:sid:0' id='28482-98726-73623' by='juliet@example.com'/>\
                 <stanza-id xmlns='urn:xmpp:sid:0' id='38383-38018-18385' by='juliet@example.com'/></report></item></block>",
            ),
        ] {
            assert_eq!(built, expected.parse::<Element>().unwrap());
        }
    }
}
