use super::*;

fn read(xml: &str) -> Incoming {
    parse(&xml.parse().unwrap())
}

fn message(xml: &str) -> IncomingMessage {
    match read(xml) {
        Incoming::Message(message) => *message,
        other => panic!("{xml}: {other:?}"),
    }
}

fn presence(xml: &str) -> IncomingPresence {
    match read(xml) {
        Incoming::Presence(presence) => presence,
        other => panic!("{xml}: {other:?}"),
    }
}

#[test]
fn what_makes_the_typed_parser_drop_a_message_costs_nothing_here() {
    for (children, attributes) in [
        ("stray text", ""),
        ("<thread>1</thread><thread>2</thread>", ""),
        ("", "type='telegram'"),
        ("", "type=''"),
        ("", "xml:lang='de' unknown='1'"),
        ("<body xml:lang='en'>no</body>", ""),
        ("<subject/><subject/><thread parent='x'/>", ""),
        ("<delay xmlns='urn:xmpp:delay' stamp='yesterday' from='@'/>", ""),
        ("<x xmlns='http://jabber.org/protocol/muc#user'><status code='9999'/><item/></x>", ""),
        ("<event xmlns='http://jabber.org/protocol/pubsub#event'><items/></event>", ""),
        ("<stanza-id xmlns='urn:xmpp:sid:0' by='@'/><received xmlns='urn:xmpp:receipts'/>", ""),
        (
            "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>x</body></html>",
            "",
        ),
    ] {
        let xml =
            format!("<message xmlns='jabber:client' from='a@b' {attributes}>{children}<body>hello</body></message>");
        let read = message(&xml);
        assert_eq!(read.body.as_deref(), Some("hello"), "{xml}");
        assert_eq!(read.kind, MessageKind::Normal, "{xml}");
        assert_eq!(read.delay, None, "{xml}");
    }
}

#[test]
fn a_message_with_everything_is_read() {
    let read = message(
        "<message xmlns='jabber:client' from='juliet@capulet.example/balcony' to='romeo@montague.example' id='m1' type='chat'>
         <body>Art thou not Romeo?</body><thread>t1</thread><request xmlns='urn:xmpp:receipts'/>
         <active xmlns='http://jabber.org/protocol/chatstates'/><origin-id xmlns='urn:xmpp:sid:0' id='o1'/>
         <stanza-id xmlns='urn:xmpp:sid:0' id='s1' by='romeo@montague.example'/><nick xmlns='http://jabber.org/protocol/nick'>Juliet</nick>
         <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:00.001Z'/></message>",
    );
    assert_eq!(read.from.unwrap().as_str(), "juliet@capulet.example/balcony");
    assert_eq!(read.to.unwrap().as_str(), "romeo@montague.example");
    assert_eq!((read.id.as_deref(), read.kind), (Some("m1"), MessageKind::Chat));
    assert_eq!((read.body.as_deref(), read.thread.as_deref()), (Some("Art thou not Romeo?"), Some("t1")));
    assert!(read.receipt_request && !read.muc_user);
    assert_eq!(read.chat_state, Some(ChatState::Active));
    assert_eq!(read.origin_id.unwrap().0, "o1");
    assert_eq!(read.stanza_ids[0].id, "s1");
    assert_eq!(read.nickname.as_deref(), Some("Juliet"));
    assert_eq!(read.delay.unwrap().stamp.0, 1);
    assert_eq!((read.receipt, read.carbon, read.pubsub, read.error), (None, None, None, None));
}

#[test]
fn an_error_brings_nothing_but_the_error() {
    let read = message(
        "<message xmlns='jabber:client' from='a@b' id='1' type='error'><body>what we wrote</body>
         <received xmlns='urn:xmpp:receipts' id='2'/><composing xmlns='http://jabber.org/protocol/chatstates'/>
         <sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></forwarded></sent>
         <error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
    );
    assert_eq!(read.error.unwrap().condition, "item-not-found");
    assert_eq!((read.body, read.receipt, read.chat_state, read.carbon), (None, None, None, None));
    assert_eq!(
        message("<message xmlns='jabber:client' type='error'/>").error.unwrap().condition,
        "undefined-condition"
    );
}

#[test]
fn a_forwarded_message_outside_a_carbon_is_ignored() {
    let read = message(
        "<message xmlns='jabber:client' from='mallory@evil.example'><forwarded xmlns='urn:xmpp:forward:0'>
         <message xmlns='jabber:client' from='juliet@capulet.example'><body>I hate thee</body></message></forwarded></message>",
    );
    assert_eq!((read.body, read.carbon), (None, None));
}

#[test]
fn an_unreadable_sender_never_passes_for_ourselves() {
    for name in ["message", "presence", "iq type='get' id='1'"] {
        for attribute in ["from", "to"] {
            let xml = format!("<{name} xmlns='jabber:client' {attribute}='@'/>");
            assert!(matches!(read(&xml), Incoming::Unreadable { .. }), "{xml}");
        }
    }
}

