//! Message Replies (XEP-0461): which message another one answers.

use super::{
    fallback,
    xml::{self, Build as _, Element},
};
use crate::ids::{BareJid, Jid};

pub const NAMESPACE: &str = "urn:xmpp:reply:0";

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The id of the message.
    pub id: String,
    /// Who wrote it, as whoever answers has it.
    pub author: Option<Jid>,
    /// The quote that stood in the body for those who do not understand replies, without its marks.
    pub quote: Option<String>,
}

/// What a message answers, and its body without the quote.
#[must_use]
pub fn parse(message: &Element, body: &str) -> Option<(Reply, String)> {
    let reply = xml::child(message, "reply", NAMESPACE)?;
    let id = xml::id(reply)?;
    let (rest, quote) = match fallback::split(message, body, &[NAMESPACE]) {
        // A quote and nothing else is no answer: it is shown as it came.
        Some((rest, quote)) if !rest.trim().is_empty() => (rest, Some(unquoted(&quote))),
        _ => (body.to_owned(), None),
    };
    let quote = quote.filter(|quote| !quote.is_empty());
    Some((Reply { id, author: xml::jid_attr(reply, "to"), quote }, rest))
}

/// The text of a quote, as XEP-0393 §5.1.3 marks it.
fn unquoted(quote: &str) -> String {
    let lines =
        quote.lines().map(|line| line.strip_prefix('>').map_or(line, |line| line.strip_prefix(' ').unwrap_or(line)));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// What is put before the text for those who do not understand replies.
#[must_use]
pub fn quoted(text: &str) -> String {
    text.lines().fold(String::new(), |quote, line| quote + "> " + line + "\n")
}

/// To be put into the answer, the body of which begins with `quote`.
#[must_use]
pub fn build(id: &str, author: &BareJid, quote: &str) -> Vec<Element> {
    let reply = xml::element("reply", NAMESPACE).with_attr("to", author.as_str()).with_attr("id", id);
    let length = quote.chars().count();
    std::iter::once(reply).chain((length > 0).then(|| fallback::build(NAMESPACE, Some(length)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read() {
        // XEP-0461 §4.1.
        let body = "> Anna wrote:\n> We should bake a cake\nGreat idea!";
        let example = "<message xmlns='jabber:client' to='anna@example.com' id='message-id2' type='groupchat'>
            <reply to='anna@example.com/tablet' id='message-id1' xmlns='urn:xmpp:reply:0'/>
            <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='38'/></fallback></message>";
        let (reply, rest) = parse(&example.parse().unwrap(), body).unwrap();
        assert_eq!(rest, "Great idea!");
        assert_eq!(reply.quote.as_deref(), Some("Anna wrote:\nWe should bake a cake"));
        assert_eq!((reply.id.as_str(), reply.author), ("message-id1", Jid::new("anna@example.com/tablet").ok()));
    }

    #[test]
    fn of_an_answer_without_a_text_of_its_own_nothing_is_cut() {
        let message = "<message xmlns='jabber:client'><reply id='1' to='no address@@' xmlns='urn:xmpp:reply:0'/>
            <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'/></message>";
        let (reply, rest) = parse(&message.parse().unwrap(), "> all").unwrap();
        assert_eq!((rest.as_str(), reply.quote, reply.author), ("> all", None, None));
        for inner in ["<reply xmlns='urn:xmpp:reply:0'/>", "<reply id='1'/>"] {
            let message = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
            assert!(parse(&message, "x").is_none(), "{inner}");
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let author = BareJid::new("a@b").unwrap();
        for text in ["ä🎉\n> two\n\nthree", "", "one"] {
            let quote = quoted(text);
            let built = xml::element("message", "jabber:client").with_children(build("7", &author, &quote));
            let read = String::from(&built).parse().unwrap();
            let (reply, rest) = parse(&read, &format!("{quote}yes")).unwrap();
            assert_eq!((reply.id.as_str(), rest.as_str()), ("7", "yes"));
            assert_eq!(reply.quote.unwrap_or_default(), text);
        }
    }
}
