//! What stanzas and acknowledgements do to a session, and a stream on which both sides write at once.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::oneshot,
};

use super::{HEADER, Pipe, open};
use crate::{
    ids::{BareJid, FullJid},
    xmpp::{
        ping,
        session::{
            IqError, IqKind, SessionEvent, Tag,
            element::{StreamElement, StreamError},
            nonza::SmNonza,
            sm::{Cause, Evidence},
            stream::{Ended, Received},
            traffic::Traffic,
        },
        xml::{Build as _, Element, attr, element},
    },
};

fn traffic() -> Traffic {
    let mut traffic = Traffic::new(BareJid::new("alice@chat.test").unwrap());
    begin(&mut traffic);
    traffic
}

/// A new session begins, and the engine takes it up.
pub(super) fn begin(traffic: &mut Traffic) {
    traffic.begin(FullJid::new("alice@chat.test/r").unwrap(), None);
    traffic.taken_up();
    traffic.events.clear();
}

pub(super) fn managed() -> Traffic {
    let mut traffic = traffic();
    traffic.managed(Some("id".into()));
    traffic
}

fn message(id: u64) -> Element {
    element("message", "jabber:client").with_attr("id", id.to_string()).with_attr("from", "bob@chat.test")
}

pub(super) fn send(traffic: &mut Traffic, ids: impl IntoIterator<Item = u64>) {
    for id in ids {
        traffic.send(message(id), Some(Tag(id)));
    }
}

fn receive(traffic: &mut Traffic, ids: impl IntoIterator<Item = u64>) -> usize {
    for id in ids {
        traffic.receive(StreamElement::Stanza(message(id))).unwrap();
    }
    let count = traffic.events.iter().filter(|event| matches!(event, SessionEvent::Stanza(_))).count();
    traffic.events.clear();
    count
}

/// What is to be written: the ids of stanzas, the names of the rest.
pub(super) fn written(traffic: &mut Traffic) -> Vec<String> {
    let name = |element: StreamElement| match element {
        StreamElement::Stanza(stanza) if stanza.children().any(ping::is_ping) => "ping".to_owned(),
        StreamElement::Stanza(stanza) => attr(&stanza, "id").unwrap().to_owned(),
        StreamElement::Sm(SmNonza::Ack(h)) => format!("a{h}"),
        StreamElement::Sm(SmNonza::Request) => "r".to_owned(),
        StreamElement::Sm(SmNonza::Enable { .. }) => "enable".to_owned(),
        other => panic!("{other:?}"),
    };
    traffic.out.drain(..).map(name).collect()
}

fn unsent(traffic: &mut Traffic) -> Option<(Vec<Tag>, Vec<Tag>)> {
    traffic.events.drain(..).find_map(|event| match event {
        SessionEvent::Unsent { undelivered, unknown } => Some((undelivered, unknown)),
        _ => None,
    })
}

fn acked(traffic: &mut Traffic) -> Vec<Tag> {
    let tags = |event| match event {
        SessionEvent::Acked(tags) => tags,
        _ => Vec::new(),
    };
    traffic.events.drain(..).flat_map(tags).collect()
}

#[test]
fn a_server_that_asks_is_answered_when_the_engine_is_done() {
    let mut traffic = managed();
    traffic.receive(StreamElement::Sm(SmNonza::Request)).unwrap();
    assert_eq!(written(&mut traffic), ["a0"]);
    receive(&mut traffic, 0..3);
    traffic.receive(StreamElement::Sm(SmNonza::Request)).unwrap();
    traffic.handled(2);
    assert_eq!((written(&mut traffic).len(), traffic.ack_by().is_some()), (0, true));
    traffic.handled(1);
    assert_eq!(written(&mut traffic), ["a3"]);
    assert_eq!(traffic.ack_by(), None);
}

