//! Publish-Subscribe (XEP-0060) as far as Personal Eventing (XEP-0163) needs it: events, items, publishing.

use super::xml::{self, Build as _, Element};
use xmpp_parsers::ns;

const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// One item of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: Option<String>,
    pub payload: Option<Element>,
}

/// What has happened at a node (XEP-0060 §7.1.2, §7.2.2). Who may say so is for the engine to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub node: String,
    pub items: Vec<Item>,
    /// The ids of items that are gone.
    pub retracted: Vec<String>,
    /// All items are gone: the node was purged or deleted (§8.4.2, §8.5.2).
    pub is_emptied: bool,
}

/// Who may read a node (XEP-0060 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessModel {
    /// Those who may see our presence; what PEP does by itself.
    Presence,
    /// Everybody.
    Open,
    /// Only ourselves.
    Whitelist,
}

impl AccessModel {
    const fn name(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::Open => "open",
            Self::Whitelist => "whitelist",
        }
    }
}

/// How a node must be set up for an item to be published to it (XEP-0060 §7.1.5). Where it is set up otherwise, the server
/// answers `conflict` with `precondition-not-met`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishOptions {
    pub access: AccessModel,
    /// Kept by the server, so that somebody who was away finds it; else only sent on.
    pub is_persistent: bool,
    /// As many items as the server can, each told of once and not again at each presence.
    pub keeps_all: bool,
}

/// Reads the event in a message.
#[must_use]
pub fn parse_event(message: &Element) -> Option<Event> {
    let event = xml::child(message, "event", ns::PUBSUB_EVENT)?;
    let change = event
        .children()
        .find(|child| child.has_ns(ns::PUBSUB_EVENT) && matches!(child.name(), "items" | "purge" | "delete"))?;
    let node = xml::filled_attr(change, "node")?;
    if change.name() != "items" {
        return Some(Event { node, items: Vec::new(), retracted: Vec::new(), is_emptied: true });
    }
    Some(Event {
        node,
        items: items_in(change, ns::PUBSUB_EVENT),
        retracted: xml::children(change, "retract", ns::PUBSUB_EVENT)
            .filter_map(|retract| xml::filled_attr(retract, "id"))
            .collect(),
        is_emptied: false,
    })
}

/// Reads the answer to [`items`] and [`item`]: the items of the node that was asked; empty where there is none.
#[must_use]
pub fn parse_items(payload: &Element, node: &str) -> Vec<Item> {
    if !payload.is("pubsub", ns::PUBSUB) {
        return Vec::new();
    }
    xml::children(payload, "items", ns::PUBSUB)
        .filter(|items| xml::attr(items, "node") == Some(node))
        .flat_map(|items| items_in(items, ns::PUBSUB))
        .collect()
}

/// Asks for the newest `max` items of a node, or for all.
#[must_use]
pub fn items(node: &str, max: Option<u32>) -> Element {
    let items = xml::element("items", ns::PUBSUB)
        .with_attr("node", node)
        .with_optional_attr("max_items", max.map(|max| max.to_string()));
    xml::element("pubsub", ns::PUBSUB).with_child(items)
}

/// Asks for one item of a node.
#[must_use]
pub fn item(node: &str, id: &str) -> Element {
    let item = xml::element("item", ns::PUBSUB).with_attr("id", id);
    xml::element("pubsub", ns::PUBSUB)
        .with_child(xml::element("items", ns::PUBSUB).with_attr("node", node).with_child(item))
}

/// Publishes an item; without an id the server gives it one.
#[must_use]
pub fn publish(node: &str, id: Option<&str>, payload: Element, options: Option<PublishOptions>) -> Element {
    let item = xml::element("item", ns::PUBSUB).with_optional_attr("id", id).with_child(payload);
    xml::element("pubsub", ns::PUBSUB)
        .with_child(xml::element("publish", ns::PUBSUB).with_attr("node", node).with_child(item))
        .with_children(options.map(publish_options))
}

/// Takes an item back (XEP-0060 §7.2), and tells those who listen.
#[must_use]
pub fn retract(node: &str, id: &str) -> Element {
    let item = xml::element("item", ns::PUBSUB).with_attr("id", id);
    let retract =
        xml::element("retract", ns::PUBSUB).with_attr("node", node).with_attr("notify", "true").with_child(item);
    xml::element("pubsub", ns::PUBSUB).with_child(retract)
}

