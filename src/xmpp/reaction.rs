//! Message Reactions (XEP-0444): emoji that stand under somebody's message.

use super::{
    hint,
    xml::{self, Build as _, Element},
};
use crate::ids::{Jid, OriginId};
use xmpp_parsers::ns;

pub const NAMESPACE: &str = "urn:xmpp:reactions:0";

/// How many of one person's are shown under a message.
pub const MAX_REACTIONS: usize = 20;
/// The longest emoji, a family or a flag of a region, is about 40 bytes long.
const MAX_LENGTH: usize = 64;

/// All that somebody says of a message in emoji; what they said before does not count any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reactions {
    /// The id of the message.
    pub id: String,
    /// Each once, in their order.
    pub emoji: Vec<String>,
}

#[must_use]
pub fn parse(message: &Element) -> Option<Reactions> {
    let reactions = xml::child(message, "reactions", NAMESPACE)?;
    let id = xml::id(reactions)?;
    let mut emoji: Vec<String> = Vec::new();
    for reaction in xml::children(reactions, "reaction", NAMESPACE) {
        let text = reaction.text().trim().to_owned();
        if is_emoji(&text) && !emoji.contains(&text) && emoji.len() < MAX_REACTIONS {
            emoji.push(text);
        }
    }
    Some(Reactions { id, emoji })
}

/// Whether a text may stand under a message: one sign that is no writing (§4 wants a single emoji).
#[must_use]
pub fn is_emoji(text: &str) -> bool {
    let is_keycap = text.contains('\u{20e3}');
    let is_sign = |c: char| match c {
        '0'..='9' | '#' | '*' => is_keycap,
        '©' | '®' | '\u{203c}' | '\u{2049}' => true,
        '\u{e000}'..='\u{f8ff}' => false,
        _ => c >= '\u{20e3}' && !(c.is_alphabetic() || c.is_whitespace() || c.is_control() || is_part(c)),
    };
    text.len() <= MAX_LENGTH && text.chars().any(is_sign) && text.chars().all(|c| is_sign(c) || is_part(c))
}

/// Joiners, variation selectors, tags: parts of an emoji, never one.
fn is_part(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

/// The message that says all that we say of `message`. It asks for its own storage (§4), for it has no body.
#[must_use]
pub fn build(to: &Jid, id: &OriginId, message: &str, emoji: &[String]) -> Element {
    let reactions = emoji.iter().map(|emoji| xml::element("reaction", NAMESPACE).with_text(emoji));
    xml::element("message", ns::JABBER_CLIENT)
        .with_attr("type", "chat")
        .with_attr("to", to.as_str())
        .with_attr("id", &id.0)
        .with_child(xml::element("reactions", NAMESPACE).with_attr("id", message).with_children(reactions))
        .with_child(super::stanza_id::build_origin(id))
        .with_child(hint::store())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read() {
        // XEP-0444 §4.1.
        let example =
            "<message xmlns='jabber:client' to='romeo@capulet.net/orchard' id='96d73204-a57a-11e9-88b8-4889e7820c76'
            type='chat'><reactions id='744f6e18-a57a-11e9-a656-4889e7820c76' xmlns='urn:xmpp:reactions:0'>
            <reaction>👋</reaction><reaction>🐢</reaction></reactions><store xmlns='urn:xmpp:hints'/></message>";
        let read = parse(&example.parse().unwrap()).unwrap();
        assert_eq!(
            (read.id.as_str(), read.emoji),
            ("744f6e18-a57a-11e9-a656-4889e7820c76", vec!["👋".to_owned(), "🐢".to_owned()])
        );
    }

    #[test]
    fn only_emoji_count_each_once_and_not_too_many() {
        let inner = "<reaction>👋</reaction><reaction> 👋 </reaction><reaction>you owe me 100</reaction><reaction/>
            <reaction>\u{202e}</reaction><reaction xmlns='x'>🐢</reaction>";
        let many: String = (0..1_000)
            .map(|n| ["<reaction>", &char::from_u32(0x1f300 + n).unwrap().to_string(), "</reaction>"].concat())
            .collect();
        let read = |inner: &str| {
            let text = format!(
                "<message xmlns='jabber:client'><reactions id='1' xmlns='urn:xmpp:reactions:0'>{inner}</reactions></message>"
            );
            parse(&text.parse().unwrap()).unwrap().emoji
        };
        assert_eq!(read(inner), ["👋"]);
        assert_eq!(read(&many).len(), MAX_REACTIONS);
        assert!(read("").is_empty(), "all are taken back");
    }

    #[test]
    fn what_is_no_writing_is_an_emoji() {
        for emoji in ["👍", "❤️", "❤", "👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🤷‍♀️"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for text in ["", "a", "1", "+1", ":)", "你", "👍 👍", "👍a", "\u{200d}", "\u{fe0f}", "\u{7}", &"👍".repeat(20)]
        {
            assert!(!is_emoji(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let emoji = ["❤️".to_owned(), "🎉".to_owned()];
        let built = build(&Jid::new("a@b/c").unwrap(), &OriginId("r".to_owned()), "<m>", &emoji);
        let read = parse(&String::from(&built).parse().unwrap()).unwrap();
        assert_eq!((read.id.as_str(), &read.emoji[..]), ("<m>", &emoji[..]));
    }
}
