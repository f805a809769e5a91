//! What must hold of every payload, whatever stands in a stanza: reading it does not panic, it means the same once it was
//! written down and read again, and what we build of what we have read says the same.

use super::{
    archive, archive_preferences, avatar, blocking, caps, carbon, correction, datetime, delay,
    disco::{self, Info},
    displayed, file_sharing,
    file_sharing::SharedFile,
    incoming::{self, Incoming, IncomingIq, IncomingMessage, IncomingPresence, IqKind},
    iq, limits, link_metadata, marker, message, nickname, presence, pubsub, reaction, receipt, reference, reply,
    retraction,
    roster::{self, RosterItem, RosterResult},
    session::fuzzing::{document, nonza, stanzas},
    spoiler,
    stanza_error::StanzaError,
    stanza_id, time, upload, vcard, vcard_update, version,
    xml::{self, Build as _, Element},
};
use crate::{
    engine,
    ids::{Jid, OriginId, Timestamp},
    text_format::{MAX_HINT, Mention},
};
use xmpp_parsers::ns;

/// The stanzas in a text, each read by everything that reads.
///
/// # Panics
/// Where one is not read as it must be.
pub fn payload(data: &[u8]) {
    for stanza in stanzas(&String::from_utf8_lossy(data)) {
        self::stanza(&stanza);
    }
}

fn wrapped(child: Element) -> Element {
    again(&xml::element("message", ns::JABBER_CLIENT).with_child(child))
}

/// Written down, and read as the stream reads.
fn again(element: &Element) -> Element {
    let text = String::from(element);
    document(&text).unwrap_or_else(|| panic!("{text}"))
}

fn stanza(stanza: &Element) {
    let text = String::from(stanza);
    assert_eq!(Some(stanza), document(&text).as_ref(), "{text}");
    match incoming::parse(stanza) {
        Incoming::Message(message) => self::message(&message),
        Incoming::Presence(presence) => self::presence(&presence),
        Incoming::Iq(request) => self::iq(&request),
        Incoming::Unreadable { .. } => (),
    }
    let mut open = vec![stanza];
    while let Some(element) = open.pop() {
        child_readers(element);
        element_readers(element);
        for text in element.texts().chain(element.attrs().values().map(String::as_str)) {
            text_readers(text);
        }
        open.extend(element.children());
    }
}

fn message(message: &IncomingMessage) {
    if let (Some(from), Some(id), Some(body)) = (&message.from, &message.origin_id, &message.body) {
        let reply = message.reply.as_ref().filter(|_| !body.trim().is_empty());
        let extras = message::Extras {
            is_markable: true,
            wants_receipt: message.receipt_request,
            chat_state: message.chat_state,
            nickname: message.nickname.clone(),
            written_at: message.delay.as_ref().map(|delay| delay.stamp),
            answered: reply.map(|reply| message::Answered {
                id: reply.id.clone(),
                author: from.to_bare(),
                quote: reply.quote.clone().unwrap_or_default(),
            }),
            corrects: message.corrects.clone(),
            file: message.file.clone(),
            links: message.links.clone(),
            format: message.format.clone(),
        };
        let built = again(&message::chat(from, id, body, &extras));
        let Incoming::Message(read) = incoming::parse(&built) else { panic!("{built:?}") };
        assert_eq!((&read.to, &read.origin_id, read.id.as_ref()), (&message.from, &message.origin_id, Some(&id.0)));
        assert_eq!((&read.body, read.receipt_request), (&message.body, message.receipt_request));
        assert_eq!((&read.nickname, read.chat_state), (&message.nickname, message.chat_state));
        assert_eq!(read.delay.map(|delay| delay.stamp), extras.written_at);
        assert_eq!(read.corrects, extras.corrects);
        assert_eq!((read.links, read.format), (extras.links, extras.format));
        assert_eq!(read.reply.map(|reply| reply.id), extras.answered.map(|answered| answered.id));
        // What is said of it stands in the body, and is for those who do not know files.
        let file = extras.file.map(|file| SharedFile { caption: String::new(), ..file });
        assert_eq!(read.file.filter(|_| file.is_some()), file);
    }
    if let (Some(from), Some(id)) = (&message.from, &message.origin_id) {
        self::amendment(message, from, id);
    }
    if let (Some(from), Some(id)) = (&message.from, &message.receipt) {
        assert_eq!(receipt::parse(&again(&receipt::build(from, "r", id))).as_ref(), Some(id));
    }
    for inner in message.carbon.iter().map(|carbon| &carbon.message).chain(message.archived.iter().map(|a| &a.message))
    {
        assert!(inner.carbon.is_none() && inner.archived.is_none(), "copies of copies");
        self::message(inner);
    }
    assert_eq!(message.error.is_some(), message.kind == incoming::MessageKind::Error);
    assert!(message.error.is_none() || message.body.is_none());
    message.error.iter().for_each(error);
}

