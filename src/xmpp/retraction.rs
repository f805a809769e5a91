//! Message Retraction (XEP-0424): somebody takes back what they wrote.

use super::{
    fallback, hint, stanza_id,
    xml::{self, Build as _, Element},
};
use crate::ids::{Jid, OriginId};
use xmpp_parsers::ns;

pub const NAMESPACE: &str = "urn:xmpp:message-retract:1";
/// For those who do not understand it; in English, since nobody knows what they read.
const FALLBACK: &str = "/me retracted a previous message, but it's unsupported by your client.";

/// The id of the message that is taken back.
#[must_use]
pub fn parse(message: &Element) -> Option<String> {
    xml::id(xml::child(message, "retract", NAMESPACE)?)
}

/// The message that takes back `message`.
#[must_use]
pub fn build(to: &Jid, id: &OriginId, message: &str) -> Element {
    xml::element("message", ns::JABBER_CLIENT)
        .with_attr("type", "chat")
        .with_attr("to", to.as_str())
        .with_attr("id", &id.0)
        .with_child(xml::element("retract", NAMESPACE).with_attr("id", message))
        .with_children(fallback::whole(NAMESPACE, FALLBACK))
        .with_child(stanza_id::build_origin(id))
        .with_child(hint::store())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_and_what_names_no_message_is_not() {
        // XEP-0424 §4.1.
        let example = "<message xmlns='jabber:client' type='chat' to='lord@capulet.example' id='retract-message-1'>
            <retract id='origin-id-1' xmlns='urn:xmpp:message-retract:1'/>
            <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>
            <body>/me retracted a previous message, but it's unsupported by your client.</body>
            <store xmlns='urn:xmpp:hints'/></message>";
        assert_eq!(parse(&example.parse().unwrap()).as_deref(), Some("origin-id-1"));
        for inner in ["<retract xmlns='urn:xmpp:message-retract:1'/>", "<retract id='1'/>"] {
            let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
            assert_eq!(parse(&message), None, "{inner}");
        }
        let built = build(&Jid::new("a@b").unwrap(), &OriginId("r".to_owned()), "m");
        assert_eq!(parse(&String::from(&built).parse().unwrap()).as_deref(), Some("m"));
    }
}
