//! What comes in: the envelope of a stanza read tolerantly, and each payload on its own, so that a bad payload costs only
//! itself. Never fails, never panics, and checks nobody's authority: that is the engine's.

use super::{
    archive::{self, Archived},
    availability::Availability,
    caps::{self, Caps},
    carbon::{self, Carbon},
    chat_state::{self, ChatState},
    correction,
    delay::{self, Delay},
    file_sharing::{self, SharedFile},
    link_metadata::{self, LinkMetadata},
    marker, nickname, pubsub,
    reaction::{self, Reactions},
    receipt, reference,
    reply::{self, Reply},
    retraction, spoiler,
    stanza_error::StanzaError,
    stanza_id::{self, StanzaId},
    styling, vcard_update,
    xml::{self, Element},
};
use crate::{
    ids::{AvatarHash, Jid, OriginId},
    text_format::{Mention, TextFormat},
};
use xmpp_parsers::ns;

/// One stanza.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    Message(Box<IncomingMessage>),
    Presence(IncomingPresence),
    Iq(IncomingIq),
    /// Nothing that can be acted on; for the log.
    Unreadable {
        reason: &'static str,
    },
}

/// The type of a message (RFC 6121 §5.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MessageKind {
    Chat,
    /// Also what has no type or an unknown one.
    #[default]
    Normal,
    Groupchat,
    Headline,
    Error,
}

/// A message with all payloads that Stonechat understands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IncomingMessage {
    /// Without one, it is from our own account (RFC 6120 §8.1.2.1).
    pub from: Option<Jid>,
    pub to: Option<Jid>,
    pub id: Option<String>,
    pub kind: MessageKind,
    /// Never empty. None in an error: what stands there is our own text, come back.
    pub body: Option<String>,
    /// How the body is to be shown.
    pub format: TextFormat,
    /// What it answers; the quote that stood for it is not in the body.
    pub reply: Option<Reply>,
    /// The id of a message whose text the body replaces.
    pub corrects: Option<String>,
    pub reactions: Option<Reactions>,
    /// The id of a message that the sender takes back; a body is then for those who do not understand this.
    pub retracts: Option<String>,
    /// A file that is shared; the body then holds its address, or a caption, or both.
    pub file: Option<SharedFile>,
    /// What the sender says of links, whether or not they stand in the body.
    pub links: Vec<LinkMetadata>,
    pub thread: Option<String>,
    pub delay: Option<Delay>,
    /// The sender wants to be told that this has arrived.
    pub receipt_request: bool,
    /// The id of a message of ours that has arrived.
    pub receipt: Option<String>,
    /// The sender wants to be told when this has been seen.
    pub is_markable: bool,
    /// The id of a message that has been seen, and all before it.
    pub displayed: Option<String>,
    pub chat_state: Option<ChatState>,
    pub origin_id: Option<OriginId>,
    pub stanza_ids: Vec<StanzaId>,
    pub nickname: Option<String>,
    /// Counts only from our own bare JID.
    pub carbon: Option<Carbon>,
    /// Counts only from the archive that was asked, while its query is open.
    pub archived: Option<Archived>,
    pub pubsub: Option<pubsub::Event>,
    /// Always there in an error, and nowhere else.
    pub error: Option<StanzaError>,
    /// It has a payload of a room (an invitation, a private message of an occupant).
    pub muc_user: bool,
}

/// The type of a presence (RFC 6121 §4.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PresenceKind {
    Available(Availability),
    Unavailable,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Probe,
    Error,
}

/// A presence with all payloads that Stonechat understands.
#[derive(Debug, Clone, PartialEq)]
pub struct IncomingPresence {
    /// Without one, it is from our own account.
    pub from: Option<Jid>,
    pub to: Option<Jid>,
    pub id: Option<String>,
    pub kind: PresenceKind,
    /// Never empty.
    pub status: Option<String>,
    /// Brought into its range; 0 where it can't be read.
    pub priority: i8,
    pub caps: Option<Caps>,
    /// `None`: it says nothing of a picture. `Some(None)`: there is none.
    pub vcard_photo: Option<Option<AvatarHash>>,
    pub nickname: Option<String>,
    pub delay: Option<Delay>,
    /// Always there in an error, and nowhere else.
    pub error: Option<StanzaError>,
    /// It belongs to a room.
    pub muc: bool,
}

