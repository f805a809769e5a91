//! Spoiler Messages (XEP-0382): a body that is only shown when the reader asks for it.

use super::xml::{self, Build as _, Element};
use crate::text_format::MAX_HINT;

pub const NAMESPACE: &str = "urn:xmpp:spoiler:0";

/// What is said of a body that is to be covered; empty where nothing is. `None` where it is not to be covered.
#[must_use]
pub fn parse(message: &Element) -> Option<String> {
    xml::child(message, "spoiler", NAMESPACE)?;
    let hint = xml::human_text(message, "spoiler", NAMESPACE).unwrap_or_default();
    let hint: String = hint.trim().chars().take(MAX_HINT).collect();
    Some(hint.trim_end().to_owned())
}

/// To be put into a message whose body is to be covered.
#[must_use]
pub fn build(hint: &str) -> Element {
    xml::element("spoiler", NAMESPACE).with_text(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Option<String> {
        parse(&format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap())
    }

    #[test]
    fn the_examples_are_read() {
        // XEP-0382 §3.
        for (inner, hint) in [
            ("<spoiler xmlns='urn:xmpp:spoiler:0'/>", Some("")),
            ("<spoiler xmlns='urn:xmpp:spoiler:0'>Love story end</spoiler>", Some("Love story end")),
            (
                "<spoiler xml:lang='en' xmlns='urn:xmpp:spoiler:0'>Trip to the beach</spoiler>
                 <spoiler xml:lang='ca' xmlns='urn:xmpp:spoiler:0'>Viatge a la platja</spoiler>",
                Some("Trip to the beach"),
            ),
            ("<spoiler/>", None),
            ("<spoiler xmlns='urn:xmpp:spoiler:1'/>", None),
            ("", None),
        ] {
            assert_eq!(read(inner).as_deref(), hint, "{inner}");
        }
    }

    #[test]
    fn a_hint_has_an_end_and_what_is_built_is_read_as_the_same() {
        let long = read(&format!("<spoiler xmlns='urn:xmpp:spoiler:0'>{}</spoiler>", "ä".repeat(100_000)));
        assert_eq!(long.map(|hint| hint.chars().count()), Some(MAX_HINT));
        let parted = format!("{} and on", "ä".repeat(MAX_HINT - 1));
        let parted = read(&format!("<spoiler xmlns='urn:xmpp:spoiler:0'>{parted}</spoiler>"));
        assert_eq!(parted.map(|hint| hint.chars().count()), Some(MAX_HINT - 1), "no space stands at its end");
        for hint in ["", "<&> 🎬"] {
            let built = xml::element("message", "jabber:client").with_child(build(hint));
            assert_eq!(parse(&String::from(&built).parse().unwrap()).as_deref(), Some(hint));
        }
    }
}
