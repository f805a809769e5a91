//! XMPP Ping (XEP-0199).

use super::xml::{self, Element};
use xmpp_parsers::ns;

/// The request's payload; the answer has none (§4.1).
#[must_use]
pub fn build() -> Element {
    xml::element("ping", ns::PING)
}

#[must_use]
pub fn is_ping(payload: &Element) -> bool {
    payload.is("ping", ns::PING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_ping_is_one() {
        assert!(is_ping(&build()));
        assert!(!is_ping(&xml::element("ping", "urn:x")));
    }
}
