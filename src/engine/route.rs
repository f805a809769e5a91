//! Whose conversation a received message belongs to, and whether it may count at all.
//!
//! Pure. Many clients have believed messages that were put into somebody's mouth (CVE-2017-5589 and a dozen more); the rule
//! against it stands here and nowhere else: a carbon counts only from ourselves, and never in a room or an error.

use crate::{
    ids::{BareJid, Jid},
    xmpp::{
        carbon::{Carbon, Direction},
        incoming::{IncomingMessage, MessageKind},
    },
};

/// A message that counts.
#[derive(Debug, Clone)]
pub struct Routed<'m> {
    /// With whom the conversation is.
    pub peer: BareJid,
    /// Whoever sent it, as the server vouches for.
    pub sender: Jid,
    /// Sent by ourselves, from another device.
    pub is_outgoing: bool,
    /// A copy of what went to, or came from, another of our devices (XEP-0280).
    pub is_carbon: bool,
    pub message: &'m IncomingMessage,
}

/// Where a message belongs, or why it is left alone.
pub fn route<'m>(own: &BareJid, message: &'m IncomingMessage) -> Result<Routed<'m>, &'static str> {
    if let Some(copy) = &message.carbon {
        return carbon(own, message, copy);
    }
    check(message)?;
    // What has no `from` comes from our own account (RFC 6120 §8.1.2.1).
    let sender = message.from.clone().unwrap_or_else(|| own.clone().into());
    Ok(Routed { peer: sender.to_bare(), sender, is_outgoing: false, is_carbon: false, message })
}

fn carbon<'m>(own: &BareJid, outer: &IncomingMessage, copy: &'m Carbon) -> Result<Routed<'m>, &'static str> {
    if outer.from.as_ref().is_some_and(|from| from.as_str() != own.as_str()) {
        return Err("a carbon from somebody else");
    }
    if matches!(outer.kind, MessageKind::Groupchat | MessageKind::Error) {
        return Err("a carbon in a room's message or an error");
    }
    let message = &*copy.message;
    check(message)?;
    if message.kind == MessageKind::Error {
        return Err("a carbon of an error");
    }
    let Some(sender) = message.from.clone() else {
        return Err("a carbon of a message from nobody");
    };
    let from_us = sender.to_bare() == *own;
    match (copy.direction, &message.to) {
        (Direction::Sent, Some(to)) if from_us => {
            Ok(Routed { peer: to.to_bare(), sender, is_outgoing: true, is_carbon: true, message })
        }
        (Direction::Received, to) if to.as_ref().is_none_or(|to| to.to_bare() == *own) => {
            Ok(Routed { peer: sender.to_bare(), sender, is_outgoing: false, is_carbon: true, message })
        }
        (Direction::Sent, _) => Err("a carbon of what somebody else sent, or nobody gets"),
        (Direction::Received, _) => Err("a carbon of what somebody else received"),
    }
}

/// Where a message of our own archive belongs. That it is of our archive is for whoever asked for it to know.
pub fn archived<'m>(own: &BareJid, message: &'m IncomingMessage) -> Result<Routed<'m>, &'static str> {
    check(message)?;
    if message.kind == MessageKind::Error {
        return Err("an error");
    }
    let Some(sender) = message.from.clone() else {
        return Err("a message from nobody");
    };
    let is_outgoing = sender.to_bare() == *own;
    match &message.to {
        Some(to) if is_outgoing => Ok(Routed { peer: to.to_bare(), sender, is_outgoing, is_carbon: false, message }),
        to if !is_outgoing && to.as_ref().is_none_or(|to| to.to_bare() == *own) => {
            Ok(Routed { peer: sender.to_bare(), sender, is_outgoing, is_carbon: false, message })
        }
        _ => Err("neither from us nor to us"),
    }
}

