//! Requests and answers (RFC 6120 §8.2.3).

use super::{
    incoming::IncomingIq,
    stanza_error::StanzaError,
    xml::{self, Build as _, Element},
};
use crate::ids::Jid;
use xmpp_parsers::ns;

/// A request that changes nothing.
#[must_use]
pub fn get(to: Option<&Jid>, id: &str, payload: Element) -> Element {
    stanza("get", to, id).with_child(payload)
}

/// A request that changes something.
#[must_use]
pub fn set(to: Option<&Jid>, id: &str, payload: Element) -> Element {
    stanza("set", to, id).with_child(payload)
}

/// The good answer to a request.
#[must_use]
pub fn result(request: &IncomingIq, payload: Option<Element>) -> Element {
    stanza("result", request.from.as_ref(), &request.id).with_children(payload)
}

/// The bad answer to a request.
#[must_use]
pub fn error(request: &IncomingIq, error: &StanzaError) -> Element {
    stanza("error", request.from.as_ref(), &request.id).with_child(error.build())
}

fn stanza(kind: &str, to: Option<&Jid>, id: &str) -> Element {
    xml::element("iq", ns::JABBER_CLIENT)
        .with_attr("type", kind)
        .with_optional_attr("to", to.map(Jid::as_str))
        .with_attr("id", id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::incoming::{self, Incoming, IqKind};

    fn read(element: &Element) -> IncomingIq {
        let Incoming::Iq(iq) = incoming::parse(&String::from(element).parse().unwrap()) else { panic!("not an IQ") };
        iq
    }

    #[test]
    fn an_answer_goes_back_to_who_asked() {
        let asker = Jid::new("a@b/c").unwrap();
        let mut request = read(&get(None, "i'1", xml::element("ping", ns::PING)));
        assert_eq!((request.kind, request.id.as_str(), &request.from), (IqKind::Get, "i'1", &None));
        assert_eq!(xml::attr(&result(&request, None), "to"), None);
        request.from = Some(asker.clone());
        let good = read(&result(&request, Some(xml::element("x", "urn:x"))));
        assert_eq!((good.kind, good.id.as_str(), &good.to), (IqKind::Result, "i'1", &Some(asker.clone())));
        assert!(good.payload.unwrap().is("x", "urn:x"));
        let bad = read(&error(&request, &StanzaError::new("service-unavailable")));
        assert_eq!((bad.kind, &bad.to, bad.payload), (IqKind::Error, &Some(asker), None));
        assert_eq!(bad.error.unwrap().condition, "service-unavailable");
        assert_eq!(read(&set(None, "2", xml::element("x", "urn:x"))).kind, IqKind::Set);
    }
}
