//! The roster (RFC 6121 §2), with versions (§2.6). Who may push it is the engine's check (§2.1.6).

use super::{
    subscription::Subscription,
    xml::{self, Build as _, Element},
};
use crate::ids::BareJid;
use xmpp_parsers::ns;

/// Somebody on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterItem {
    pub jid: BareJid,
    /// The name that we gave.
    pub name: Option<String>,
    /// Each once, in the server's order.
    pub groups: Vec<String>,
    pub subscription: Subscription,
    /// We asked to see their presence, and have no answer (§2.1.2.2).
    pub ask: bool,
    /// They may see our presence as soon as they ask (§2.1.2.1).
    pub approved: bool,
}

/// The answer to [`query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterResult {
    /// The version that we named is the newest, or what is newer comes as pushes (§2.6.3).
    Unchanged,
    Full {
        ver: Option<String>,
        items: Vec<RosterItem>,
    },
}

/// One change of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterPush {
    pub ver: Option<String>,
    pub item: RosterItem,
    /// The item is no longer on the roster (§2.5.2); then only its address means something.
    pub is_removed: bool,
}

/// Asks for the roster. `ver` only where the server offers versions: the one we have, or an empty one (§2.6.2).
#[must_use]
pub fn query(ver: Option<&str>) -> Element {
    xml::element("query", ns::ROSTER).with_optional_attr("ver", ver)
}

/// Reads the answer. An item without a readable address is left out; of two with the same address the later counts.
#[must_use]
pub fn parse_result(payload: Option<&Element>) -> RosterResult {
    let Some(query) = payload.filter(|payload| payload.is("query", ns::ROSTER)) else {
        return RosterResult::Unchanged;
    };
    let mut items: Vec<RosterItem> = Vec::new();
    let mut places: std::collections::HashMap<BareJid, usize> = std::collections::HashMap::new();
    for (item, is_removed) in xml::children(query, "item", ns::ROSTER).filter_map(parse_item) {
        if is_removed {
            continue;
        }
        if let Some(&place) = places.get(&item.jid) {
            items[place] = item;
        } else {
            places.insert(item.jid.clone(), items.len());
            items.push(item);
        }
    }
    RosterResult::Full { ver: xml::attr(query, "ver").map(str::to_owned), items }
}

/// Reads a push, which has exactly one item (§2.1.6); anything else is none.
#[must_use]
pub fn parse_push(payload: &Element) -> Option<RosterPush> {
    if !payload.is("query", ns::ROSTER) {
        return None;
    }
    let mut items = xml::children(payload, "item", ns::ROSTER);
    let (item, is_removed) = parse_item(items.next()?)?;
    if items.next().is_some() {
        return None;
    }
    Some(RosterPush { ver: xml::attr(payload, "ver").map(str::to_owned), item, is_removed })
}

/// Adds somebody, or changes the name and groups (§2.3, §2.4).
#[must_use]
pub fn set(jid: &BareJid, name: Option<&str>, groups: &[String]) -> Element {
    let item = xml::element("item", ns::ROSTER)
        .with_attr("jid", jid.as_str())
        .with_optional_attr("name", name.filter(|name| !name.is_empty()))
        .with_children(groups.iter().map(|group| xml::element("group", ns::ROSTER).with_text(group)));
    xml::element("query", ns::ROSTER).with_child(item)
}

/// Takes somebody off the roster, and with that ends both subscriptions (§2.5).
#[must_use]
pub fn remove(jid: &BareJid) -> Element {
    let item = xml::element("item", ns::ROSTER).with_attr("jid", jid.as_str()).with_attr("subscription", "remove");
    xml::element("query", ns::ROSTER).with_child(item)
}

