//! Displayed Markers (XEP-0333): what somebody has seen. `received` and `acknowledged` of older versions say nothing here.

use super::xml::{self, Build as _, Element};
use crate::ids::Jid;
use xmpp_parsers::ns;

pub const NAMESPACE: &str = "urn:xmpp:chat-markers:0";

/// Whether the sender of a message wants to know when it has been seen. One without id can't be named.
#[must_use]
pub fn is_markable(message: &Element) -> bool {
    xml::id(message).is_some() && xml::child(message, "markable", NAMESPACE).is_some()
}

/// The id of the message that has been seen, and with it all before it.
#[must_use]
pub fn parse(message: &Element) -> Option<String> {
    xml::id(xml::child(message, "displayed", NAMESPACE)?)
}

/// The wish for a marker, to be put into a message.
#[must_use]
pub fn markable() -> Element {
    xml::element("markable", NAMESPACE)
}

/// The message that says that everything up to the message `displayed` has been seen. It asks for its own storage
/// (XEP-0334 §4.4), for it has no body.
#[must_use]
pub fn build(to: &Jid, id: &str, displayed: &str) -> Element {
    xml::element("message", ns::JABBER_CLIENT)
        .with_attr("type", "chat")
        .with_attr("to", to.as_str())
        .with_attr("id", id)
        .with_child(xml::element("displayed", NAMESPACE).with_attr("id", displayed))
        .with_child(super::hint::store())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_read() {
        // XEP-0333 §4.
        let markable = "<message xmlns='jabber:client' from='northumberland@shakespeare.lit/westminster' id='message-1'
            to='ingrichard@royalty.england.lit/throne'><body>My lord, dispatch; read o'er these articles.</body>
            <markable xmlns='urn:xmpp:chat-markers:0'/></message>";
        let displayed = "<message xmlns='jabber:client' from='kingrichard@royalty.england.lit/throne' id='message-2'
            to='northumberland@shakespeare.lit/westminster'><displayed xmlns='urn:xmpp:chat-markers:0' id='message-1'/></message>";
        let (markable, displayed) = (markable.parse().unwrap(), displayed.parse().unwrap());
        assert!(is_markable(&markable) && !is_markable(&displayed));
        assert_eq!((parse(&markable), parse(&displayed).as_deref()), (None, Some("message-1")));
    }

    #[test]
    fn what_names_no_message_says_nothing() {
        for inner in [
            "<displayed xmlns='urn:xmpp:chat-markers:0'/>",
            "<displayed xmlns='urn:xmpp:chat-markers:0' id=''/>",
            "<displayed id='1'/>",
            "<received xmlns='urn:xmpp:chat-markers:0' id='1'/>",
            "<markable xmlns='urn:xmpp:chat-markers:0'/>",
        ] {
            let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
            assert_eq!((parse(&message), is_markable(&message)), (None, false), "{inner}");
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let built = build(&Jid::new("a@b/c").unwrap(), "r1", "m<1>");
        let read: Element = String::from(&built).parse().unwrap();
        assert_eq!(parse(&read).as_deref(), Some("m<1>"));
    }
}