#[test]
fn a_resumed_session_sends_again_what_the_server_does_not_have() {
    let mut traffic = managed();
    send(&mut traffic, 1..=3);
    assert_eq!(written(&mut traffic), ["1", "r", "2", "3"]);
    receive(&mut traffic, 0..4);
    traffic.handled(1);
    traffic.detach(Cause::Network);
    send(&mut traffic, 4..=4);
    assert!(written(&mut traffic).is_empty());
    let (previd, h, point) = traffic.resume().unwrap();
    assert_eq!((previd.as_str(), h), ("id", 1));
    traffic.resumed(2, point).unwrap();
    assert_eq!(acked(&mut traffic), [Tag(1), Tag(2)]);
    assert_eq!(written(&mut traffic), ["3", "4", "r"]);
    assert_eq!(receive(&mut traffic, 1..6), 2, "three of them the engine has already");
}

#[test]
fn an_answer_to_what_was_not_asked_takes_nothing_out_of_the_books() {
    let mut traffic = managed();
    send(&mut traffic, 1..=2);
    let enabled = SmNonza::Enabled { id: Some("other".into()), resume: true, max: None, location: None };
    for nonza in [enabled, SmNonza::Failed { h: Some(2) }] {
        traffic.receive(StreamElement::Sm(nonza)).unwrap();
        assert!(acked(&mut traffic).is_empty());
    }
    traffic.receive(StreamElement::Sm(SmNonza::Ack(2))).unwrap();
    assert_eq!(acked(&mut traffic), [Tag(1), Tag(2)]);
    traffic.detach(Cause::Network);
    assert_eq!(traffic.resume().unwrap().0, "id");
}

#[test]
fn with_care_the_line_has_to_carry_something_before_a_suspect_goes_out() {
    let mut traffic = managed();
    send(&mut traffic, 1..=2);
    written(&mut traffic);
    let come_back = |traffic: &mut Traffic| {
        assert!(!traffic.judge(Evidence::Close));
        traffic.detach(Cause::Network);
        let (_, _, point) = traffic.resume().unwrap();
        traffic.resumed(0, point).unwrap();
        written(traffic)
    };
    assert_eq!(come_back(&mut traffic), ["1", "2", "r"]);
    let trial = come_back(&mut traffic);
    assert!(trial.len() > 9 && trial.iter().all(|written| written == "r"), "{trial:?}");
    // A line that ends meanwhile says nothing, however often.
    for _ in 0..10 {
        assert_eq!(come_back(&mut traffic), trial);
    }
    let ack = |traffic: &mut Traffic, h| {
        traffic.receive(StreamElement::Sm(SmNonza::Ack(h))).unwrap();
        written(traffic)
    };
    let hold = |traffic: &mut Traffic, h| {
        let is_waiting = |_| ack(traffic, h).is_empty() && traffic.is_request_out();
        assert!((1..trial.len()).all(is_waiting), "a line that goes silent now has to be noticed");
        ack(traffic, h)
    };
    assert_eq!(hold(&mut traffic, 0), ["1", "r"]);
    assert_eq!(ack(&mut traffic, 1), trial, "the other one is a suspect too");
    assert_eq!(hold(&mut traffic, 1), ["2", "r"]);
    send(&mut traffic, 3..=3);
    assert!(written(&mut traffic).is_empty());
    assert_eq!(ack(&mut traffic, 2), ["3", "r"], "this one is none");
}

#[test]
fn a_session_that_can_not_be_resumed_is_over_when_the_stream_is() {
    let mut traffic = traffic();
    traffic.managed(None);
    send(&mut traffic, 1..=2);
    let (reply, mut answer) = oneshot::channel();
    traffic.ask(None, IqKind::Get, ping::build(), reply);
    traffic.detach(Cause::Network);
    assert_eq!(unsent(&mut traffic), Some((vec![], vec![Tag(1), Tag(2)])));
    assert!(matches!(answer.try_recv(), Ok(Err(IqError::Lost))));
    send(&mut traffic, 3..=3);
    assert_eq!(unsent(&mut traffic), Some((vec![Tag(3)], vec![])));
}

