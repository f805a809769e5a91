//! References (XEP-0372), of which only mentions are understood: which part of a body names somebody.

use std::fmt::Write as _;

use super::xml::{self, Build as _, Element};
use crate::{
    ids::{BareJid, Jid},
    text_format::{MAX_MENTIONS, Mention},
};

pub const NAMESPACE: &str = "urn:xmpp:reference:0";
const SCHEME: &str = "xmpp:";
/// Beyond this nothing is looked at: nobody has written so many by hand.
const MAX_READ: usize = 4 * MAX_MENTIONS;

/// Whom a body mentions, and where. Places are counted in code points of the body as it came (§3.1); whether there is anything
/// at them is for `TextFormat::of_length` to say.
#[must_use]
pub fn mentions(message: &Element) -> Vec<Mention> {
    let references = xml::children(message, "reference", NAMESPACE).take(MAX_READ);
    references.filter_map(mention).collect()
}

fn mention(reference: &Element) -> Option<Mention> {
    // What is anchored stands in another message.
    let is_mention = xml::attr(reference, "type") == Some("mention") && xml::attr(reference, "anchor").is_none();
    let place = |name| xml::attr(reference, name).and_then(|text| text.trim().parse::<usize>().ok());
    let (start, end) = (place("begin")?, place("end")?);
    let address = address(xml::attr(reference, "uri")?)?;
    is_mention.then_some(Mention { range: start..end, address })
}

/// Whose address stands in an `xmpp:` URI (RFC 5122 §2.2); a server is nobody.
fn address(uri: &str) -> Option<BareJid> {
    let path = uri.trim().strip_prefix(SCHEME)?.split(['?', '#']).next()?;
    let path = path.strip_prefix("//").map_or(Some(path), |rest| rest.split_once('/').map(|(_, path)| path))?;
    Some(Jid::new(&unescaped(path)?).ok()?.into_bare()).filter(|address| address.node().is_some())
}

fn unescaped(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        if let (b'%', [high, low, after @ ..]) = (first, after) {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn escaped(address: &BareJid) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@!$()*+,;=:[]".contains(&byte);
    address.as_str().bytes().fold(SCHEME.to_owned(), |mut uri, byte| {
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

/// To be put into the message, in whose body so many code points stand before the text that has the mention.
#[must_use]
pub fn build(mention: &Mention, before: usize) -> Element {
    let place = |at: usize| (at + before).to_string();
    xml::element("reference", NAMESPACE)
        .with_attr("type", "mention")
        .with_attr("begin", place(mention.range.start))
        .with_attr("end", place(mention.range.end))
        .with_attr("uri", escaped(&mention.address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Vec<(usize, usize, String)> {
        let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
        mentions(&message).into_iter().map(|it| (it.range.start, it.range.end, it.address.to_string())).collect()
    }

    fn reference(attributes: &str) -> String {
        format!("<reference xmlns='urn:xmpp:reference:0' {attributes}/>")
    }

    #[test]
    fn the_example_is_read() {
        // XEP-0372 §3.2.
        let example = reference("begin='72' end='78' type='mention' uri='xmpp:juliet@capulet.lit'");
        assert_eq!(read(&example), [(72, 78, "juliet@capulet.lit".to_owned())]);
        for uri in ["xmpp:juliet@capulet.lit/balcony", "xmpp:juliet@capulet.lit?message", "xmpp:%6Auliet@capulet.lit"] {
            let read = read(&reference(&format!("begin='1' end='2' type='mention' uri='{uri}'")));
            assert_eq!(read, [(1, 2, "juliet@capulet.lit".to_owned())], "{uri}");
        }
    }

    #[test]
    fn what_mentions_nobody_is_nothing() {
        for attributes in [
            "type='mention' uri='xmpp:a@b'",
            "begin='1' type='mention' uri='xmpp:a@b'",
            "begin='-1' end='2' type='mention' uri='xmpp:a@b'",
            "begin='0' end='99999999999999999999999' type='mention' uri='xmpp:a@b'",
            "begin='0' end='2' type='data' uri='xmpp:a@b'",
            "begin='0' end='2' uri='xmpp:a@b'",
            "begin='0' end='2' type='mention' uri='https://a.example'",
            "begin='0' end='2' type='mention' uri='xmpp:@@'",
            "begin='0' end='2' type='mention' uri='xmpp:b'",
            "begin='0' end='2' type='mention' uri='xmpp:a%@b'",
            "begin='0' end='2' type='mention' uri='xmpp:a%ff@b'",
            "begin='0' end='2' type='mention' uri='xmpp:a@b' anchor='xmpp:c@d'",
        ] {
            assert!(read(&reference(attributes)).is_empty(), "{attributes}");
        }
        let many = reference("begin='0' end='2' type='mention' uri='xmpp:a@b'").repeat(10_000);
        assert_eq!(read(&many).len(), MAX_READ);
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        for address in ["a@b", "d%q?#[ä]@b.example", "a@[::1]"] {
            let address = BareJid::new(address).unwrap();
            let mention = Mention { range: 3..7, address: address.clone() };
            let built = xml::element("message", "jabber:client").with_child(build(&mention, 10));
            let read = mentions(&String::from(&built).parse().unwrap());
            assert_eq!(read, [Mention { range: 13..17, address }]);
        }
    }
}
