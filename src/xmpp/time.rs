//! Entity Time (XEP-0202).

use super::{
    datetime,
    xml::{self, Build as _, Element},
};
use crate::ids::Timestamp;
use xmpp_parsers::ns;

/// Asks for it.
#[must_use]
pub fn query() -> Element {
    xml::element("time", ns::TIME)
}

#[must_use]
pub fn is_query(payload: &Element) -> bool {
    payload.is("time", ns::TIME)
}

/// The answer (§2). The time zone is always UTC: where somebody is, is not for everybody to know.
#[must_use]
pub fn result(now: Timestamp) -> Element {
    let text = |tag: &str, text: &str| xml::element(tag, ns::TIME).with_text(text);
    xml::element("time", ns::TIME).with_child(text("tzo", "Z")).with_child(text("utc", &datetime::format(now)))
}

/// Somebody's time in UTC, and their time zone in minutes east of it.
#[must_use]
pub fn parse(payload: &Element) -> Option<(Timestamp, Option<i32>)> {
    if !is_query(payload) {
        return None;
    }
    let utc = datetime::parse(&xml::child_text(payload, "utc", ns::TIME)?)?;
    Some((utc, xml::child_text(payload, "tzo", ns::TIME).and_then(|text| datetime::parse_offset(&text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_and_what_is_built_too() {
        // XEP-0202 §3.
        let payload = "<time xmlns='urn:xmpp:time'><tzo>-06:00</tzo><utc>2006-12-19T17:58:35Z</utc></time>";
        assert_eq!(parse(&payload.parse().unwrap()), Some((Timestamp(1_166_551_115_000), Some(-360))));
        assert_eq!(parse(&result(Timestamp(1_166_551_115_000))), Some((Timestamp(1_166_551_115_000), Some(0))));
        for payload in ["<time xmlns='urn:xmpp:time'/>", "<time xmlns='urn:xmpp:time'><utc>soon</utc></time>"] {
            assert_eq!(parse(&payload.parse().unwrap()), None);
        }
    }
}