fn parse_item(item: &Element) -> Option<(RosterItem, bool)> {
    let subscription = xml::attr(item, "subscription");
    let mut groups: Vec<String> = Vec::new();
    for group in xml::children(item, "group", ns::ROSTER) {
        let text = group.text();
        let name = text.trim();
        if !name.is_empty() && !groups.iter().any(|known| known == name) {
            groups.push(name.to_owned());
        }
    }
    let item = RosterItem {
        jid: xml::jid_attr(item, "jid")?.into_bare(),
        name: xml::attr(item, "name").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
        groups,
        subscription: Subscription::read(subscription),
        ask: xml::attr(item, "ask").is_some_and(|ask| ask.trim() == "subscribe"),
        approved: xml::flag(item, "approved"),
    };
    Some((item, subscription.is_some_and(|text| text.trim() == "remove")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(jid: &str) -> RosterItem {
        let jid = BareJid::new(jid).unwrap();
        RosterItem {
            jid,
            name: None,
            groups: Vec::new(),
            subscription: Subscription::None,
            ask: false,
            approved: false,
        }
    }

    fn full(xml: &str) -> (Option<String>, Vec<RosterItem>) {
        match parse_result(Some(&xml.parse().unwrap())) {
            RosterResult::Full { ver, items } => (ver, items),
            RosterResult::Unchanged => panic!("unchanged: {xml}"),
        }
    }

    #[test]
    fn the_examples_are_read() {
        // RFC 6121 §2.1.4, §2.2, §2.6.3.
        let (ver, items) = full(
            "<query xmlns='jabber:iq:roster' ver='ver7'>
             <item jid='nurse@example.com'/><item jid='romeo@example.net' name='Romeo' subscription='both'><group>Friends</group></item>
             <item jid='benvolio@example.org' subscription='to' approved='true'/>
             <item jid='mercutio@example.com' ask='subscribe' subscription='from'/></query>",
        );
        assert_eq!(ver.as_deref(), Some("ver7"));
        assert_eq!(
            items,
            [
                item("nurse@example.com"),
                RosterItem {
                    name: Some("Romeo".to_owned()),
                    groups: vec!["Friends".to_owned()],
                    subscription: Subscription::Both,
                    ..item("romeo@example.net")
                },
                RosterItem { subscription: Subscription::To, approved: true, ..item("benvolio@example.org") },
                RosterItem { subscription: Subscription::From, ask: true, ..item("mercutio@example.com") },
            ]
        );
        assert_eq!(parse_result(None), RosterResult::Unchanged);
        assert_eq!(full("<query xmlns='jabber:iq:roster'/>"), (None, Vec::new()));
    }

    #[test]
    fn a_strange_item_costs_at_most_itself() {
        let (_, items) = full(
            "<query xmlns='jabber:iq:roster'>text<item/><item jid=''/><item jid='@'/><thing xmlns='urn:x' jid='x@y'/>
             <item jid='a@b/resource' name='  ' subscription='sideways' ask='maybe' approved='perhaps'>
               <group/><group> </group><group>G</group><group> G </group><group>H<b/></group></item>
             <item jid='c@d' name='old'/><item jid='c@d' name='new'/><item jid='e@f' subscription='remove'/></query>",
        );
        assert_eq!(
            items,
            [
                RosterItem { groups: vec!["G".to_owned(), "H".to_owned()], ..item("a@b") },
                RosterItem { name: Some("new".to_owned()), ..item("c@d") },
            ]
        );
    }

    #[test]
    fn a_push_has_exactly_one_item() {
        let push = |xml: &str| parse_push(&xml.parse().unwrap());
        let set =
            push("<query xmlns='jabber:iq:roster' ver='v'><item jid='a@b' name='A' subscription='both'/></query>")
                .unwrap();
        assert_eq!(set.ver.as_deref(), Some("v"));
        assert!(!set.is_removed);
        assert_eq!(set.item.subscription, Subscription::Both);
        let gone = push("<query xmlns='jabber:iq:roster'><item jid='a@b' subscription='remove'/></query>").unwrap();
        assert!(gone.is_removed);
        for xml in [
            "<query xmlns='jabber:iq:roster'/>",
            "<query xmlns='jabber:iq:roster'><item/></query>",
            "<query xmlns='jabber:iq:roster'><item jid='a@b'/><item jid='c@d'/></query>",
            "<query xmlns='urn:x'><item jid='a@b'/></query>",
        ] {
            assert_eq!(push(xml), None, "{xml}");
        }
    }

    #[test]
    fn requests_are_as_the_examples_have_them() {
        let jid = BareJid::new("nurse@example.com").unwrap();
        for (built, expected) in [
            (query(None), "<query xmlns='jabber:iq:roster'/>"),
            (query(Some("")), "<query xmlns='jabber:iq:roster' ver=''/>"),
            (query(Some("ver7")), "<query xmlns='jabber:iq:roster' ver='ver7'/>"),
            (
                set(&jid, Some("Nurse"), &["Servants".to_owned()]),
                "<query xmlns='jabber:iq:roster'><item jid='nurse@example.com' name='Nurse'><group>Servants</group></item></query>",
            ),
            (set(&jid, Some(""), &[]), "<query xmlns='jabber:iq:roster'><item jid='nurse@example.com'/></query>"),
            (
                remove(&jid),
                "<query xmlns='jabber:iq:roster'><item jid='nurse@example.com' subscription='remove'/></query>",
            ),
        ] {
            assert_eq!(built, expected.parse::<Element>().unwrap());
        }
    }
}
