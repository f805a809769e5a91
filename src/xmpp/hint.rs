//! Message Processing Hints (XEP-0334): what the servers on the way should do with a message.

use super::xml::{self, Element};

const HINTS: &str = "urn:xmpp:hints";

/// Keep it, though it has no body (§4.4).
#[must_use]
pub fn store() -> Element {
    xml::element("store", HINTS)
}

/// Neither archive it nor keep it for somebody who is away (§4.2).
#[must_use]
pub fn no_store() -> Element {
    xml::element("no-store", HINTS)
}
