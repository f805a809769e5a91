//! The fuzz targets' seeds and all that was ever found, run once; and that the examples of the XEPs mean something to us.

use xmpp_parsers::ns;

use super::*;
use crate::xmpp::{
    archive, avatar, caps, carbon, chat_state, correction, delay, disco, file_sharing,
    incoming::{self, Incoming},
    limits, link_metadata, marker, nickname, pubsub, reaction, receipt, reference, reply, retraction,
    roster::{self, RosterResult},
    session::fuzzing::{nonza, stanzas},
    spoiler,
    stanza_error::StanzaError,
    stanza_id, time, upload, vcard, vcard_update, version,
    xml::{self, Element},
};

/// Cheap and always the same (Knuth's MMIX generator).
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| byte()).collect()
}

/// What was found once: fuzz/regressions/TARGET/*.
fn regressions(target: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target);
    let Ok(files) = fs::read_dir(dir) else { return Vec::new() };
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_example_of_the_xeps_is_read() {
    for example in examples() {
        payload(example.text.as_bytes());
    }
    for data in regressions("payload") {
        payload(&data);
    }
}

#[test]
fn every_example_of_the_xeps_comes_through_a_stream() {
    for (way, example) in examples().iter().enumerate() {
        stream(&[&[u8::try_from(way % 256).unwrap()], example.text.as_bytes()].concat());
    }
    for data in regressions("stream") {
        stream(&data);
    }
}

#[test]
fn no_script_breaks_an_account() {
    for seed in 0..100 {
        inbound(&noise(seed, 400));
        for first in [0xff, 0xfe] {
            inbound(&[&[first], &noise(seed, 400)[..]].concat());
        }
    }
    for data in regressions("inbound") {
        inbound(&data);
    }
}

#[test]
fn no_page_says_what_may_not_be_shown() {
    let parts = [
        "<title>",
        "</title>",
        "<meta name=description content=\"",
        "\">",
        "&#8238;",
        "\u{202e}",
        "&",
        "ä",
        "<!--",
        "-->",
        " \n",
    ];
    for seed in 0..200 {
        let chosen = noise(seed, 60).into_iter().map(|byte| parts[usize::from(byte) % parts.len()]);
        page(&[&[0], chosen.collect::<String>().as_bytes()].concat());
        page(&noise(seed, 400));
    }
    for data in regressions("page") {
        page(&data);
    }
}

#[test]
fn no_file_says_where_it_was_made() {
    for seed in seeds() {
        clean(&seed);
    }
    for seed in 0..500 {
        clean(&noise(seed, 100));
    }
    for data in regressions("clean") {
        clean(&data);
    }
}

/// Where the XEPs have words in the place of Base64 and numbers, a message without its namespace, or a file of which a later
/// message says where it is; and what is not known.
const WITHOUT_VALUE: [&str; 16] = [
    "0084: Publishing avatar data to data node <data/>",
    "0084: PEP service returns avatar data <data/>",
    "0153: User's Client Publishes Avatar Data to vCard <PHOTO/>",
    "0153: Server Returns vCard on Behalf of User <PHOTO/>",
    "0198: Stream resumption request <resume/>",
    "0198: Stream resumed <resumed/>",
    "0198: Client failed to enable stream management <success/>",
    "0198: Client failed to resume stream <success/>",
    "0198: Client failed to resume stream and to enable management of newly bound stream <success/>",
    "0388: Continue Required <continue/>",
    "0398: Server forwards presence to other entities that have presence subscription <x/>",
    "0424: Retracted message tombstone in a MAM result <result/>",
    "0425: Retracted groupchat message tombstone in a MAM result <result/>",
    "0447: Sharing a file and attaching the primary source for the file later, including a fallback body. <file-sharing/>",
    "0447: Sharing a file with additional body and attaching a source with fallback <file-sharing/>",
    "0447: Sharing multiple files and attaching sources with fallback <file-sharing/>",
];