/// What a message says of another one.
fn amendment(message: &IncomingMessage, to: &Jid, id: &OriginId) {
    let read = |built: &Element| match incoming::parse(&again(built)) {
        Incoming::Message(read) => *read,
        other => panic!("{other:?}"),
    };
    if let Some(reactions) = &message.reactions {
        assert!(reactions.emoji.len() <= reaction::MAX_REACTIONS);
        let same = read(&reaction::build(to, id, &reactions.id, &reactions.emoji));
        assert_eq!((same.reactions.as_ref(), same.body), (Some(reactions), None));
    }
    if let Some(retracts) = &message.retracts {
        assert_eq!(read(&retraction::build(to, id, retracts)).retracts.as_ref(), Some(retracts));
    }
    if let Some(displayed) = &message.displayed {
        assert_eq!(read(&marker::build(to, &id.0, displayed)).displayed.as_ref(), Some(displayed));
    }
}

fn presence(read: &IncomingPresence) {
    if let incoming::PresenceKind::Available(availability) = read.kind {
        let extensions = [
            read.vcard_photo.as_ref().map(|photo| vcard_update::build(photo.as_ref())),
            read.nickname.as_deref().map(nickname::build),
        ];
        let status = read.status.as_deref().unwrap_or_default();
        let built = presence::available(availability, status, read.priority, extensions.into_iter().flatten());
        let Incoming::Presence(same) = incoming::parse(&again(&built)) else { panic!("{built:?}") };
        assert_eq!((same.kind, &same.status, same.priority), (read.kind, &read.status, read.priority));
        assert_eq!((&same.vcard_photo, &same.nickname), (&read.vcard_photo, &read.nickname));
    }
    if let Some(from) = &read.from {
        let built = presence::subscribe(&from.to_bare(), read.status.as_deref(), read.nickname.as_deref());
        let Incoming::Presence(same) = incoming::parse(&again(&built)) else { panic!("{built:?}") };
        assert_eq!((&same.status, &same.nickname), (&read.status, &read.nickname));
    }
    if let Some(caps) = &read.caps {
        assert_eq!(caps::parse(&wrapped(caps.build())).as_ref(), Some(caps));
    }
    read.error.iter().for_each(error);
}

fn iq(request: &IncomingIq) {
    assert_eq!(request.error.is_some(), request.kind == IqKind::Error);
    request.error.iter().for_each(error);
    let answer = again(&iq::result(request, request.payload.clone()));
    let Incoming::Iq(read) = incoming::parse(&answer) else { panic!("{answer:?}") };
    assert_eq!((read.kind, &read.id, &read.to), (IqKind::Result, &request.id, &request.from));
    assert_eq!(read.payload, request.payload);
    let is_request = matches!(request.kind, IqKind::Get | IqKind::Set);
    match engine::fuzzing::answer(request) {
        Some(answer) => {
            let Incoming::Iq(read) = incoming::parse(&again(&answer)) else { panic!("{answer:?}") };
            assert!(matches!(read.kind, IqKind::Result | IqKind::Error) && is_request);
            assert_eq!((&read.id, &read.to), (&request.id, &request.from));
        }
        None => assert!(!is_request, "a request without an answer"),
    }
}