fn items_in(parent: &Element, ns: &str) -> Vec<Item> {
    parent
        .children()
        .filter(|child| child.is("item", ns))
        .map(|item| Item { id: xml::filled_attr(item, "id"), payload: item.children().next().cloned() })
        .collect()
}

fn publish_options(options: PublishOptions) -> Element {
    let field = |var: &str, value: &str| {
        xml::element("field", ns::DATA_FORMS)
            .with_attr("var", var)
            .with_child(xml::element("value", ns::DATA_FORMS).with_text(value))
    };
    let form = xml::element("x", ns::DATA_FORMS)
        .with_attr("type", "submit")
        .with_child(field("FORM_TYPE", PUBLISH_OPTIONS).with_attr("type", "hidden"))
        .with_child(field("pubsub#persist_items", if options.is_persistent { "true" } else { "false" }))
        .with_child(field("pubsub#access_model", options.access.name()))
        .with_children(options.keeps_all.then(|| field("pubsub#max_items", "max")))
        .with_children(options.keeps_all.then(|| field("pubsub#send_last_published_item", "never")));
    xml::element("publish-options", ns::PUBSUB).with_child(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(inner: &str) -> Option<Event> {
        let xml = format!(
            "<message xmlns='jabber:client'><event xmlns='http://jabber.org/protocol/pubsub#event'>{inner}</event></message>"
        );
        parse_event(&xml.parse().unwrap())
    }

    #[test]
    fn events_are_read() {
        let read = event(
            "<items node='n'><item id='1'><a xmlns='urn:a'/></item><item id='2'/><item><b xmlns='urn:b'/></item>
             <retract id='3'/><retract/><item xmlns='urn:c' id='4'/></items>",
        )
        .unwrap();
        assert_eq!(read.node, "n");
        let ids: Vec<_> = read.items.iter().map(|item| item.id.as_deref()).collect();
        assert_eq!(ids, [Some("1"), Some("2"), None]);
        assert!(read.items[0].payload.as_ref().unwrap().is("a", "urn:a"));
        assert_eq!(read.items[1].payload, None);
        assert_eq!(read.retracted, ["3"]);
        assert!(!read.is_emptied);
        assert!(event("<purge node='n'/>").unwrap().is_emptied);
        assert!(event("<delete node='n'><redirect uri='x'/></delete>").unwrap().is_emptied);
    }

    #[test]
    fn a_malformed_event_is_none() {
        for xml in ["", "<items/>", "<items node=''/>", "<items xmlns='urn:x' node='n'/>", "<subscription node='n'/>"] {
            assert_eq!(event(xml), None, "{xml}");
        }
    }

    #[test]
    fn only_items_of_the_node_that_was_asked_are_read() {
        let answer: Element =
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='other'><item id='1'/></items>
            <items node='n'><item id='2'><a xmlns='urn:a'/></item></items></pubsub>"
                .parse()
                .unwrap();
        let read = parse_items(&answer, "n");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].id.as_deref(), Some("2"));
        assert!(parse_items(&xml::element("pubsub", "urn:x"), "n").is_empty());
    }

    #[test]
    fn requests_are_as_the_examples_have_them() {
        // XEP-0060 §6.5.2, §6.5.7, §6.5.8, §7.1.5, §7.2.1.
        for (built, expected) in [
            (items("n", None), "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'/></pubsub>"),
            (
                items("n", Some(1)),
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items max_items='1' node='n'/></pubsub>",
            ),
            (
                item("n", "i"),
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'><item id='i'/></items></pubsub>",
            ),
            (
                retract("n", "i"),
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><retract node='n' notify='true'><item id='i'/></retract></pubsub>",
            ),
            (
                publish(
                    "n",
                    Some("i"),
                    xml::element("a", "urn:a"),
                    Some(PublishOptions { access: AccessModel::Open, is_persistent: true, keeps_all: false }),
                ),
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'><item id='i'><a xmlns='urn:a'/></item>\
                 </publish><publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
                 <value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#persist_items'>\
                 <value>true</value></field><field var='pubsub#access_model'><value>open</value></field></x>\
                 </publish-options></pubsub>",
            ),
        ] {
            assert_eq!(built, expected.parse::<Element>().unwrap());
        }
    }
}
