//! Building messages of one-to-one chats (RFC 6121 §5). Reading them is `incoming`'s.

use super::{
    chat_state::ChatState,
    correction,
    delay::{self, Delay},
    file_sharing::{self, SharedFile},
    link_metadata::{self, LinkMetadata},
    marker, nickname, receipt, reference, reply, spoiler, stanza_id, styling,
    xml::{self, Build as _, Element},
};
use crate::{
    ids::{BareJid, Jid, OriginId, Timestamp},
    text_format::TextFormat,
};
use xmpp_parsers::ns;

/// What a chat message may carry beside its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// Ask the other side's client to say that it has the message.
    pub wants_receipt: bool,
    /// Ask the other side to say when it has been seen.
    pub is_markable: bool,
    /// `Active` where the other side may know what we do (XEP-0085 §5.1).
    pub chat_state: Option<ChatState>,
    /// Our own, in the first message to somebody who does not know us (XEP-0172 §4.2).
    pub nickname: Option<String>,
    /// When it was written, if that was not now (XEP-0203 §4).
    pub written_at: Option<Timestamp>,
    /// The message that it answers (XEP-0461).
    pub answered: Option<Answered>,
    /// The id of the message whose text it replaces (XEP-0308).
    pub corrects: Option<String>,
    /// The file that it shares; the body is then its address.
    pub file: Option<SharedFile>,
    /// How the body is to be shown.
    pub format: TextFormat,
    /// What is said of links in the body (XEP-0511).
    pub links: Vec<LinkMetadata>,
}

/// A message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub id: String,
    pub author: BareJid,
    /// What stands in it, for those who do not understand replies.
    pub quote: String,
}

/// A chat message. Its `id` is its origin id, so that a receipt or an error names it either way.
///
/// An answer that is a file has no quote: many show a file only where the body is its address and nothing else.
#[must_use]
pub fn chat(to: &Jid, id: &OriginId, body: &str, extras: &Extras) -> Element {
    let answered = extras.answered.as_ref();
    let quoted = answered.filter(|_| extras.file.is_none());
    let quote = quoted.map(|answered| reply::quoted(&xml::legal(&answered.quote))).unwrap_or_default();
    let reply = answered.map(|answered| reply::build(&answered.id, &answered.author, &quote));
    let before = quote.chars().count();
    // Of a file they are places in its caption, which follows.
    let mentions = extras.format.mentions.iter().filter(|_| extras.file.is_none());
    xml::element("message", ns::JABBER_CLIENT)
        .with_attr("type", "chat")
        .with_attr("to", to.as_str())
        .with_attr("id", &id.0)
        .with_child(xml::element("body", ns::JABBER_CLIENT).with_text(quote + body))
        .with_children(reply.into_iter().flatten())
        .with_children(extras.format.is_unstyled.then(styling::build_unstyled))
        .with_children(extras.format.spoiler.as_deref().map(|hint| spoiler::build(&xml::legal(hint))))
        .with_children(mentions.map(|mention| reference::build(mention, before)))
        .with_children(extras.corrects.as_deref().map(correction::build))
        .with_child(stanza_id::build_origin(id))
        .with_children(extras.wants_receipt.then(receipt::request))
        .with_children(extras.is_markable.then(marker::markable))
        .with_children(extras.chat_state.map(ChatState::element))
        .with_children(extras.nickname.as_deref().map(nickname::build))
        .with_children(extras.file.iter().flat_map(file_sharing::build))
        .with_children(extras.links.iter().map(link_metadata::build))
        .with_children(extras.written_at.map(|stamp| delay::build(&Delay { stamp, from: None })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text_format::Mention,
        xmpp::incoming::{self, Incoming, MessageKind},
    };

    #[test]
    fn an_answer_that_is_a_file_says_nothing_but_its_address() {
        let answered =
            Answered { id: "m-1".to_owned(), author: BareJid::new("a@b").unwrap(), quote: "Which?".to_owned() };
        let url = "https://upload.example/voice.ogg".to_owned();
        let file = Some(SharedFile { url: url.clone(), ..SharedFile::default() });
        let extras = Extras { answered: Some(answered), file, ..Extras::default() };
        let built = chat(&Jid::new("a@b").unwrap(), &OriginId("1".to_owned()), &url, &extras);
        let Incoming::Message(read) = incoming::parse(&String::from(&built).parse().unwrap()) else {
            panic!("not a message")
        };
        assert_eq!(read.body.as_deref(), Some(url.as_str()));
        assert_eq!(read.reply.map(|reply| reply.id).as_deref(), Some("m-1"));
        let file = read.file.expect("it is a file");
        assert_eq!((file.url, file.caption), (url, String::new()));
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let to = Jid::new("juliet@capulet.example").unwrap();
        let id = OriginId("de305d54-75b4-431b-adb2-eb6b9e546013".to_owned());
        let extras = Extras {
            wants_receipt: true,
            is_markable: true,
            chat_state: Some(ChatState::Active),
            nickname: Some("Romeo".to_owned()),
            written_at: Some(Timestamp(1_234)),
            answered: Some(Answered {
                id: "m-1".to_owned(),
                author: BareJid::new("juliet@capulet.example").unwrap(),
                quote: "What's in a\u{1}\u{1f339}?\n".to_owned(),
            }),
            corrects: Some("m-2".to_owned()),
            file: None,
            format: TextFormat {
                is_unstyled: true,
                spoiler: Some("<hint>".to_owned()),
                mentions: vec![Mention { range: 5..6, address: BareJid::new("juliet@capulet.example").unwrap() }],
            },
            links: vec![LinkMetadata { url: "https://a.example".to_owned(), ..LinkMetadata::default() }],
        };
        let built = chat(&to, &id, "<3 & \u{1f339}\n\u{0}line", &extras);
        let Incoming::Message(read) = incoming::parse(&String::from(&built).parse().unwrap()) else {
            panic!("not a message")
        };
        assert_eq!(read.kind, MessageKind::Chat);
        assert_eq!(read.to, Some(to));
        assert_eq!(read.id.as_ref(), Some(&id.0));
        assert_eq!(read.origin_id, Some(id));
        assert_eq!(read.body.as_deref(), Some("<3 & \u{1f339}\nline"));
        let reply = read.reply.expect("it answers");
        assert_eq!((reply.id.as_str(), reply.quote.as_deref()), ("m-1", Some("What's in a\u{1f339}?")));
        assert_eq!(read.corrects.as_deref(), Some("m-2"));
        assert_eq!((&read.links, &read.format), (&extras.links, &extras.format));
        assert!(read.receipt_request && read.is_markable);
        assert_eq!(read.chat_state, Some(ChatState::Active));
        assert_eq!(read.nickname.as_deref(), Some("Romeo"));
        assert_eq!(read.delay, Some(Delay { stamp: Timestamp(1_234), from: None }));
    }

    #[test]
    fn a_bare_message_carries_body_and_id_alone() {
        let built = chat(&Jid::new("a@b").unwrap(), &OriginId("1".to_owned()), "x", &Extras::default());
        assert_eq!(built.children().count(), 2);
    }
}