fn error(error: &StanzaError) {
    let read = StanzaError::parse(&wrapped(error.build()));
    assert_eq!((read.kind, &read.text), (error.kind, &error.text));
    assert!(read.condition == error.condition || read.condition == "undefined-condition");
}

/// Whatever looks for a child of its own, in a stanza or anywhere else.
fn child_readers(parent: &Element) {
    if let Some(read) = delay::parse(parent) {
        assert_eq!(delay::parse(&wrapped(delay::build(&read))), Some(read));
    }
    let _ = (carbon::parse(parent), archive::parse(parent), pubsub::parse_event(parent), limits::parse(parent));
    let _ = (correction::parse(parent), reaction::parse(parent), retraction::parse(parent), marker::parse(parent));
    let _ = (stanza_id::parse(parent), stanza_id::parse_origin(parent));
    for mention in reference::mentions(parent).iter().filter(|mention| mention.range.end < usize::MAX - 9) {
        let moved = reference::mentions(&wrapped(reference::build(mention, 9)));
        let range = mention.range.start + 9..mention.range.end + 9;
        assert!(mention.range.start > usize::MAX - 9 || moved == [Mention { range, address: mention.address.clone() }]);
    }
    if let Some(hint) = spoiler::parse(parent) {
        assert!(hint.chars().count() <= MAX_HINT);
        assert_eq!(spoiler::parse(&wrapped(spoiler::build(&hint))), Some(hint));
    }
    for link in link_metadata::parse(parent) {
        assert_eq!(link_metadata::parse(&wrapped(link_metadata::build(&link))), [link]);
    }
    for body in parent.children().filter(|child| child.name() == "body").map(Element::text).chain([parent.text()]) {
        if let Some((reply, rest)) = reply::parse(parent, &body) {
            assert!(rest.len() <= body.len() && !reply.id.is_empty());
        }
        let Some(file) = file_sharing::parse(parent, Some(&body)) else { continue };
        assert!(file.caption.len() <= body.len() && file.url[..8].eq_ignore_ascii_case("https://"), "{file:?}");
        let message = xml::element("message", ns::JABBER_CLIENT).with_children(file_sharing::build(&file));
        let same = file_sharing::parse(&again(&message), Some(&body)).expect("it has a source");
        assert_eq!(same, SharedFile { caption: String::new(), ..file });
    }
    if let Some(name) = nickname::parse(parent) {
        assert_eq!(nickname::parse(&wrapped(nickname::build(&name))), Some(name));
    }
    if let Some(Some(hash)) = vcard_update::parse(parent) {
        assert_eq!(vcard_update::parse(&wrapped(vcard_update::build(Some(&hash)))), Some(Some(hash)));
    }
    error(&StanzaError::parse(parent));
}