/// The type of an IQ (RFC 6120 §8.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IqKind {
    Get,
    Set,
    Result,
    Error,
}

/// A request or an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct IncomingIq {
    /// Without one, it is from our own account or our server.
    pub from: Option<Jid>,
    pub to: Option<Jid>,
    /// Never empty.
    pub id: String,
    pub kind: IqKind,
    /// The first child that is no error. A request without one deserves `bad-request`.
    pub payload: Option<Element>,
    /// Always there in an error, and nowhere else.
    pub error: Option<StanzaError>,
}

/// Reads a stanza.
#[must_use]
pub fn parse(stanza: &Element) -> Incoming {
    if !stanza.has_ns(ns::JABBER_CLIENT) {
        return Incoming::Unreadable { reason: "not a stanza" };
    }
    let read = match stanza.name() {
        "message" => parse_message(stanza, true).map(|message| Incoming::Message(Box::new(message))),
        "presence" => parse_presence(stanza).map(Incoming::Presence),
        "iq" => parse_iq(stanza).map(Incoming::Iq),
        _ => Err("not a stanza"),
    };
    read.unwrap_or_else(|reason| Incoming::Unreadable { reason })
}

/// Reads a message that is wrapped in another. Copies inside it are not looked at.
pub(super) fn parse_forwarded(message: &Element) -> Result<IncomingMessage, &'static str> {
    parse_message(message, false)
}

/// Who a stanza is from and for. An unreadable sender must not pass for the missing one, who is ourselves.
fn addresses(stanza: &Element) -> Result<(Option<Jid>, Option<Jid>), &'static str> {
    let from = xml::optional_jid(stanza, "from").map_err(|_| "`from` is no address")?;
    let to = xml::optional_jid(stanza, "to").map_err(|_| "`to` is no address")?;
    Ok((from, to))
}

fn parse_message(stanza: &Element, is_outermost: bool) -> Result<IncomingMessage, &'static str> {
    let (from, to) = addresses(stanza)?;
    let kind = match xml::attr(stanza, "type") {
        Some("chat") => MessageKind::Chat,
        Some("groupchat") => MessageKind::Groupchat,
        Some("headline") => MessageKind::Headline,
        Some("error") => MessageKind::Error,
        _ => MessageKind::Normal,
    };
    let message = IncomingMessage {
        from,
        to,
        id: xml::id(stanza),
        kind,
        origin_id: stanza_id::parse_origin(stanza),
        stanza_ids: stanza_id::parse(stanza),
        muc_user: xml::child(stanza, "x", ns::MUC_USER).is_some(),
        ..IncomingMessage::default()
    };
    if kind == MessageKind::Error {
        // The rest is what we sent, or what somebody wants us to take for it.
        return Ok(IncomingMessage { error: Some(StanzaError::parse(stanza)), ..message });
    }
    let body = xml::human_text(stanza, "body", ns::JABBER_CLIENT);
    let file = file_sharing::parse(stanza, body.as_deref());
    let whole = body.clone().filter(|_| file.is_none());
    let (reply, body) = match body.as_deref().and_then(|body| reply::parse(stanza, body)) {
        Some((reply, rest)) => (Some(reply), Some(rest)),
        None => (None, body),
    };
    let mentions = whole.zip(body.as_deref()).map(|(whole, rest)| mentions(stanza, &whole, rest));
    Ok(IncomingMessage {
        // Who shares a file need say nothing more (XEP-0447 §3).
        body: body.or_else(|| file.as_ref().map(|file| file.url.clone())),
        format: TextFormat {
            is_unstyled: styling::is_unstyled(stanza),
            spoiler: spoiler::parse(stanza),
            mentions: mentions.unwrap_or_default(),
        },
        reply,
        corrects: correction::parse(stanza),
        reactions: reaction::parse(stanza),
        retracts: retraction::parse(stanza),
        file,
        links: link_metadata::parse(stanza),
        thread: xml::child_text(stanza, "thread", ns::JABBER_CLIENT),
        delay: delay::parse(stanza),
        receipt_request: receipt::is_requested(stanza),
        receipt: receipt::parse(stanza),
        is_markable: marker::is_markable(stanza),
        displayed: marker::parse(stanza),
        chat_state: chat_state::parse(stanza),
        nickname: nickname::parse(stanza),
        carbon: if is_outermost { carbon::parse(stanza) } else { None },
        archived: if is_outermost { archive::parse(stanza) } else { None },
        pubsub: pubsub::parse_event(stanza),
        ..message
    })
}

