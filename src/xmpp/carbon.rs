//! Message Carbons (XEP-0280): copies of what our other devices sent and received.
//!
//! Only reads what stands there. That a carbon counts only from our own bare JID, and never for a `groupchat` or `error`
//! (§7, §11), is the engine's check.

use super::{
    delay,
    incoming::{self, IncomingMessage},
    xml::{self, Element},
};
use xmpp_parsers::ns;

/// Which way the copied message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Another device of ours sent it.
    Sent,
    /// Another device of ours received it.
    Received,
}

/// A copied message.
#[derive(Debug, Clone, PartialEq)]
pub struct Carbon {
    pub direction: Direction,
    pub message: Box<IncomingMessage>,
}

/// The carbon in a message: a direct child in its own namespace; a bare `<forwarded/>` is not one. Carbons inside the copy
/// are not looked at.
#[must_use]
pub fn parse(message: &Element) -> Option<Carbon> {
    let (direction, wrapper) = message.children().find_map(|child| {
        let direction = match child.name() {
            "sent" => Direction::Sent,
            "received" => Direction::Received,
            _ => return None,
        };
        child.has_ns(ns::CARBONS).then_some((direction, child))
    })?;
    let forwarded = xml::child(wrapper, "forwarded", ns::FORWARD)?;
    let copy = xml::child(forwarded, "message", ns::JABBER_CLIENT)?;
    let mut message = incoming::parse_forwarded(copy).ok()?;
    message.delay = message.delay.or_else(|| delay::parse(forwarded));
    Some(Carbon { direction, message: Box::new(message) })
}

/// Asks the server for carbons (§4).
#[must_use]
pub fn enable() -> Element {
    xml::element("enable", ns::CARBONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Timestamp;

    fn read(children: &str) -> Option<Carbon> {
        parse(
            &format!("<message xmlns='jabber:client' from='romeo@montague.example'>{children}</message>")
                .parse()
                .unwrap(),
        )
    }

    #[test]
    fn the_examples_are_read() {
        // XEP-0280 §7, §8.
        let received = read(
            "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
             <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01Z'/>
             <message xmlns='jabber:client' from='juliet@capulet.example/balcony' to='romeo@montague.example/garden' type='chat'>
             <body>What man art thou that, thus bescreen'd in night, so stumblest on my counsel?</body>
             <thread>0e3141cd80894871a68e6fe6b1ec56fa</thread></message></forwarded></received>",
        )
        .unwrap();
        assert_eq!(received.direction, Direction::Received);
        assert_eq!(received.message.from.as_ref().unwrap().as_str(), "juliet@capulet.example/balcony");
        assert_eq!(received.message.thread.as_deref(), Some("0e3141cd80894871a68e6fe6b1ec56fa"));
        assert_eq!(received.message.delay.as_ref().unwrap().stamp, Timestamp(1_000));
        let sent = read(
            "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
             <message xmlns='jabber:client' to='juliet@capulet.example/balcony' from='romeo@montague.example/home' type='chat'>
             <body>Neither, fair saint, if either thee dislike.</body></message></forwarded></sent>",
        )
        .unwrap();
        assert_eq!(sent.direction, Direction::Sent);
        assert_eq!(sent.message.body.as_deref(), Some("Neither, fair saint, if either thee dislike."));
    }

    #[test]
    fn what_only_looks_like_a_carbon_is_none() {
        let copy = "<message xmlns='jabber:client'><body>x</body></message>";
        for xml in [
            format!("<forwarded xmlns='urn:xmpp:forward:0'>{copy}</forwarded>"),
            format!(
                "<received xmlns='urn:xmpp:receipts'><forwarded xmlns='urn:xmpp:forward:0'>{copy}</forwarded></received>"
            ),
            format!(
                "<private xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{copy}</forwarded></private>"
            ),
            format!("<sent xmlns='urn:xmpp:carbons:2'>{copy}</sent>"),
            "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'/></sent>".to_owned(),
            "<sent xmlns='urn:xmpp:carbons:2'/>".to_owned(),
            // The copy says nothing of whom it was from, so nothing in it can be believed.
            "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
             <message xmlns='jabber:client' from='@'><body>x</body></message></forwarded></sent>"
                .to_owned(),
        ] {
            assert_eq!(read(&xml), None, "{xml}");
        }
    }

    #[test]
    fn a_carbon_in_a_carbon_is_ignored() {
        let nested = read(
            "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'>
             <sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'>
             <body>x</body></message></forwarded></sent></message></forwarded></received>",
        )
        .unwrap();
        assert_eq!(nested.message.carbon, None);
        assert_eq!(nested.message.body, None);
    }
}
