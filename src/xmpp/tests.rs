//! Whatever stands in a stanza, reading it does not panic: every sample is mangled at every place in every way, and then
//! again at random (with a fixed seed), and read by everything that reads.

use rxml::{Namespace, NcName};

use super::{
    avatar, caps, disco, incoming, limits, nickname, pubsub, roster, stanza_error, time, vcard, version,
    xml::{self, Element},
};

const SAMPLES: [&str; 15] = [
    "<message xmlns='jabber:client' from='a@b/c' to='d@e' type='chat' id='1'><body>hi</body><body xml:lang='de'>ho</body>\
     <thread>t</thread><request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/>\
     <origin-id xmlns='urn:xmpp:sid:0' id='o'/><stanza-id xmlns='urn:xmpp:sid:0' id='s' by='d@e'/>\
     <delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25.123+02:00' from='e'/><x xmlns='jabber:x:delay' stamp='20020910T23:08:25'/>\
     <nick xmlns='http://jabber.org/protocol/nick'>N</nick></message>",
    "<message xmlns='jabber:client' from='a@b/c'><received xmlns='urn:xmpp:receipts' id='1'/></message>",
    "<message xmlns='jabber:client' from='d@e'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
     <delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/><message xmlns='jabber:client' from='a@b/c' to='d@e/f' type='chat'>\
     <body>hi</body></message></forwarded></received></message>",
    "<message xmlns='jabber:client' from='a@b'><event xmlns='http://jabber.org/protocol/pubsub#event'>\
     <items node='urn:xmpp:avatar:metadata'><item id='1'><metadata xmlns='urn:xmpp:avatar:metadata'>\
     <info id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f' bytes='1' type='image/png'/></metadata></item><retract id='2'/></items></event></message>",
    "<message xmlns='jabber:client' from='a@b' type='error' id='1'><body>hi</body><error type='cancel' code='503'>\
     <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text></error></message>",
    "<presence xmlns='jabber:client' from='a@b/c'><show>away</show><status>out</status><priority>5</priority>\
     <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/><x xmlns='vcard-temp:x:update'>\
     <photo>111f4b3c50d7b0df729d299bc6f8e9ef9066971f</photo></x></presence>",
    "<iq xmlns='jabber:client' from='a@b/c' type='set' id='1'><query xmlns='jabber:iq:roster' ver='1'>\
     <item jid='x@y' name='n' subscription='both' ask='subscribe' approved='1'><group>g</group></item></query></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><query xmlns='http://jabber.org/protocol/disco#info' node='n'>\
     <identity category='client' type='pc' name='n' xml:lang='en'/><feature var='a'/><feature var='b'/><x xmlns='jabber:x:data' type='result'>\
     <field var='FORM_TYPE' type='hidden'><value>f</value></field><field var='v'><value>1</value><value>2</value></field></x></query></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='a@b' node='n' name='m'/></query></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'><item id='i'>\
     <data xmlns='urn:xmpp:avatar:data'>YWJj</data></item></items></pubsub></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><metadata xmlns='urn:xmpp:avatar:metadata'>\
     <info id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f' bytes='1' type='image/png' width='1' height='2' url='https://x'/></metadata></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><vCard xmlns='vcard-temp'><FN>x</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>YWJj</BINVAL></PHOTO></vCard></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><time xmlns='urn:xmpp:time'><tzo>-06:00</tzo><utc>2006-12-19T17:58:35Z</utc></time></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><query xmlns='jabber:iq:version'><name>n</name><version>1</version><os>o</os></query></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'><features xmlns='urn:x'><limits xmlns='urn:xmpp:stream-limits:0'>\
     <max-bytes>10000</max-bytes><idle-seconds>1800</idle-seconds></limits></features></iq>",
];

const GARBAGE: [&str; 20] = [
    "",
    " ",
    "\u{0}",
    "é",
    "\u{202e}<&>'\"",
    "@",
    "a@b/c@d/e",
    "-1",
    "+",
    "99999999999999999999",
    "-9223372036854775808",
    "NaN",
    "true",
    "=",
    "YWJ",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:60.9999999999999999999999+23:59",
    "2002-09-10T23:08:2é",
    "2002-09-1\u{1f339}",
    "\u{10ffff}\u{fffe}",
];

