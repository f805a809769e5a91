//! Message Styling (XEP-0393): whether a body has any. What the styling is, the [`styling`](crate::styling) of a text says.

use super::xml::{self, Element};

pub const NAMESPACE: &str = "urn:xmpp:styling:0";

/// The sender wants nothing in the body to be taken for styling (§6).
#[must_use]
pub fn is_unstyled(message: &Element) -> bool {
    xml::child(message, "unstyled", NAMESPACE).is_some()
}

/// To be put into a message without styling.
#[must_use]
pub fn build_unstyled() -> Element {
    xml::element("unstyled", NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::xml::Build as _;

    #[test]
    fn the_example_is_read_and_nothing_else() {
        // XEP-0393 §6.
        let example =
            "<message xmlns='jabber:client'><body>&gt; _ &lt;</body><unstyled xmlns='urn:xmpp:styling:0'/></message>";
        assert!(is_unstyled(&example.parse().unwrap()));
        for inner in
            ["", "<unstyled/>", "<styled xmlns='urn:xmpp:styling:0'/>", "<unstyled xmlns='urn:xmpp:styling:1'/>"]
        {
            let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
            assert!(!is_unstyled(&message), "{inner}");
        }
        let built = xml::element("message", "jabber:client").with_child(build_unstyled());
        assert!(is_unstyled(&String::from(&built).parse().unwrap()));
    }
}
