//! Reading and building elements, for every file here that touches XML: tolerant readers, and builders whose result can
//! always be written. Knows nothing of any one extension.

use std::{borrow::Cow, str::FromStr};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};
pub use minidom::Element;
use rxml::{Namespace, NcName};

use crate::ids::Jid;

/// In bytes. Ids are kept with each message, and in what is said of messages that are not here.
pub const MAX_ID_LENGTH: usize = 1_024;
/// As lax as the alphabet allows: padding and trailing bits differ between clients, and none of it changes the bytes.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An element without attributes and children.
#[must_use]
pub fn element(name: &str, ns: &str) -> Element {
    Element::bare(name, ns)
}

/// Chained building: `element("query", ns::ROSTER).with_attr("ver", "7")`.
///
/// Characters that XML 1.0 has no way to write are left out, because one of them would end the stream.
pub trait Build: Sized {
    /// `name` is written in this program, never taken from the network; one that is no XML name is left out.
    #[must_use]
    fn with_attr(self, name: &str, value: impl AsRef<str>) -> Self;
    #[must_use]
    fn with_optional_attr(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.with_attr(name, value),
            None => self,
        }
    }
    /// `xml:lang`.
    #[must_use]
    fn with_lang(self, lang: &str) -> Self;
    #[must_use]
    fn with_text(self, text: impl AsRef<str>) -> Self;
    #[must_use]
    fn with_child(self, child: Element) -> Self;
    /// All of them; takes an `Option` as well.
    #[must_use]
    fn with_children(self, children: impl IntoIterator<Item = Element>) -> Self;
}

impl Build for Element {
    fn with_attr(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let name = NcName::try_from(name);
        debug_assert!(name.is_ok(), "attribute names are written in this program");
        if let Ok(name) = name {
            self.attrs_mut().insert(Namespace::NONE, name, legal(value.as_ref()).into_owned());
        }
        self
    }

    fn with_lang(mut self, lang: &str) -> Self {
        if let Ok(name) = NcName::try_from("lang") {
            self.attrs_mut().insert(Namespace::XML, name, legal(lang).into_owned());
        }
        self
    }

    fn with_text(mut self, text: impl AsRef<str>) -> Self {
        self.append_text(legal(text.as_ref()));
        self
    }

    fn with_child(mut self, child: Element) -> Self {
        self.append_child(child);
        self
    }

    fn with_children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        for child in children {
            self.append_child(child);
        }
        self
    }
}

/// The text without what XML 1.0 §2.2 can't carry, not even escaped.
#[must_use]
pub fn legal(text: &str) -> Cow<'_, str> {
    let is_illegal = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(is_illegal) { text.replace(is_illegal, "").into() } else { text.into() }
}

/// An attribute without namespace. Unlike `Element::attr`, the result does not borrow from the name.
#[must_use]
pub fn attr<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.attrs().get(&Namespace::NONE, name).map(String::as_str)
}

/// The element's own `xml:lang`.
#[must_use]
pub fn lang(element: &Element) -> Option<&str> {
    element.attrs().get(&Namespace::XML, "lang").map(String::as_str)
}

/// An attribute that has some text in it.
#[must_use]
pub fn filled_attr(element: &Element, name: &str) -> Option<String> {
    attr(element, name).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// What somebody calls a message. Names are as long as their author likes; beyond [`MAX_ID_LENGTH`] they name nothing.
#[must_use]
pub fn id(element: &Element) -> Option<String> {
    filled_attr(element, "id").filter(|id| id.len() <= MAX_ID_LENGTH)
}

/// A number or another type that reads itself from text; `None` where it is missing or can't be read.
#[must_use]
pub fn parsed_attr<T: FromStr>(element: &Element, name: &str) -> Option<T> {
    attr(element, name)?.trim().parse().ok()
}

/// An address; `None` where it is missing or is none. Where the difference matters, see [`optional_jid`].
#[must_use]
pub fn jid_attr(element: &Element, name: &str) -> Option<Jid> {
    optional_jid(element, name).ok().flatten()
}

/// An address that may be missing, told apart from one that can't be read: an unreadable `from` must never pass for the
/// missing one that stands for our own server.
pub fn optional_jid(element: &Element, name: &str) -> Result<Option<Jid>, NotAnAddress> {
    attr(element, name).map(|text| Jid::new(text).map_err(|_| NotAnAddress)).transpose()
}

/// An attribute stands where an address is expected, and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address")]
pub struct NotAnAddress;

/// An XML Schema boolean; everything but `true` and `1` is false.
#[must_use]
pub fn flag(element: &Element, name: &str) -> bool {
    attr(element, name).is_some_and(|value| matches!(value.trim(), "true" | "1"))
}

/// The first child of this name.
#[must_use]
pub fn child<'e>(element: &'e Element, name: &str, ns: &str) -> Option<&'e Element> {
    element.children().find(|child| child.is(name, ns))
}