/// Whether an element that Stonechat knows has given a value; none where it does not know it.
fn has_value(parent: &Element, element: &Element) -> Option<bool> {
    let answers = xml::attr(parent, "type") == Some("result") && element.children().next().is_some();
    let has = |name: &str| xml::attr(element, name).is_some();
    Some(match (element.ns().as_str(), element.name()) {
        (ns::JABBER_CLIENT, "iq") if !has("id") || !has("type") => return None,
        (ns::JABBER_CLIENT, "message" | "presence" | "iq") => {
            !matches!(incoming::parse(element), Incoming::Unreadable { .. })
        }
        (ns::JABBER_CLIENT, "error") => StanzaError::parse(parent).condition != "undefined-condition",
        (ns::RECEIPTS, "received") => receipt::parse(parent).is_some(),
        (ns::RECEIPTS, "request") => receipt::is_requested(parent),
        (ns::CHATSTATES, _) => chat_state::parse(parent).is_some(),
        (ns::DELAY, "delay") => delay::parse(parent).is_some(),
        (ns::CARBONS, "sent" | "received") => carbon::parse(parent).is_some(),
        (ns::MAM, "result") => archive::parse(parent).is_some(),
        (ns::MAM, "fin") => archive::parse_fin(element).is_some(),
        (ns::NICK, "nick") => nickname::parse_payload(element).is_some(),
        (ns::SID, "origin-id") => stanza_id::parse_origin(parent).is_some(),
        (ns::SID, "stanza-id") if parent.is("message", ns::JABBER_CLIENT) => !stanza_id::parse(parent).is_empty(),
        (ns::CAPS, "c") => caps::parse(parent).is_some(),
        (ns::PUBSUB_EVENT, "event")
            if !element.children().any(|c| matches!(c.name(), "configuration" | "subscription")) =>
        {
            pubsub::parse_event(parent).is_some()
        }
        (ns::DISCO_INFO, "query") if answers => {
            disco::parse_info(element).is_some_and(|info| info != disco::Info::default())
        }
        (ns::DISCO_ITEMS, "query") if answers => !disco::parse_items(element).is_empty(),
        (ns::ROSTER, "query") if answers => matches!(roster::parse_result(Some(element)), RosterResult::Full { .. }),
        (avatar::METADATA, "metadata") => avatar::parse_metadata(element).is_ok(),
        (avatar::DATA, "data") => avatar::parse_data(element).is_some(),
        (ns::VCARD, "PHOTO") => vcard::parse_photo(parent).is_some(),
        (ns::VCARD_UPDATE, "x") if element.children().next().is_some() => vcard_update::parse(parent).is_some(),
        (reference::NAMESPACE, "reference") if has("begin") && xml::attr(element, "type") == Some("mention") => {
            !reference::mentions(parent).is_empty()
        }
        (spoiler::NAMESPACE, "spoiler") => spoiler::parse(parent).is_some(),
        (correction::NAMESPACE, "replace") => correction::parse(parent).is_some(),
        (reaction::NAMESPACE, "reactions") => reaction::parse(parent).is_some(),
        (retraction::NAMESPACE, "retract") if parent.is("message", ns::JABBER_CLIENT) => {
            retraction::parse(parent).is_some()
        }
        (marker::NAMESPACE, "displayed") => marker::parse(parent).is_some(),
        (reply::NAMESPACE, "reply") => reply::parse(parent, "text").is_some(),
        (file_sharing::SHARING, "file-sharing") => file_sharing::parse(parent, None).is_some(),
        (upload::NAMESPACE, "slot") => upload::parse_slot(element).is_some(),
        (ns::STREAM_LIMITS, "limits") => limits::parse(parent) != limits::Limits::default(),
        (link_metadata::RDF, "Description") => !link_metadata::parse(parent).is_empty(),
        (ns::TIME, "time") if answers => time::parse(element).is_some(),
        (ns::VERSION, "query") if answers => version::parse(element).is_some(),
        // For servers to read.
        (ns::SASL2, "authenticate") => return None,
        (ns::SM | ns::SASL | ns::SASL2, _) if parent.is("stream", "") => nonza(element),
        _ => return None,
    })
}

#[test]
fn what_is_known_of_the_xeps_gives_a_value() {
    let (mut values, mut none) = (0, Vec::new());
    for example in examples() {
        for stanza in stanzas(&example.text) {
            let mut open = vec![(xml::element("stream", ""), &stanza)];
            while let Some((parent, element)) = open.pop() {
                match has_value(&parent, element) {
                    Some(true) => values += 1,
                    Some(false) => none.push(format!("{} <{}/>", example.title, element.name())),
                    None => (),
                }
                open.extend(element.children().map(|child| (element.clone(), child)));
            }
        }
    }
    none.dedup();
    assert_eq!(none, WITHOUT_VALUE);
    assert!(values > 900, "{values}");
}
