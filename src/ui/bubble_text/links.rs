//! The links and mentions in a message's markup: Pango knows none.

use std::ops::Range;

use super::super::message_markup::{MENTION, OWN_MENTION};

/// How a link looks besides its colour.
const OPENING: &str = "<span underline=\"single\">";
/// How a name looks that is mentioned, likewise.
const MENTION_OPENING: &str = "<span weight=\"600\">";
const CLOSING: &str = "</span>";

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Page,
    /// Somebody who is mentioned; the link has their address.
    Person,
    /// Whoever reads.
    Oneself,
}

/// A place in a text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    pub kind: Kind,
    pub address: String,
    /// What is said of it where the pointer rests; markup.
    pub title: String,
}

/// Divides markup as messages have it into what Pango knows and the links.
#[must_use]
pub fn take_out(markup: &str) -> (String, Vec<Link>) {
    let mut plain = String::with_capacity(markup.len());
    let (mut links, mut open) = (Vec::new(), None);
    // How much text there is so far, and what of the markup has not been looked at.
    let (mut length, mut rest) = (0, markup);
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        length += at;
        rest = &rest[at..];
        let last = if rest.starts_with('<') { '>' } else { ';' };
        let Some(end) = rest.find(last) else { break };
        let (sign, after) = rest.split_at(end + 1);
        rest = after;
        if let Some((kind, address, title)) = opening(sign) {
            plain.push_str(if kind == Kind::Page { OPENING } else { MENTION_OPENING });
            open = Some((length, kind, address, title));
        } else if sign == "</a>" {
            plain.push_str(CLOSING);
            if let Some((start, kind, address, title)) = open.take() {
                links.push(Link { range: start..length, kind, address, title });
            }
        } else {
            plain.push_str(sign);
            // Each entity that is written stands for one byte.
            length += usize::from(last == ';');
        }
    }
    plain.push_str(rest);
    (plain, links)
}

/// What the link that begins with this tag leads to, its address and title.
fn opening(tag: &str) -> Option<(Kind, String, String)> {
    let mut quoted = tag.strip_prefix("<a href=\"")?.split('"');
    let address = unescaped(quoted.next()?);
    let title = unescaped(quoted.nth(1).unwrap_or_default());
    let kind = match quoted.nth(1) {
        Some(MENTION) => Kind::Person,
        Some(OWN_MENTION) => Kind::Oneself,
        _ => Kind::Page,
    };
    Some((kind, address, title))
}

fn unescaped(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::super::super::message_text::show;
    use super::*;
    use crate::{
        ids::BareJid,
        text_format::{Mention, TextFormat},
    };

    #[test]
    fn links_stand_where_they_are_in_the_text() {
        for (text, expected) in [
            ("see https://example.org/?a=1&b=<2>. Yes", vec!["https://example.org/?a=1&b="]),
            ("\"ä\" & *https://a.example* 'x' me@b.example", vec!["https://a.example", "mailto:me@b.example"]),
            ("https://a.example/\"q\" https://a.example/&amp;", vec!["https://a.example/", "https://a.example/&amp"]),
            ("none & <nothing>", vec![]),
        ] {
            let (plain, links) = take_out(&show(text, &TextFormat::default(), 1_000, "Bob", None).markup);
            let (_, shown, _) = gtk::pango::parse_markup(&plain, '\0').unwrap();
            assert_eq!(shown, text);
            let addresses: Vec<_> = links.iter().map(|link| link.address.as_str()).collect();
            assert_eq!(addresses, expected, "{text}");
            for link in &links {
                let seen = &text[link.range.clone()];
                assert!(link.address == seen || link.address == format!("mailto:{seen}"), "{seen}");
                assert!(gtk::pango::parse_markup(&link.title, '\0').is_ok(), "{}", link.title);
            }
        }
    }

    #[test]
    fn whoever_is_mentioned_stands_where_the_name_does() {
        let mention = |range, address| Mention { range, address: BareJid::new(address).unwrap() };
        let mentions = vec![mention(3..7, "b%b@b.example"), mention(8..10, "me@b.example")];
        let format = TextFormat { mentions, ..TextFormat::default() };
        let own = BareJid::new("me@b.example").unwrap();
        let text = "ü: @Bób @I https://a.example";
        let (plain, links) = take_out(&show(text, &format, 100, "Bob", Some(&own)).markup);
        assert_eq!(gtk::pango::parse_markup(&plain, '\0').unwrap().1, text);
        let found: Vec<_> =
            links.iter().map(|link| (link.kind, &text[link.range.clone()], link.address.as_str())).collect();
        let expected = [
            (Kind::Person, "@Bób", "b%b@b.example"),
            (Kind::Oneself, "@I", "me@b.example"),
            (Kind::Page, "https://a.example", "https://a.example"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_markup_stops_nothing() {
        for text in ["", "<", "&", "<a href=\"", "</a>", "a</a>b", "<a href=\"x\">y"] {
            assert!(take_out(text).1.is_empty(), "{text}");
        }
    }
}