/// The engine may have given it before it heard of the new session, and then older ones come first.
#[test]
fn nothing_goes_out_in_a_new_session_before_the_engine_has_taken_it_up() {
    let mut traffic = managed();
    traffic.give_up_resuming();
    traffic.begin(FullJid::new("alice@chat.test/new").unwrap(), None);
    traffic.managed(Some("id".into()));
    traffic.events.clear();
    send(&mut traffic, 2..=2);
    traffic.send(message(0), None);
    assert_eq!(written(&mut traffic), ["0", "r"], "presence and the like need not wait");
    traffic.taken_up();
    send(&mut traffic, 3..=3);
    assert_eq!(written(&mut traffic), ["3"]);
    let events: Vec<_> = traffic.events.drain(..).collect();
    let [SessionEvent::Unsent { undelivered, unknown }, SessionEvent::TakenUp] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((&undelivered[..], &unknown[..]), (&[Tag(2)][..], &[][..]));
}

#[test]
fn a_resumed_session_need_not_be_taken_up_again() {
    let mut traffic = managed();
    traffic.detach(Cause::Network);
    let (_, _, point) = traffic.resume().unwrap();
    send(&mut traffic, 1..=1);
    traffic.resumed(0, point).unwrap();
    send(&mut traffic, 2..=2);
    assert_eq!(written(&mut traffic), ["1", "r", "2"]);
    traffic.give_up_resuming();
    traffic.events.clear();
    traffic.taken_up();
    assert!(traffic.events.is_empty(), "there is none");
}

/// The server counts all that follows `<enable/>`.
#[test]
fn a_probe_before_stream_management_is_on_is_counted_like_all_else() {
    let mut traffic = traffic();
    traffic.enable();
    traffic.probe();
    send(&mut traffic, 1..=1);
    traffic
        .receive(StreamElement::Sm(SmNonza::Enabled { id: None, resume: false, max: None, location: None }))
        .unwrap();
    traffic.receive(StreamElement::Sm(SmNonza::Ack(1))).unwrap();
    assert!(acked(&mut traffic).is_empty(), "the server has had the probe, and nothing else");
    traffic.receive(StreamElement::Sm(SmNonza::Ack(2))).unwrap();
    assert_eq!(acked(&mut traffic), [Tag(1)]);
}

/// The server answers this ping.
fn pong(ping: &StreamElement) -> StreamElement {
    let StreamElement::Stanza(ping) = ping else { panic!("{ping:?}") };
    let answer = element("iq", "jabber:client").with_attr("type", "result").with_attr("from", "chat.test");
    StreamElement::Stanza(answer.with_attr("id", attr(ping, "id").unwrap()))
}

#[test]
fn without_stream_management_the_answer_to_a_ping_says_what_has_arrived() {
    for is_refused in [false, true] {
        let mut traffic = traffic();
        if is_refused {
            traffic.enable();
            send(&mut traffic, 1..=1);
            assert_eq!(written(&mut traffic), ["enable", "1"]);
            traffic.receive(StreamElement::Sm(SmNonza::Failed { h: None })).unwrap();
        } else {
            traffic.unmanaged();
            send(&mut traffic, 1..=1);
            assert_eq!(traffic.out.len(), 2);
            traffic.out.remove(0);
        }
        let ping = traffic.out.pop().unwrap();
        send(&mut traffic, 2..=3);
        assert_eq!(written(&mut traffic), ["2", "3"], "one ping is out");
        let answer = pong(&ping);
        assert!(traffic.is_request_out() && traffic.is_ack(&answer));
        traffic.receive(answer).unwrap();
        assert!(matches!(traffic.events.front(), Some(SessionEvent::Counted)));
        assert_eq!(acked(&mut traffic), [Tag(1)]);
        assert_eq!(written(&mut traffic), ["ping"]);
        traffic.detach(Cause::Network);
        assert!(traffic.resume().is_none());
        assert_eq!(unsent(&mut traffic), Some((vec![], vec![Tag(2), Tag(3)])));
    }
}

#[test]
fn a_server_that_acknowledges_too_much_gets_no_second_chance() {
    let mut traffic = managed();
    send(&mut traffic, 1..=1);
    let ended = traffic.receive(StreamElement::Sm(SmNonza::Ack(2))).unwrap_err();
    assert!(matches!(ended, Ended::TooHigh(_)));
    traffic.detach(ended.cause("chat.test"));
    assert!(traffic.resume().is_none());
    assert_eq!(unsent(&mut traffic), Some((vec![], vec![Tag(1)])));
}