/// Whom a message mentions, by the places in what is left of its body once the quote before it is gone.
fn mentions(stanza: &Element, whole: &str, rest: &str) -> Vec<Mention> {
    // What had something cut out of its midst has other places.
    let Some(cut) = whole.strip_suffix(rest) else { return Vec::new() };
    let all = TextFormat { mentions: reference::mentions(stanza), ..TextFormat::default() };
    all.without_first(cut.chars().count()).of_length(rest.chars().count()).mentions
}

fn parse_presence(stanza: &Element) -> Result<IncomingPresence, &'static str> {
    let (from, to) = addresses(stanza)?;
    let kind = match xml::attr(stanza, "type") {
        // "available" is no type, and yet it is sent.
        None | Some("available" | "") => PresenceKind::Available(Availability::from_show(
            xml::child_text(stanza, "show", ns::JABBER_CLIENT).as_deref(),
        )),
        Some("unavailable") => PresenceKind::Unavailable,
        Some("subscribe") => PresenceKind::Subscribe,
        Some("subscribed") => PresenceKind::Subscribed,
        Some("unsubscribe") => PresenceKind::Unsubscribe,
        Some("unsubscribed") => PresenceKind::Unsubscribed,
        Some("probe") => PresenceKind::Probe,
        Some("error") => PresenceKind::Error,
        Some(_) => return Err("unknown type of presence"),
    };
    Ok(IncomingPresence {
        from,
        to,
        id: xml::id(stanza),
        kind,
        status: xml::human_text(stanza, "status", ns::JABBER_CLIENT),
        priority: priority(stanza),
        caps: caps::parse(stanza),
        vcard_photo: vcard_update::parse(stanza),
        nickname: nickname::parse(stanza),
        delay: delay::parse(stanza),
        error: (kind == PresenceKind::Error).then(|| StanzaError::parse(stanza)),
        muc: stanza.children().any(|child| child.is("x", ns::MUC_USER) || child.is("x", ns::MUC)),
    })
}

/// RFC 6121 §4.7.2.3: −128 to 127.
fn priority(stanza: &Element) -> i8 {
    let number = xml::child_text(stanza, "priority", ns::JABBER_CLIENT).and_then(|text| text.parse::<i64>().ok());
    number.map_or(0, |number| i8::try_from(number).unwrap_or(if number < 0 { i8::MIN } else { i8::MAX }))
}

fn parse_iq(stanza: &Element) -> Result<IncomingIq, &'static str> {
    let (from, to) = addresses(stanza)?;
    let kind = match xml::attr(stanza, "type") {
        Some("get") => IqKind::Get,
        Some("set") => IqKind::Set,
        Some("result") => IqKind::Result,
        Some("error") => IqKind::Error,
        _ => return Err("unknown type of IQ"),
    };
    Ok(IncomingIq {
        from,
        to,
        // Of any length: the answer has to bear it.
        id: xml::filled_attr(stanza, "id").ok_or("an IQ without id")?,
        kind,
        payload: stanza.children().find(|child| !child.is("error", ns::JABBER_CLIENT)).cloned(),
        error: (kind == IqKind::Error).then(|| StanzaError::parse(stanza)),
    })
}

#[cfg(test)]
mod tests;