/// All children of this name.
pub fn children<'e>(element: &'e Element, name: &'e str, ns: &'e str) -> impl Iterator<Item = &'e Element> {
    element.children().filter(move |child| child.is(name, ns))
}

/// The text of the first child of this name, without white space around it; `None` where nothing is left.
#[must_use]
pub fn child_text(element: &Element, name: &str, ns: &str) -> Option<String> {
    let text = child(element, name, ns)?.text();
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// The text for people that stands in several languages (RFC 6121 §5.2.3, §4.7.2.2): the one in the stanza's own language,
/// else the first. Untouched, but `None` where it is empty.
#[must_use]
pub fn human_text(element: &Element, name: &str, ns: &str) -> Option<String> {
    let mut first = None;
    for child in children(element, name, ns) {
        if lang(child).is_none() {
            first = Some(child);
            break;
        }
        first = first.or(Some(child));
    }
    first.map(Element::text).filter(|text| !text.is_empty())
}

/// Bytes from Base64 as it stands in XML, which may be wrapped and indented.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(compact).ok()
}

/// Base64 as RFC 4648 §4 has it.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_can_always_be_written_and_read_again() {
        let built = element("a", "urn:a")
            .with_attr("x", "1\u{0}2\u{1b}")
            .with_optional_attr("y", None::<&str>)
            .with_lang("de")
            .with_text("a\u{0}<&>\"'\u{ffff}\tb")
            .with_child(element("b", "urn:b"));
        let written = String::from(&built);
        let read: Element = written.parse().unwrap();
        assert_eq!(read, built);
        assert_eq!(attr(&read, "x"), Some("12"));
        assert_eq!(attr(&read, "y"), None);
        assert_eq!(lang(&read), Some("de"));
        assert_eq!(read.text(), "a<&>\"'\tb");
    }

    #[test]
    fn an_unreadable_address_is_not_a_missing_one() {
        let read = |xml: &str| optional_jid(&xml.parse().unwrap(), "from");
        assert_eq!(read("<a xmlns='urn:a'/>"), Ok(None));
        assert_eq!(read("<a xmlns='urn:a' from='a@b/c'/>").unwrap().unwrap().as_str(), "a@b/c");
        for bad in ["", "@", "a@", "@b", "a@b/", "a b@c", "/x"] {
            assert_eq!(read(&format!("<a xmlns='urn:a' from='{bad}'/>")), Err(NotAnAddress), "{bad}");
        }
    }

    #[test]
    fn the_text_without_language_is_preferred() {
        for (xml, expected) in [
            ("<a xmlns='urn:a'/>", None),
            ("<a xmlns='urn:a'><t/></a>", None),
            ("<a xmlns='urn:a'><t> </t></a>", Some(" ")),
            ("<a xmlns='urn:a'><t xml:lang='de'>eins</t><t xml:lang='en'>one</t></a>", Some("eins")),
            ("<a xmlns='urn:a'><t xml:lang='de'>eins</t><t>one</t></a>", Some("one")),
            ("<a xmlns='urn:a'><t xmlns='urn:b'>b</t><t>o<i/>ne</t></a>", Some("one")),
        ] {
            assert_eq!(human_text(&xml.parse().unwrap(), "t", "urn:a").as_deref(), expected, "{xml}");
        }
    }

    #[test]
    fn base64_may_be_wrapped_and_unpadded() {
        for (text, expected) in [
            ("YWJjZA==", Some(&b"abcd"[..])),
            ("\n  YW\r\n Jj\tZA\n", Some(b"abcd")),
            ("YWJjZB", Some(b"abcd")),
            ("", Some(b"")),
            ("YWJj!", None),
            ("Y", None),
            ("é", None),
        ] {
            assert_eq!(decode_base64(text).as_deref(), expected, "{text}");
        }
    }
}