#[test]
fn what_breaks_the_stream_twice_at_the_same_place_leads_to_a_fresh_session() {
    let mut traffic = managed();
    let broken = || Ended::Error(StreamError::new("not-well-formed")).cause("chat.test");
    receive(&mut traffic, 0..1);
    traffic.detach(broken());
    let (_, _, point) = traffic.resume().expect("once may be chance");
    traffic.resumed(0, point).unwrap();
    receive(&mut traffic, 0..1);
    traffic.detach(broken());
    assert!(traffic.resume().is_none());
}

#[test]
fn a_server_that_restarts_is_not_to_blame() {
    for condition in ["system-shutdown", "reset", "connection-timeout"] {
        assert_eq!(Ended::Error(StreamError::new(condition)).cause("chat.test"), Cause::Network);
    }
    assert_eq!(Ended::Closed.cause("chat.test"), Cause::Network);
}

const COUNT: u32 = 1_000;

/// Writes its messages without reading, then reads as many, acknowledges them and waits for its own acknowledgement.
async fn stubborn(theirs: DuplexStream) -> usize {
    let (mut reader, mut writer) = tokio::io::split(theirs);
    let mut buffer = vec![0; 65_536];
    assert!(reader.read(&mut buffer).await.unwrap() > 0);
    writer.write_all(HEADER.as_bytes()).await.unwrap();
    let one = format!("<message><body>{}</body></message><r xmlns='urn:xmpp:sm:3'/>", "y".repeat(1_000));
    for _ in 0..COUNT {
        writer.write_all(one.as_bytes()).await.unwrap();
    }
    let mut seen = String::new();
    let mut is_acknowledged = false;
    loop {
        let n = reader.read(&mut buffer).await.unwrap();
        seen.push_str(str::from_utf8(&buffer[..n]).unwrap());
        let count = seen.matches("</message>").count();
        if !is_acknowledged && count == COUNT as usize {
            is_acknowledged = true;
            writer.write_all(format!("<a xmlns='urn:xmpp:sm:3' h='{COUNT}'/>").as_bytes()).await.unwrap();
        }
        let h = [format!("h='{COUNT}'"), format!("h=\"{COUNT}\"")];
        if is_acknowledged && h.iter().any(|h| seen.contains(h.as_str())) {
            return count;
        }
    }
}

#[tokio::test]
async fn two_sides_that_write_at_once_do_not_block_each_other() {
    let (ours, theirs) = tokio::io::duplex(4_096);
    let server = tokio::spawn(stubborn(theirs));
    let mut stream: Pipe = open(ours).await;
    let mut traffic = managed();
    for id in 0..COUNT {
        let body = element("body", "jabber:client").with_text("x".repeat(1_000));
        traffic.send(message(id.into()).with_child(body), Some(Tag(id.into())));
    }
    let work = async {
        let (mut received, mut delivered) = (0, 0);
        while (received, delivered) != (COUNT, COUNT as usize) {
            stream.queue(traffic.out.drain(..));
            // Dropped after almost no time, again and again.
            match tokio::time::timeout(Duration::from_micros(20), stream.next(true)).await {
                Ok(Ok(Received::Element(element))) => traffic.receive(element).unwrap(),
                Ok(other) => panic!("{other:?}"),
                Err(_) => (),
            }
            for event in traffic.events.drain(..).collect::<Vec<_>>() {
                match event {
                    SessionEvent::Stanza(_) => {
                        received += 1;
                        traffic.handled(1);
                    }
                    SessionEvent::Acked(tags) => delivered += tags.len(),
                    other => panic!("{other:?}"),
                }
            }
        }
        stream.queue(traffic.out.drain(..));
    };
    tokio::time::timeout(Duration::from_mins(1), work).await.expect("blocked");
    let the_rest = async { while stream.next(true).await.is_ok() {} };
    let (seen, ()) = tokio::join!(server, the_rest);
    assert_eq!(seen.unwrap(), COUNT as usize);
}
