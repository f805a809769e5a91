use super::*;

fn read(xml: &str) -> Incoming {
    parse(
        &xml.replacen('>', " xmlns='jabber:client'>", 1)
            .replacen("/ xmlns='jabber:client'>", " xmlns='jabber:client'/>", 1)
            .parse()
            .unwrap(),
    )
}

fn message(xml: &str) -> IncomingMessage {
    match read(xml) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn presence(xml: &str) -> IncomingPresence {
    match read(xml) {
        Incoming::Presence(presence) => presence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_typed_parser_drops_whole_is_read() {
    let odd = message("<message type='party'>stray<thread>1</thread><thread>2</thread><body>x</body></message>");
    assert_eq!((odd.kind, odd.body.as_deref(), odd.thread.as_deref()), (MessageKind::Normal, Some("x"), Some("1")));
    for xml in [
        "<presence type='available'><show/><priority>1000</priority></presence>",
        "<presence><show>gone</show><priority>x</priority></presence>",
    ] {
        assert_eq!(presence(xml).kind, PresenceKind::Available(Availability::Online), "{xml}");
    }
    let Incoming::Iq(iq) = read("<iq type='error' id='1'><error/></iq>") else { panic!() };
    assert_eq!((iq.kind, iq.error.unwrap().condition.as_str()), (IqKind::Error, "undefined-condition"));
}

#[test]
fn an_unreadable_sender_does_not_pass_for_ourselves() {
    for xml in [
        "<message from='@@'><body>x</body></message>",
        "<presence from='@'/>",
        "<iq from='@' type='set' id='1'/>",
        "<iq/>",
    ] {
        assert!(matches!(read(xml), Incoming::Unreadable { .. }), "{xml}");
    }
}

#[test]
fn one_bad_payload_costs_only_itself() {
    let read = message(
        "<message from='a@b/c' type='chat' id='1'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='soon'/>
         <received xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0'/>
         <sent xmlns='urn:xmpp:carbons:2'/><event xmlns='http://jabber.org/protocol/pubsub#event'/></message>",
    );
    assert_eq!(read.body.as_deref(), Some("x"));
    assert!(
        read.delay.is_none()
            && read.receipt.is_none()
            && read.origin_id.is_none()
            && read.carbon.is_none()
            && read.pubsub.is_none()
    );
}

#[test]
fn a_forwarded_message_outside_a_carbon_is_ignored() {
    let read = message(
        "<message from='a@b'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='x@y'><body>x</body></message></forwarded></message>",
    );
    assert!(read.carbon.is_none() && read.body.is_none());
}

const SAMPLES: [&str; 6] = [
    "<message xmlns='jabber:client' from='a@b/c' to='d@e' type='chat' id='1'><body>hi</body><thread>t</thread><request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/><stanza-id xmlns='urn:xmpp:sid:0' id='s' by='d@e'/><delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z' from='e'/></message>",
    "<message xmlns='jabber:client' from='d@e'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='a@b/c' to='d@e/f' type='chat'><body>hi</body></message></forwarded></received></message>",
    "<message xmlns='jabber:client' from='a@b'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:avatar:metadata'><item id='1'><metadata xmlns='urn:xmpp:avatar:metadata'><info id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f' bytes='1' type='image/png'/></metadata></item></items></event></message>",
    "<message xmlns='jabber:client' from='a@b' type='error' id='1'><body>hi</body><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text></error></message>",
    "<presence xmlns='jabber:client' from='a@b/c'><show>away</show><status>out</status><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/><x xmlns='vcard-temp:x:update'><photo>111f4b3c50d7b0df729d299bc6f8e9ef9066971f</photo></x></presence>",
    "<iq xmlns='jabber:client' from='a@b/c' type='set' id='1'><query xmlns='jabber:iq:roster' ver='1'><item jid='x@y' subscription='both'><group>g</group></item></query></iq>",
];

/// Every element, in document order, gets its turn to be mangled.
fn mangled(element: &Element, at: &mut usize, how: usize) -> Option<Element> {
    if *at == 0 {
        let mut copy = element.clone();
        match how {
            0 => {
                let names: Vec<_> = copy.attrs().iter().map(|((ns, name), _)| (ns.clone(), name.clone())).collect();
                for (ns, name) in names {
                    copy.attrs_mut().insert(ns, name, "\u{202e}<garbage>&' 99999999999999999999".to_owned());
                }
            }
            1 => {
                let mut bare = Element::bare(element.name(), element.ns());
                bare.append_text("garbage \u{fffd} 99999999999999999999");
                copy = bare;
            }
            2 => copy = Element::bare(element.name(), element.ns()),
            _ => {
                for child in element.children() {
                    copy.append_child(child.clone());
                }
            }
        }
        return Some(copy);
    }
    *at -= 1;
    let mut copy = Element::bare(element.name(), element.ns());
    *copy.attrs_mut() = element.attrs().clone();
    let mut done = false;
    for node in element.nodes() {
        match node.as_element() {
            Some(child) if !done => match mangled(child, at, how) {
                Some(new) => {
                    copy.append_child(new);
                    done = true;
                }
                None => {
                    copy.append_child(child.clone());
                }
            },
            _ => {
                copy.append_node(node.clone());
            }
        }
    }
    done.then_some(copy)
}

#[test]
fn no_mangled_payload_panics() {
    let mut cases = 0;
    for sample in SAMPLES {
        let whole: Element = sample.parse().unwrap();
        for how in 0..4 {
            for position in 0.. {
                let Some(bad) = mangled(&whole, &mut { position }, how) else { break };
                let _ = parse(&bad);
                cases += 1;
            }
        }
    }
    assert!(cases > 100, "{cases}");
}
