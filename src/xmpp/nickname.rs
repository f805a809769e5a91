//! User Nickname (XEP-0172): what somebody calls themselves. Never proof of who they are.

use super::xml::{self, Build as _, Element};
use crate::plain_text::one_line;
use xmpp_parsers::ns;

/// The PEP node (§4.3).
pub const NODE: &str = ns::NICK;
/// A longer name is cut: it would only push everything else out of a row.
const MAX_CHARS: usize = 100;

/// The nickname in a message or in a subscription request.
#[must_use]
pub fn parse(stanza: &Element) -> Option<String> {
    xml::child(stanza, "nick", ns::NICK).and_then(parse_payload)
}

/// The nickname in a `<nick/>`, as PEP has it; `None` where it is blank, which means that there is none any more.
#[must_use]
pub fn parse_payload(nick: &Element) -> Option<String> {
    if !nick.is("nick", ns::NICK) {
        return None;
    }
    let name: String = one_line(&nick.text()).chars().take(MAX_CHARS).collect();
    // It may have been cut between two words.
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The element, for PEP, for a subscription request or for the first message to somebody (§4).
#[must_use]
pub fn build(nickname: &str) -> Element {
    xml::element("nick", ns::NICK).with_text(nickname.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_is_one_line_of_bearable_length() {
        for (text, expected) in [
            ("Ishmael", Some("Ishmael".to_owned())),
            (" Call\n me\tIshmael ", Some("Call me Ishmael".to_owned())),
            (" \n ", None),
            ("", None),
            (&"é".repeat(5_000), Some("é".repeat(100))),
        ] {
            let presence = format!(
                "<presence xmlns='jabber:client' type='subscribe'><nick xmlns='http://jabber.org/protocol/nick'>{text}</nick></presence>"
            );
            assert_eq!(parse(&presence.parse().unwrap()), expected);
        }
        assert_eq!(parse(&"<presence xmlns='jabber:client'><nick>a</nick></presence>".parse().unwrap()), None);
    }

    #[test]
    fn a_name_that_is_cut_between_two_words_ends_with_the_first() {
        let nick = build(&format!("{} b", "a".repeat(99)));
        assert_eq!(parse_payload(&nick), Some("a".repeat(99)));
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let built: Element = String::from(&build("A <b> & c")).parse().unwrap();
        assert_eq!(parse_payload(&built).as_deref(), Some("A <b> & c"));
    }
}