/// Whatever reads an element that is its own.
fn element_readers(element: &Element) {
    nonza(element);
    if let RosterResult::Full { items, .. } = roster::parse_result(Some(element)) {
        items.iter().for_each(roster_item);
    }
    let _ = (roster::parse_push(element), disco::parse_items(element), archive::parse_fin(element));
    if let Some(info) = disco::parse_info(element) {
        abilities(&info);
    }
    if let Ok(Some(metadata)) = avatar::parse_metadata(element) {
        assert_eq!(avatar::parse_metadata(&again(&avatar::build_metadata(Some(&metadata)))), Ok(Some(metadata)));
    }
    if let Some(data) = avatar::parse_data(element) {
        assert_eq!(avatar::parse_data(&again(&avatar::build_data(&data))), Some(data));
    }
    let _ = (upload::parse_slot(element), blocking::parse_list(element));
    if let Some(push) = blocking::parse_push(element) {
        let same = |address: &Jid| {
            let pushes = [blocking::block(address, None), blocking::unblock(address)];
            pushes.iter().all(|push| blocking::parse_push(&again(push)).is_some())
        };
        let addresses = match &push {
            blocking::BlockPush::Blocked(addresses) | blocking::BlockPush::Unblocked(addresses) => addresses.as_slice(),
            blocking::BlockPush::UnblockedAll => &[],
        };
        assert!(addresses.iter().all(same), "{push:?}");
    }
    if let Some(preferences) = archive_preferences::parse(element) {
        let built = again(&archive_preferences::build(&preferences));
        assert_eq!(archive_preferences::parse(&built), Some(preferences));
    }
    for node in [xml::attr(element, "node").unwrap_or_default(), avatar::DATA] {
        for item in pubsub::parse_items(element, node) {
            if let Some((peer, id)) = displayed::parse(&item) {
                let payload = Some(displayed::build(&id.by.to_bare(), &id.id));
                let same = pubsub::Item { id: Some(peer.to_string()), payload };
                assert_eq!(displayed::parse(&same).map(|(peer, id)| (peer, id.id)), Some((peer, id.id)));
            }
            let id = item.id.as_deref();
            let payload = item.payload.unwrap_or_else(|| xml::element("x", "urn:x"));
            let built = again(&pubsub::publish(node, id, payload, None));
            assert!(built.is("pubsub", ns::PUBSUB));
        }
    }
    if element.is("vCard", ns::VCARD) {
        let changed = again(&vcard::with_photo(Some(element), Some(("image/png", b"abc"))));
        assert_eq!(vcard::parse_photo(&changed).as_deref(), Some(&b"abc"[..]));
        assert_eq!(vcard::parse_photo(&vcard::with_photo(Some(element), None)), None);
    }
    let _ = vcard::parse_photo(element);
    if let Some((stamp, _)) = time::parse(element) {
        assert_eq!(time::parse(&again(&time::result(stamp))), Some((stamp, Some(0))));
    }
    if let Some(read) = version::parse(element) {
        let number = read.version.as_deref().unwrap_or("1");
        let same = version::parse(&again(&version::result(&read.name, number))).expect("it has a name");
        assert_eq!((&same.name, same.version.as_deref()), (&read.name, Some(number)));
    }
}

fn roster_item(item: &RosterItem) {
    let set = again(&roster::set(&item.jid, item.name.as_deref(), &item.groups));
    let same = roster::parse_push(&set).expect("it has one item").item;
    assert_eq!((&same.jid, &same.name, &same.groups), (&item.jid, &item.name, &item.groups));
    assert!(roster::parse_push(&again(&roster::remove(&item.jid))).is_some_and(|push| push.is_removed));
}

fn abilities(info: &Info) {
    let told = Info { forms: Vec::new(), ..info.clone() };
    let read = disco::parse_info(&again(&disco::info_result(None, &told)));
    assert_eq!(read.as_ref(), Some(&told));
    for hash in ["sha-1", "sha-256", "sha-512", "md5"] {
        let ver = caps::verification_string(info, hash);
        assert!(ver.is_none_or(|ver| ver.len() <= 100));
    }
}

fn text_readers(text: &str) {
    if let Some(time) = datetime::parse(text) {
        assert_eq!(datetime::parse(&datetime::format(time)), Some(time), "{text}");
    }
    if let Some(offset) = datetime::parse_offset(text) {
        assert_eq!(datetime::parse_offset(&datetime::format_offset(offset)), Some(offset), "{text}");
    }
    if let Some(bytes) = xml::decode_base64(text) {
        assert_eq!(xml::decode_base64(&xml::encode_base64(&bytes)), Some(bytes));
    }
    if let Ok(number) = text.trim().parse() {
        let _ = datetime::format(Timestamp(number));
    }
    let body = xml::element("body", ns::JABBER_CLIENT).with_attr("a", text);
    // Nothing at all is no text.
    let body = if text.is_empty() { body } else { body.with_text(text) };
    assert_eq!(again(&body), body, "{text:?}");
    let query = archive::Query {
        id: text.to_owned(),
        with: None,
        start: None,
        after: None,
        before: Some(text.to_owned()),
        max: 50,
    };
    assert!(again(&archive::query(&query)).is("query", archive::NAMESPACE));
}
