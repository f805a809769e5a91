//! Software Version (XEP-0092).

use super::xml::{self, Build as _, Element};

const VERSION: &str = "jabber:iq:version";

#[must_use]
pub fn is_query(payload: &Element) -> bool {
    payload.is("query", VERSION)
}

/// The answer. The operating system is left out: it helps nobody but attackers (§5).
#[must_use]
pub fn result(name: &str, version: &str) -> Element {
    let text = |tag: &str, text: &str| xml::element(tag, VERSION).with_text(text);
    xml::element("query", VERSION).with_child(text("name", name)).with_child(text("version", version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_program_and_version() {
        let expected = "<query xmlns='jabber:iq:version'><name>A</name><version>1</version></query>";
        assert_eq!(result("A", "1"), expected.parse().unwrap());
        assert!(is_query(&expected.parse().unwrap()));
    }
}
