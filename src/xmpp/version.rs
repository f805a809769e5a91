//! Software Version (XEP-0092).

use super::xml::{self, Build as _, Element};
use xmpp_parsers::ns::VERSION;

/// What somebody runs, in their own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub name: String,
    pub version: Option<String>,
    pub os: Option<String>,
}

/// Asks for it.
#[must_use]
pub fn query() -> Element {
    xml::element("query", VERSION)
}

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

/// Reads the answer; without a name it says nothing.
#[must_use]
pub fn parse(payload: &Element) -> Option<Version> {
    if !is_query(payload) {
        return None;
    }
    let text = |name: &str| xml::child_text(payload, name, VERSION);
    Some(Version { name: text("name")?, version: text("version"), os: text("os") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_and_one_without_name_is_none() {
        // XEP-0092 §3.
        let payload = "<query xmlns='jabber:iq:version'><name>Exodus</name><version>0.7.0.4</version><os>Windows-XP 5.01.2600</os></query>";
        let expected = Version {
            name: "Exodus".to_owned(),
            version: Some("0.7.0.4".to_owned()),
            os: Some("Windows-XP 5.01.2600".to_owned()),
        };
        assert_eq!(parse(&payload.parse().unwrap()), Some(expected));
        assert_eq!(parse(&query()), None);
        assert_eq!(parse(&xml::element("query", "urn:x")), None);
    }

    #[test]
    fn the_answer_names_program_and_version() {
        let expected = "<query xmlns='jabber:iq:version'><name>A</name><version>1</version></query>";
        assert_eq!(result("A", "1"), expected.parse().unwrap());
        assert!(is_query(&expected.parse().unwrap()));
    }
}
