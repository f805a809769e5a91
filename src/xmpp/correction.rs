//! Last Message Correction (XEP-0308): the text of a message takes the place of another's.

use super::xml::{self, Build as _, Element};

pub const NAMESPACE: &str = "urn:xmpp:message-correct:0";

/// The id of the message that is corrected: always the first one, also where it had been corrected before (§3).
#[must_use]
pub fn parse(message: &Element) -> Option<String> {
    xml::id(xml::child(message, "replace", NAMESPACE)?)
}

/// To be put into the message with the new text.
#[must_use]
pub fn build(corrected: &str) -> Element {
    xml::element("replace", NAMESPACE).with_attr("id", corrected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_and_what_names_no_message_is_not() {
        // XEP-0308 §3.
        let example = "<message xmlns='jabber:client' to='juliet@capulet.net/balcony' id='good1'>
            <body>But soft, what light through yonder window breaks?</body>
            <replace id='bad1' xmlns='urn:xmpp:message-correct:0'/></message>";
        assert_eq!(parse(&example.parse().unwrap()).as_deref(), Some("bad1"));
        for inner in ["<replace xmlns='urn:xmpp:message-correct:0'/>", "<replace id='1'/>", ""] {
            let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
            assert_eq!(parse(&message), None, "{inner}");
        }
        let built = xml::element("message", "jabber:client").with_child(build("<&>"));
        assert_eq!(parse(&String::from(&built).parse().unwrap()).as_deref(), Some("<&>"));
    }
}
