//! The links in a message's markup: Pango knows none.

use std::ops::Range;

/// How a link looks besides its colour.
const OPENING: &str = "<span underline=\"single\">";
const CLOSING: &str = "</span>";

/// A place in a text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
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
        if let Some((address, title)) = opening(sign) {
            plain.push_str(OPENING);
            open = Some((length, address, title));
        } else if sign == "</a>" {
            plain.push_str(CLOSING);
            if let Some((start, address, title)) = open.take() {
                links.push(Link { range: start..length, address, title });
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

/// Address and title of the link that begins with this tag.
fn opening(tag: &str) -> Option<(String, String)> {
    let mut quoted = tag.strip_prefix("<a href=\"")?.split('"');
    let address = unescaped(quoted.next()?);
    Some((address, unescaped(quoted.nth(1).unwrap_or_default())))
}

fn unescaped(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::super::super::message_text::show;
    use super::*;

    #[test]
    fn links_stand_where_they_are_in_the_text() {
        for (text, expected) in [
            ("see https://example.org/?a=1&b=<2>. Yes", vec!["https://example.org/?a=1&b="]),
            ("\"ä\" & *https://a.example* 'x' me@b.example", vec!["https://a.example", "mailto:me@b.example"]),
            ("https://a.example/\"q\" https://a.example/&amp;", vec!["https://a.example/", "https://a.example/&amp"]),
            ("none & <nothing>", vec![]),
        ] {
            let (plain, links) = take_out(&show(text, &crate::text_format::TextFormat::default(), 1_000, "Bob").markup);
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
    fn what_is_no_markup_stops_nothing() {
        for text in ["", "<", "&", "<a href=\"", "</a>", "a</a>b", "<a href=\"x\">y"] {
            assert!(take_out(text).1.is_empty(), "{text}");
        }
    }
}
