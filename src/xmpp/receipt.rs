//! Message Delivery Receipts (XEP-0184).

use super::xml::{self, Build as _, Element};
use crate::ids::Jid;
use xmpp_parsers::ns;

/// Whether the sender of a message wants a receipt. One that has no id can't be acknowledged (§7), and one that is itself a
/// receipt never is (§5.4).
#[must_use]
pub fn is_requested(message: &Element) -> bool {
    xml::id(message).is_some()
        && xml::child(message, "request", ns::RECEIPTS).is_some()
        && xml::child(message, "received", ns::RECEIPTS).is_none()
}

/// The id of the message that has arrived.
#[must_use]
pub fn parse(message: &Element) -> Option<String> {
    xml::id(xml::child(message, "received", ns::RECEIPTS)?)
}

/// The wish for a receipt, to be put into a message.
#[must_use]
pub fn request() -> Element {
    xml::element("request", ns::RECEIPTS)
}

/// The message that says that the message `received` has arrived. It asks for its own storage (XEP-0334 §4.4), since
/// servers keep no message without a body for somebody who is away.
#[must_use]
pub fn build(to: &Jid, id: &str, received: &str) -> Element {
    xml::element("message", ns::JABBER_CLIENT)
        .with_attr("type", "chat")
        .with_attr("to", to.as_str())
        .with_attr("id", id)
        .with_child(xml::element("received", ns::RECEIPTS).with_attr("id", received))
        .with_child(super::hint::store())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE_REQUEST: &str = "<message xmlns='jabber:client' from='northumberland@shakespeare.lit/westminster'
        id='richard2-4.1.247' to='kingrichard@royalty.england.lit/throne'>
        <body>My lord, dispatch; read o'er these articles.</body><request xmlns='urn:xmpp:receipts'/></message>";
    const EXAMPLE_RECEIPT: &str = "<message xmlns='jabber:client' from='kingrichard@royalty.england.lit/throne'
        id='bi29sg183b4v' to='northumberland@shakespeare.lit/westminster'>
        <received xmlns='urn:xmpp:receipts' id='richard2-4.1.247'/></message>";

    #[test]
    fn the_examples_are_read() {
        let (request, receipt) = (EXAMPLE_REQUEST.parse().unwrap(), EXAMPLE_RECEIPT.parse().unwrap());
        assert!(is_requested(&request) && !is_requested(&receipt));
        assert_eq!(parse(&receipt).as_deref(), Some("richard2-4.1.247"));
        assert_eq!(parse(&request), None);
    }

    #[test]
    fn neither_a_receipt_nor_a_message_without_id_asks_for_a_receipt() {
        for xml in [
            "<message xmlns='jabber:client'><request xmlns='urn:xmpp:receipts'/></message>",
            "<message xmlns='jabber:client' id=''><request xmlns='urn:xmpp:receipts'/></message>",
            "<message xmlns='jabber:client' id='1'><request/></message>",
            "<message xmlns='jabber:client' id='1'><request xmlns='urn:xmpp:receipts'/>
             <received xmlns='urn:xmpp:receipts' id='2'/></message>",
        ] {
            assert!(!is_requested(&xml.parse().unwrap()), "{xml}");
        }
    }

    #[test]
    fn a_receipt_without_id_says_nothing() {
        for attributes in ["", "id=''"] {
            let xml =
                format!("<message xmlns='jabber:client'><received xmlns='urn:xmpp:receipts' {attributes}/></message>");
            assert_eq!(parse(&xml.parse().unwrap()), None);
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let built = build(&Jid::new("a@b/c").unwrap(), "r1", "m<1>");
        let read: Element = String::from(&built).parse().unwrap();
        assert_eq!(parse(&read).as_deref(), Some("m<1>"));
        assert_eq!(xml::attr(&read, "to"), Some("a@b/c"));
    }
}
