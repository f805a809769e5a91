//! Fallback Indication (XEP-0428): which part of a body is there only for those who do not understand the rest.

use std::ops::Range;

use super::xml::{self, Build as _, Element};
use xmpp_parsers::ns;

pub const NAMESPACE: &str = "urn:xmpp:fallback:0";

/// No sender needs more.
const MAX_RANGES: usize = 16;

/// The body without what is a fallback for any of these extensions, and that fallback; `None` where nothing is said of it, or
/// what is said can't be. Of each extension the first word counts. Places are counted in code points (§3).
#[must_use]
pub fn split(message: &Element, body: &str, extensions: &[&str]) -> Option<(String, String)> {
    let of = |extension: &&str| {
        xml::children(message, "fallback", NAMESPACE).find(|it| xml::attr(it, "for") == Some(*extension))
    };
    let fallbacks: Vec<_> = extensions.iter().filter_map(of).collect();
    if fallbacks.is_empty() {
        return None;
    }
    let mut ranges = Vec::new();
    for part in fallbacks.iter().flat_map(|it| xml::children(it, "body", NAMESPACE).take(MAX_RANGES)) {
        ranges.push(range(part, body)?);
    }
    if fallbacks.iter().any(|it| it.children().next().is_none()) {
        // All of it.
        return Some((String::new(), body.to_owned()));
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    // The same may be said for two extensions.
    ranges.dedup();
    let (mut kept, mut cut, mut at) = (String::new(), String::new(), 0);
    for range in ranges {
        // Parts that overlap are no parts.
        kept.push_str(body.get(at..range.start)?);
        cut.push_str(&body[range.clone()]);
        at = range.end;
    }
    kept.push_str(&body[at..]);
    Some((kept, cut))
}

/// A part of a body, in bytes. Without places it is the whole.
fn range(part: &Element, body: &str) -> Option<Range<usize>> {
    let place = |name| match xml::attr(part, name) {
        None => Some(None),
        Some(text) => text.trim().parse::<usize>().ok().map(Some),
    };
    let byte = |place: usize| {
        let mut ends = body.char_indices().map(|(at, _)| at).chain([body.len()]);
        ends.nth(place)
    };
    let start = place("start")?.map_or(Some(0), byte)?;
    let end = place("end")?.map_or(Some(body.len()), byte)?;
    (start <= end).then_some(start..end)
}

/// Says that the first `length` code points of the body are a fallback for one extension; all of it when there is no length.
#[must_use]
pub fn build(extension: &str, length: Option<usize>) -> Element {
    let part = length
        .map(|length| xml::element("body", NAMESPACE).with_attr("start", "0").with_attr("end", length.to_string()));
    xml::element("fallback", NAMESPACE).with_attr("for", extension).with_children(part)
}

/// A body that is nothing but a fallback, with what says so.
#[must_use]
pub fn whole(extension: &str, body: &str) -> [Element; 2] {
    [xml::element("body", ns::JABBER_CLIENT).with_text(body), build(extension, None)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str, inner: &str) -> Option<(String, String)> {
        let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
        split(&message, body, &["x"])
    }

    fn fallback(inner: &str) -> String {
        format!("<fallback xmlns='urn:xmpp:fallback:0' for='x'>{inner}</fallback>")
    }

    #[test]
    fn places_are_code_points() {
        let split = |inner: &str| parts("> äö🎉\nJa", &fallback(inner));
        let both = |kept: &str, cut: &str| Some((kept.to_owned(), cut.to_owned()));
        assert_eq!(split("<body start='0' end='6'/>"), both("Ja", "> äö🎉\n"));
        assert_eq!(split("<body end='2'/>"), both("äö🎉\nJa", "> "));
        assert_eq!(split("<body start='6'/>"), both("> äö🎉\n", "Ja"));
        assert_eq!(split("<body/>"), both("", "> äö🎉\nJa"));
        assert_eq!(split(""), both("", "> äö🎉\nJa"));
        assert_eq!(split("<body start='7' end='8'/><body start='0' end='2'/>"), both("äö🎉\nJ", "> a"));
        assert_eq!(split("<body start='3' end='3'/>"), both("> äö🎉\nJa", ""));
    }

    #[test]
    fn what_can_not_be_cuts_nothing() {
        for inner in [
            "<body start='0' end='9'/>",
            "<body start='5' end='2'/>",
            "<body start='-1' end='2'/>",
            "<body start='0' end='99999999999999999999999'/>",
            "<body start='0' end='4'/><body start='3' end='5'/>",
            "<body start='x'/>",
        ] {
            assert_eq!(parts("> äö🎉\nJa", &fallback(inner)), None, "{inner}");
        }
        assert_eq!(parts("x", "<fallback xmlns='urn:xmpp:fallback:0' for='y'/>"), None);
        assert_eq!(parts("x", "<fallback xmlns='urn:xmpp:fallback:0'/>"), None);
        assert_eq!(parts("x", ""), None);
    }

    #[test]
    fn what_is_there_for_several_extensions_is_cut_for_those_that_are_asked_for() {
        let body = |place: &str| format!("<body {place}/>");
        let both = fallback(&body("start='0' end='3'")) + &fallback(&body("start='4'")).replace("'x'", "'y'");
        let message = format!("<message xmlns='jabber:client'>{both}</message>").parse().unwrap();
        let kept = |extensions: &[&str]| split(&message, "> a b", extensions).map(|(kept, _)| kept);
        assert_eq!(kept(&["x", "y"]).as_deref(), Some(" "));
        assert_eq!(kept(&["y", "z"]).as_deref(), Some("> a "));
        assert_eq!(kept(&["z"]), None);
        let same = fallback("<body end='2'/>") + &fallback("<body end='2'/>").replace("'x'", "'y'");
        let message = format!("<message xmlns='jabber:client'>{same}</message>").parse().unwrap();
        assert_eq!(split(&message, "> a b", &["x", "y"]), Some(("a b".to_owned(), "> ".to_owned())));
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let built = xml::element("message", ns::JABBER_CLIENT).with_child(build("x", Some(3)));
        let read = String::from(&built).parse().unwrap();
        assert_eq!(split(&read, "abcd", &["x"]), Some(("d".to_owned(), "abc".to_owned())));
    }
}
