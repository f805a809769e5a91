//! Hostile and odd input: nothing may crash, and what is bearable may not end the stream. What is sent last is an ordinary
//! message, and it has to arrive.

use std::io;

use super::{Pipe, next, stream};
use crate::xmpp::{
    incoming::{self, Incoming},
    session::{element::StreamElement, problem::is_likely_again, stream::Ended},
    xml::{Element, attr, child},
};

const AFTER: &str = "<message id='after' from='a@b' type='chat'><body>hi</body></message>";

async fn stanza(stream: &mut Pipe) -> Element {
    match next(stream).await {
        Ok(StreamElement::Stanza(stanza)) => {
            // What the engine is given is made of it.
            let _ = incoming::parse(&stanza);
            stanza
        }
        other => panic!("{other:?}"),
    }
}

async fn hostile(content: &str, chunk: usize) -> Pipe {
    stream(format!("{content}{AFTER}"), chunk).await
}

async fn then_after(mut stream: Pipe) {
    let after = stanza(&mut stream).await;
    let Incoming::Message(message) = incoming::parse(&after) else { panic!("no message") };
    assert_eq!((message.id.as_deref(), message.body.as_deref()), (Some("after"), Some("hi")));
}

async fn ends_with(content: String) -> String {
    let mut stream = stream(content, 65_536).await;
    match next(&mut stream).await {
        Err(Ended::Io(error)) => {
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            let ended = Ended::Io(error);
            assert!(is_likely_again(&ended.problem("chat.test")), "or it would be resumed for ever");
            format!("{ended:?}")
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sixteen_thousand_levels_do_no_harm() {
    for (open, close) in [("<a>", "</a>"), ("<a xmlns='n'>", "</a>"), ("<p:a xmlns:p='n'>", "</p:a>")] {
        let (down, up) = (open.repeat(16_000), close.repeat(16_000));
        let mut stream =
            hostile(&format!("<message id='deep'><body>before</body>{down}{up}<x/></message>"), 1_400).await;
        let deep = stanza(&mut stream).await;
        assert_eq!(attr(&deep, "id"), Some("deep"));
        assert_eq!(deep.children().count(), 3, "what is beside the deep part is kept");
        // These recurse: they must not overflow at the limit.
        let copy = deep.clone();
        assert!(String::from(&copy).len() > 300 && copy == deep);
        then_after(stream).await;
    }
}

/// Without the guard's own limit this takes hours: the reader's time is quadratic in the depth.
#[tokio::test]
async fn a_million_levels_do_no_harm() {
    let content = format!("<message>{}{}</message>", "<a>".repeat(1_000_000), "</a>".repeat(1_000_000));
    let mut stream = hostile(&content, 65_536).await;
    stanza(&mut stream).await;
    then_after(stream).await;
}

#[tokio::test]
async fn long_attributes_are_shortened() {
    for chunk in [13, 4_096] {
        let uri = format!("data:image/png;base64,{}", "QUJD".repeat(20_000));
        let references = "&quot;&#x1F600;".repeat(3_000);
        let content =
            format!("<message id='a' x='{uri}' y=\"{references}\"><thumbnail uri='{uri}'/><body>&lt;</body></message>");
        let mut stream = hostile(&content, chunk).await;
        let long = stanza(&mut stream).await;
        assert_eq!(attr(&long, "x").unwrap().len(), 7_000);
        assert!(attr(&long, "y").unwrap().ends_with(['"', '😀']));
        then_after(stream).await;
    }
}

#[tokio::test]
async fn long_text_arrives_whole() {
    let text = "ab €&amp;<![CDATA[<]]>".repeat(100_000);
    let mut stream = hostile(&format!("<message><body>{text}</body></message>"), 5_000).await;
    let long = stanza(&mut stream).await;
    let body = child(&long, "body", "jabber:client").unwrap();
    assert_eq!(body.text(), "ab €&<".repeat(100_000));
    then_after(stream).await;
}

#[tokio::test]
async fn what_is_beyond_all_limits_ends_the_stream_with_a_clear_error() {
    let large = format!("<message><body>{}</body></message>", "x".repeat(11 << 20));
    assert!(ends_with(large).await.contains("StanzaTooLarge"));
    let name = format!("<message><{}/></message>", "x".repeat(2_000));
    assert!(ends_with(name).await.contains("NameTooLong"));
    let attributes: Vec<String> = (0..600).map(|i| format!(" a{i}=''")).collect();
    assert!(ends_with(format!("<message{}/>", attributes.concat())).await.contains("TooManyAttributes"));
}

#[tokio::test]
async fn what_xmpp_forbids_in_xml_ends_the_stream() {
    for content in [
        "<message><!-- comment --></message>",
        "<message><?pi?></message>",
        "<!DOCTYPE x [<!ENTITY y 'z'>]>",
        "<message>&y;</message>",
        "<message><a></b></message>",
        "<message a='1' a='2'/>",
        "<message>\u{1}</message>",
        "text between stanzas",
    ] {
        ends_with(content.to_owned()).await;
    }
}

#[tokio::test]
async fn a_million_elements_are_cut_short() {
    let mut stream = hostile(&format!("<message>{}</message>", "<a/>".repeat(1_000_000)), 65_536).await;
    assert_eq!(stanza(&mut stream).await.children().count(), 99_999);
    then_after(stream).await;
}

#[tokio::test]
async fn odd_stanzas_are_read_all_the_same() {
    let odd = [
        "<message>stray text<body/></message>",
        "<message type='party'><thread>1</thread><thread>2</thread></message>",
        "<message from='a@b'><x xmlns='jabber:x:conference' jid='@@'/></message>",
        "<presence type='available'><show/><show>gone</show><priority>1000</priority></presence>",
        "<presence from='a@b'><x xmlns='http://jabber.org/protocol/muc#user'><item/><status code='x'/></x></presence>",
        "<presence from='a@b'><c xmlns='http://jabber.org/protocol/caps' node='x' ver='y'/></presence>",
        "<message from='a@b'><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00'/></message>",
        "<iq type='error' id='1'><error/></iq>",
        "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='a@b' subscription='odd'/></query></iq>",
        "<iq/>",
        "<message from='@@'/>",
    ];
    let mut stream = hostile(&odd.concat(), 100).await;
    for _ in odd {
        stanza(&mut stream).await;
    }
    then_after(stream).await;
}

#[tokio::test]
async fn unknown_elements_are_passed_over() {
    let content = "<a xmlns='urn:xmpp:sm:3' h='x'/> <foo xmlns='bar'/>\n<stream:error><made-up \
                   xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
    let mut stream = hostile(content, 9).await;
    assert!(matches!(next(&mut stream).await, Ok(StreamElement::Unknown(_))));
    assert!(matches!(next(&mut stream).await, Ok(StreamElement::Unknown(_))));
    assert!(matches!(next(&mut stream).await, Ok(StreamElement::Error(error)) if error.condition == "made-up"));
    then_after(stream).await;
}

#[tokio::test]
async fn a_server_that_closes_in_the_middle_of_a_stanza_is_a_lost_connection() {
    for content in ["<message><body>half", "<mess", ""] {
        let (ours, mut theirs) = tokio::io::duplex(64 << 10);
        let half = format!("{}{content}", super::HEADER);
        tokio::io::AsyncWriteExt::write_all(&mut theirs, half.as_bytes()).await.unwrap();
        let mut stream = super::open(ours).await;
        drop(theirs);
        let ended = next(&mut stream).await.unwrap_err();
        assert!(!is_likely_again(&ended.problem("chat.test")), "{ended:?}");
    }
}