/// The ways to mangle one element: what each does to it. Attributes can't stand twice in XML, but in two namespaces.
const WAYS: [fn(&mut Element, &str); 9] = [
    |element, _| *element = Element::bare(element.name(), element.ns()),
    |element, garbage| {
        let names: Vec<_> = element.attrs().iter().map(|((ns, name), _)| (ns.clone(), name.clone())).collect();
        for (ns, name) in names {
            element.attrs_mut().insert(ns, name, garbage.to_owned());
        }
    },
    |element, garbage| {
        let names: Vec<NcName> = element.attrs().iter().map(|((_, name), _)| name.clone()).collect();
        for name in names {
            element.attrs_mut().insert(Namespace::XML, name, garbage.to_owned());
        }
    },
    |element, _| element.attrs_mut().clear(),
    |element, garbage| {
        element.take_nodes();
        element.append_text_node(garbage);
    },
    |element, garbage| {
        let doubled: Vec<_> = element.take_nodes().into_iter().flat_map(|node| [node.clone(), node]).collect();
        for node in doubled {
            element.append_node(node);
            element.append_text_node(garbage);
        }
    },
    |element, _| {
        let mut nodes = element.take_nodes();
        nodes.reverse();
        for node in nodes {
            element.append_node(node);
        }
    },
    |element, _| {
        let itself = element.clone();
        element.append_child(itself);
    },
    |element, garbage| {
        let mut stranger = Element::bare(element.name(), "urn:strange");
        stranger.append_text_node(garbage);
        for node in element.take_nodes() {
            stranger.append_node(node);
        }
        *element = stranger;
    },
];

/// Mangles the element at this place in document order; false where the document is shorter.
fn mangle(element: &mut Element, place: &mut usize, way: fn(&mut Element, &str), garbage: &str) -> bool {
    if *place == 0 {
        way(element, garbage);
        return true;
    }
    *place -= 1;
    element.children_mut().any(|child| mangle(child, place, way, garbage))
}

fn read_by_everything(stanza: &Element) {
    let _ = incoming::parse(stanza);
    let _ = stanza_error::StanzaError::parse(stanza).build();
    for payload in stanza.children() {
        let _ = (roster::parse_result(Some(payload)), roster::parse_push(payload), disco::parse_items(payload));
        if let Some(info) = disco::parse_info(payload) {
            let _ = (caps::verification_string(&info, "sha-1"), disco::info_result(None, &info));
        }
        let _ = (vcard::parse_photo(payload), vcard::with_photo(Some(payload), None));
        let _ = (time::parse(payload), version::parse(payload), limits::parse(payload));
        let _ = (avatar::parse_metadata(payload), avatar::parse_data(payload), nickname::parse_payload(payload));
        for node in ["n", ""] {
            for item in pubsub::parse_items(payload, node) {
                let _ = item.payload.as_ref().map(avatar::parse_data);
            }
        }
    }
    let _ = xml::human_text(stanza, "body", "jabber:client");
}

fn samples() -> impl Iterator<Item = Element> {
    SAMPLES.iter().map(|sample| sample.parse().unwrap())
}

#[test]
fn nothing_mangled_once_panics() {
    for sample in samples() {
        for (way, garbage) in WAYS.iter().flat_map(|way| GARBAGE.iter().map(move |garbage| (way, garbage))) {
            for place in 0.. {
                let mut stanza = sample.clone();
                if !mangle(&mut stanza, &mut { place }, *way, garbage) {
                    assert!(place > 1, "no sample is so short");
                    break;
                }
                read_by_everything(&stanza);
            }
        }
    }
}

#[test]
fn nothing_mangled_often_panics() {
    // Knuth's MMIX generator: the same cases in each run.
    let mut state = 0x5eed_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for sample in samples() {
        for _ in 0..600 {
            let mut stanza = sample.clone();
            for _ in 0..=random(6) {
                let (way, garbage) = (WAYS[random(WAYS.len())], GARBAGE[random(GARBAGE.len())]);
                mangle(&mut stanza, &mut random(12), way, garbage);
            }
            read_by_everything(&stanza);
        }
    }
}
