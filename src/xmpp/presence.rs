//! Building presence (RFC 6121 §3, §4). Reading it is `incoming`'s.

use super::{
    availability::Availability,
    nickname, own,
    xml::{self, Build as _, Element},
};
use crate::ids::{BareJid, Jid};
use xmpp_parsers::ns;

/// Our own presence, with what we can (XEP-0115 §6.1) and with `extensions` beside it. `Offline` makes it [`unavailable`].
#[must_use]
pub fn available(
    availability: Availability,
    status: &str,
    priority: i8,
    extensions: impl IntoIterator<Item = Element>,
) -> Element {
    if availability == Availability::Offline {
        return unavailable(status);
    }
    let text = |name: &str, text: &str| xml::element(name, ns::JABBER_CLIENT).with_text(text);
    xml::element("presence", ns::JABBER_CLIENT)
        .with_children(availability.show().map(|show| text("show", show)))
        .with_children((!status.is_empty()).then(|| text("status", status)))
        .with_children((priority != 0).then(|| text("priority", &priority.to_string())))
        .with_child(own::caps().build())
        .with_children(extensions)
}

/// Goodbye.
#[must_use]
pub fn unavailable(status: &str) -> Element {
    let text = (!status.is_empty()).then(|| xml::element("status", ns::JABBER_CLIENT).with_text(status));
    xml::element("presence", ns::JABBER_CLIENT).with_attr("type", "unavailable").with_children(text)
}

/// Asks to see somebody's presence (RFC 6121 §3.1.1), with words and a name to be recognised by (XEP-0172 §4.1).
#[must_use]
pub fn subscribe(to: &BareJid, text: Option<&str>, nickname: Option<&str>) -> Element {
    directed("subscribe", to)
        .with_children(text.map(|text| xml::element("status", ns::JABBER_CLIENT).with_text(text)))
        .with_children(nickname.map(nickname::build))
}

/// Lets somebody see our presence: the answer to a request, or ahead of one where the server can (§3.4).
#[must_use]
pub fn subscribed(to: &BareJid) -> Element {
    directed("subscribed", to)
}

/// Does not want to see somebody's presence any more (§3.3).
#[must_use]
pub fn unsubscribe(to: &BareJid) -> Element {
    directed("unsubscribe", to)
}

/// Does not let somebody see our presence, or not any more (§3.1.5, §3.2).
#[must_use]
pub fn unsubscribed(to: &BareJid) -> Element {
    directed("unsubscribed", to)
}

/// Asks for somebody's presence as it is now, where what was known may be out of date (§4.3).
#[must_use]
pub fn probe(to: &BareJid) -> Element {
    directed("probe", to)
}

fn directed(kind: &str, to: &BareJid) -> Element {
    xml::element("presence", ns::JABBER_CLIENT).with_attr("type", kind).with_attr("to", Jid::from(to.clone()).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::incoming::{self, Incoming, IncomingPresence, PresenceKind};

    fn read(element: &Element) -> IncomingPresence {
        let Incoming::Presence(presence) = incoming::parse(&String::from(element).parse().unwrap()) else {
            panic!("not a presence")
        };
        presence
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        for availability in [
            Availability::ExtendedAway,
            Availability::Away,
            Availability::DoNotDisturb,
            Availability::Online,
            Availability::FreeForChat,
        ] {
            let presence = read(&available(availability, "a < b", -7, [nickname::build("x")]));
            assert_eq!(presence.kind, PresenceKind::Available(availability));
            assert_eq!((presence.status.as_deref(), presence.priority), (Some("a < b"), -7));
            assert_eq!(presence.caps.as_ref(), Some(own::caps()));
        }
        assert_eq!(read(&available(Availability::Offline, "", 0, [])).kind, PresenceKind::Unavailable);
    }

    #[test]
    fn requests_and_answers_go_to_the_bare_address() {
        let to = BareJid::new("a@b").unwrap();
        let request = read(&subscribe(&to, Some("It's me"), Some("Romeo")));
        assert_eq!(request.kind, PresenceKind::Subscribe);
        assert_eq!((request.status.as_deref(), request.nickname.as_deref()), (Some("It's me"), Some("Romeo")));
        for (built, kind) in [
            (subscribed(&to), PresenceKind::Subscribed),
            (unsubscribe(&to), PresenceKind::Unsubscribe),
            (unsubscribed(&to), PresenceKind::Unsubscribed),
            (probe(&to), PresenceKind::Probe),
        ] {
            let presence = read(&built);
            assert_eq!((presence.kind, presence.to), (kind, Some(to.clone().into())));
        }
    }
}
