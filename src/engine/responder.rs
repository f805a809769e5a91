//! Answers what others ask this client: abilities (XEP-0030, XEP-0115), version (XEP-0092), time (XEP-0202), ping (XEP-0199).

use minidom::Element;

use crate::{
    config,
    ids::Timestamp,
    xmpp::{
        StanzaError, disco,
        incoming::{IncomingIq, IqKind},
        iq, own, ping, time, version,
    },
};

/// The answer to a request (RFC 6120 §8.2.3: each has one); an answer has none.
#[must_use]
pub fn answer(request: &IncomingIq, now: Timestamp) -> Option<Element> {
    let refuse = |condition: &str| Some(iq::error(request, &StanzaError::new(condition)));
    let Some(payload) = &request.payload else {
        return matches!(request.kind, IqKind::Get | IqKind::Set).then(|| refuse("bad-request")).flatten();
    };
    match request.kind {
        IqKind::Get => {
            let result = |payload| Some(iq::result(request, payload));
            if let Some(node) = disco::parse_info_query(payload) {
                let ours = own::caps().query_node();
                return if node.is_none_or(|node| node == ours) {
                    result(Some(disco::info_result(node, own::info())))
                } else {
                    refuse("item-not-found")
                };
            }
            if version::is_query(payload) {
                result(Some(version::result(config::APP_NAME, config::VERSION)))
            } else if time::is_query(payload) {
                result(Some(time::result(now)))
            } else if ping::is_ping(payload) {
                result(None)
            } else {
                refuse("service-unavailable")
            }
        }
        IqKind::Set => refuse("service-unavailable"),
        IqKind::Result | IqKind::Error => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::incoming::{self, Incoming};

    fn ask(kind: &str, payload: &str) -> Option<String> {
        let stanza = format!("<iq xmlns='jabber:client' from='a@b/c' id='1' type='{kind}'>{payload}</iq>");
        let Incoming::Iq(request) = incoming::parse(&stanza.parse().unwrap()) else { panic!("{stanza}") };
        answer(&request, Timestamp(1_800_000_000_000)).map(|answer| String::from(&answer))
    }

    #[test]
    fn every_request_is_answered_and_no_answer_is() {
        let node = own::caps().query_node();
        for (kind, payload, expected) in [
            ("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>".to_owned(), "urn:xmpp:ping"),
            ("get", format!("<query xmlns='http://jabber.org/protocol/disco#info' node='{node}'/>"), &node[..]),
            ("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>".into(), "item-not-found"),
            ("get", "<query xmlns='jabber:iq:version'/>".into(), config::APP_NAME),
            ("get", "<time xmlns='urn:xmpp:time'/>".into(), "2027-01-15T08:00:00"),
            ("get", "<ping xmlns='urn:xmpp:ping'/>".into(), "result"),
            ("get", "<query xmlns='jabber:iq:private'/>".into(), "service-unavailable"),
            ("set", "<ping xmlns='urn:xmpp:ping'/>".into(), "service-unavailable"),
            (
                "set",
                "<command xmlns='http://jabber.org/protocol/commands' action='execute'/>".into(),
                "service-unavailable",
            ),
            ("get", String::new(), "bad-request"),
        ] {
            let answer = ask(kind, &payload).unwrap();
            assert!(answer.contains(expected) && answer.contains("to='a@b/c'"), "{payload} → {answer}");
        }
        assert_eq!(ask("result", "<ping xmlns='urn:xmpp:ping'/>"), None);
        assert_eq!(ask("error", ""), None);
    }
}