/// What is not understood yet is left alone: it would be shown as a word of the room itself.
fn check(message: &IncomingMessage) -> Result<(), &'static str> {
    if message.kind == MessageKind::Groupchat {
        return Err("a room's message");
    }
    if message.muc_user {
        return Err("a room's invitation or private message");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "romeo@montague.example";
    const PEER: &str = "juliet@capulet.example";

    fn plain(from: &str, to: &str) -> IncomingMessage {
        IncomingMessage {
            from: Jid::new(from).ok(),
            to: Jid::new(to).ok(),
            kind: MessageKind::Chat,
            body: Some("x".to_owned()),
            ..IncomingMessage::default()
        }
    }

    fn copy(from: &str, direction: Direction, message: IncomingMessage) -> IncomingMessage {
        let carbon = Some(Carbon { direction, message: Box::new(message) });
        IncomingMessage { from: Jid::new(from).ok(), kind: MessageKind::Chat, carbon, ..IncomingMessage::default() }
    }

    /// The peer, whether it is our own, whether it is a copy.
    fn routed(message: &IncomingMessage) -> Result<(String, bool, bool), &'static str> {
        let routed = route(&BareJid::new(OWN).unwrap(), message)?;
        Ok((routed.peer.to_string(), routed.is_outgoing, routed.is_carbon))
    }

    #[test]
    fn a_message_belongs_to_whoever_sent_it() {
        assert_eq!(routed(&plain(&format!("{PEER}/balcony"), OWN)), Ok((PEER.to_owned(), false, false)));
        assert_eq!(routed(&plain("", OWN)), Ok((OWN.to_owned(), false, false)));
        assert_eq!(routed(&plain("montague.example", OWN)), Ok(("montague.example".to_owned(), false, false)));
    }

    #[test]
    fn a_carbon_belongs_to_the_other_side() {
        let (ours, theirs) = (format!("{OWN}/home"), format!("{PEER}/balcony"));
        for outer in [OWN, ""] {
            let sent = copy(outer, Direction::Sent, plain(&ours, &theirs));
            assert_eq!(routed(&sent), Ok((PEER.to_owned(), true, true)));
            let received = copy(outer, Direction::Received, plain(&theirs, &ours));
            assert_eq!(routed(&received), Ok((PEER.to_owned(), false, true)));
            let without_to = copy(outer, Direction::Received, plain(&theirs, ""));
            assert_eq!(routed(&without_to), Ok((PEER.to_owned(), false, true)));
        }
    }

    #[test]
    fn a_carbon_counts_only_from_our_own_bare_address() {
        let (ours, theirs) = (format!("{OWN}/home"), format!("{PEER}/balcony"));
        for outer in [PEER, "mallory@evil.example/x", "montague.example", &ours, "romeo@montague.example.evil.example"]
        {
            assert!(routed(&copy(outer, Direction::Sent, plain(&ours, &theirs))).is_err(), "{outer}");
            assert!(routed(&copy(outer, Direction::Received, plain(&theirs, &ours))).is_err(), "{outer}");
        }
    }

    #[test]
    fn a_carbon_in_or_of_a_room_or_an_error_counts_never() {
        let (ours, theirs) = (format!("{OWN}/home"), format!("{PEER}/balcony"));
        for kind in [MessageKind::Groupchat, MessageKind::Error] {
            let outer = IncomingMessage { kind, ..copy(OWN, Direction::Received, plain(&theirs, &ours)) };
            assert!(routed(&outer).is_err(), "{kind:?}");
            let inner = IncomingMessage { kind, ..plain(&theirs, &ours) };
            assert!(routed(&copy(OWN, Direction::Received, inner)).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn a_carbon_must_be_of_something_we_sent_or_received() {
        let (ours, theirs) = (format!("{OWN}/home"), format!("{PEER}/balcony"));
        for message in [
            copy(OWN, Direction::Sent, plain(&theirs, &ours)),
            copy(OWN, Direction::Sent, plain(&ours, "")),
            copy(OWN, Direction::Sent, plain("", &theirs)),
            copy(OWN, Direction::Received, plain(&theirs, "tybalt@capulet.example")),
            copy(OWN, Direction::Received, plain("", &ours)),
        ] {
            assert!(routed(&message).is_err(), "{message:?}");
        }
    }

    #[test]
    fn what_belongs_to_rooms_is_left_alone() {
        let room = plain("cave@rooms.example/witch", OWN);
        assert!(routed(&IncomingMessage { kind: MessageKind::Groupchat, ..room.clone() }).is_err());
        assert!(routed(&IncomingMessage { muc_user: true, ..room.clone() }).is_err());
        let copied = IncomingMessage { muc_user: true, ..room };
        assert!(routed(&copy(OWN, Direction::Received, copied)).is_err());
    }
}