#[test]
fn presence_is_read_whatever_its_show_and_priority() {
    for (children, availability, priority) in [
        ("", Availability::Online, 0),
        ("<show>dnd</show><status>Wooing Juliet</status><priority>1</priority>", Availability::DoNotDisturb, 1),
        ("<show>xa</show><priority> -5 </priority>", Availability::ExtendedAway, -5),
        ("<show> away\n</show><priority>+3</priority>", Availability::Away, 3),
        ("<show>chat</show><priority>999999</priority>", Availability::FreeForChat, 127),
        ("<show/><priority/>", Availability::Online, 0),
        ("<show>busy</show><priority>-129</priority>", Availability::Online, -128),
        ("<show>dnd</show><show>away</show><priority>high</priority>", Availability::DoNotDisturb, 0),
        ("<show xmlns='urn:x'>dnd</show><priority>99999999999999999999</priority>", Availability::Online, 0),
    ] {
        for kind in ["", "type='available'", "type=''"] {
            let read = presence(&format!("<presence xmlns='jabber:client' from='a@b/c' {kind}>x{children}</presence>"));
            assert_eq!((read.kind, read.priority), (PresenceKind::Available(availability), priority), "{children}");
        }
    }
}

#[test]
fn every_type_of_presence_is_known_and_any_other_is_unreadable() {
    for (kind, expected) in [
        ("unavailable", PresenceKind::Unavailable),
        ("subscribe", PresenceKind::Subscribe),
        ("subscribed", PresenceKind::Subscribed),
        ("unsubscribe", PresenceKind::Unsubscribe),
        ("unsubscribed", PresenceKind::Unsubscribed),
        ("probe", PresenceKind::Probe),
        ("error", PresenceKind::Error),
    ] {
        let read = presence(&format!("<presence xmlns='jabber:client' type='{kind}'/>"));
        assert_eq!(read.kind, expected);
        assert_eq!(read.error.is_some(), expected == PresenceKind::Error);
    }
    let xml = "<presence xmlns='jabber:client' type='invisible'/>";
    assert!(matches!(read(xml), Incoming::Unreadable { .. }));
}

#[test]
fn presence_payloads_are_read() {
    let read = presence(
        "<presence xmlns='jabber:client' from='a@b/c'><status xml:lang='cs'>Ve střehu</status><status>Alert</status>
         <c xmlns='http://jabber.org/protocol/caps' node='n' ver='v'/><x xmlns='vcard-temp:x:update'><photo/></x>
         <x xmlns='http://jabber.org/protocol/muc#user'/><delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:00'/></presence>",
    );
    assert_eq!(read.status.as_deref(), Some("Alert"));
    assert_eq!(read.caps.unwrap().node, "n");
    assert_eq!(read.vcard_photo, Some(None));
    assert!(read.muc && read.delay.is_some());
}

#[test]
fn an_iq_error_is_read_whatever_its_condition() {
    let Incoming::Iq(iq) = read(
        "<iq xmlns='jabber:client' id='1' type='error' from='a@b'><query xmlns='urn:q'/><error type='?'><x xmlns='urn:x'/></error></iq>",
    ) else {
        panic!("unreadable")
    };
    assert_eq!(iq.kind, IqKind::Error);
    assert!(iq.payload.unwrap().is("query", "urn:q"));
    assert_eq!(iq.error.unwrap().condition, "undefined-condition");
}

#[test]
fn what_is_no_stanza_is_unreadable() {
    for xml in [
        "<message xmlns='jabber:server'/>",
        "<telegram xmlns='jabber:client'/>",
        "<iq xmlns='jabber:client' type='get'/>",
        "<iq xmlns='jabber:client' type='get' id=''/>",
        "<iq xmlns='jabber:client' id='1'/>",
        "<iq xmlns='jabber:client' id='1' type='put'/>",
    ] {
        assert!(matches!(read(xml), Incoming::Unreadable { .. }), "{xml}");
    }
}

#[test]
fn an_id_that_is_longer_than_any_need_be_is_as_none_wherever_it_stands() {
    let with = |id: &str| {
        let inner = format!(
            "<body>hello</body><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>
             <origin-id xmlns='urn:xmpp:sid:0' id='{id}'/><stanza-id xmlns='urn:xmpp:sid:0' id='{id}' by='a@b'/>
             <replace xmlns='urn:xmpp:message-correct:0' id='{id}'/><retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>
             <reactions xmlns='urn:xmpp:reactions:0' id='{id}'/><reply xmlns='urn:xmpp:reply:0' id='{id}'/>
             <displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>"
        );
        let message =
            message(&format!("<message xmlns='jabber:client' from='a@b' id='{id}' type='chat'>{inner}</message>"));
        assert_eq!(message.body.as_deref(), Some("hello"));
        let receipt = self::message(&format!(
            "<message xmlns='jabber:client' from='a@b' type='chat'><received xmlns='urn:xmpp:receipts' id='{id}'/>
             <result xmlns='urn:xmpp:mam:2' id='{id}'><forwarded xmlns='urn:xmpp:forward:0'>
             <delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/><message xmlns='jabber:client'/>
             </forwarded></result></message>"
        ));
        [
            message.id.is_some(),
            message.receipt_request,
            message.is_markable,
            message.origin_id.is_some(),
            !message.stanza_ids.is_empty(),
            message.corrects.is_some(),
            message.retracts.is_some(),
            message.reactions.is_some(),
            message.reply.is_some(),
            message.displayed.is_some(),
            receipt.receipt.is_some(),
            receipt.archived.is_some(),
        ]
    };
    let longest = "x".repeat(xml::MAX_ID_LENGTH);
    assert_eq!(with(&longest), [true; 12]);
    assert_eq!(with(&format!("{longest}x")), [false; 12]);
    // Whoever asks something gets an answer all the same, which has to bear their id.
    let request = format!("<iq xmlns='jabber:client' type='get' id='{longest}x'><ping xmlns='urn:xmpp:ping'/></iq>");
    assert!(matches!(read(&request), Incoming::Iq(iq) if iq.id.len() == xml::MAX_ID_LENGTH + 1));
}
