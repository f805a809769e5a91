//! Delayed Delivery (XEP-0203), and its predecessor (XEP-0091) from those who still send that.

use super::{
    datetime,
    xml::{self, Build as _, Element},
};
use crate::ids::{Jid, Timestamp};
use xmpp_parsers::ns;

const LEGACY: &str = "jabber:x:delay";

/// When a stanza was first sent, and who says so. It is only a claim: whoever uses it clamps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    pub stamp: Timestamp,
    pub from: Option<Jid>,
}

/// The earliest of a stanza's delays: a sender that was offline adds one, and then the server that stored it adds another.
#[must_use]
pub fn parse(stanza: &Element) -> Option<Delay> {
    earliest(stanza, "delay", ns::DELAY).or_else(|| earliest(stanza, "x", LEGACY))
}

fn earliest(stanza: &Element, name: &str, ns: &str) -> Option<Delay> {
    xml::children(stanza, name, ns)
        .filter_map(|element| {
            let stamp = datetime::parse(xml::attr(element, "stamp")?)?;
            Some(Delay { stamp, from: xml::jid_attr(element, "from") })
        })
        .min_by_key(|delay| delay.stamp)
}

/// The element for a stanza that is sent later than it was meant to be.
#[must_use]
pub fn build(delay: &Delay) -> Element {
    xml::element("delay", ns::DELAY)
        .with_optional_attr("from", delay.from.as_ref().map(Jid::as_str))
        .with_attr("stamp", datetime::format(delay.stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(children: &str) -> Option<Delay> {
        parse(&format!("<message xmlns='jabber:client'>{children}</message>").parse().unwrap())
    }

    #[test]
    fn every_readable_stamp_is_taken() {
        // XEP-0203 example 1: sent at 23:08:25, with a zone, without one, and in the form before it.
        for xml in [
            "<delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='2002-09-10T23:08:25Z'>Offline Storage</delay>",
            "<delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='2002-09-10T23:08:25'/>",
            "<x xmlns='jabber:x:delay' from='capulet.com' stamp='20020910T23:08:25'/>",
            "<delay xmlns='urn:xmpp:delay' stamp='rubbish'/><x xmlns='jabber:x:delay' from='capulet.com' stamp='20020910T23:08:25'/>",
            "<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:26Z'/><delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='2002-09-10T23:08:25Z'/>",
        ] {
            let delay = read(xml).unwrap();
            assert_eq!(delay.stamp, Timestamp(1_031_699_305_000), "{xml}");
            assert_eq!(delay.from.unwrap().as_str(), "capulet.com", "{xml}");
        }
    }

    #[test]
    fn an_unreadable_delay_is_none_and_an_unreadable_sender_costs_only_itself() {
        for xml in ["", "<delay xmlns='urn:xmpp:delay'/>", "<delay xmlns='urn:x' stamp='2002-09-10T23:08:25Z'/>"] {
            assert_eq!(read(xml), None, "{xml}");
        }
        let delay = read("<delay xmlns='urn:xmpp:delay' from='@@' stamp='1970-01-01T00:00:00Z'/>");
        assert_eq!(delay, Some(Delay { stamp: Timestamp(0), from: None }));
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let delay = Delay { stamp: Timestamp(1_031_699_305_007), from: Some(Jid::new("a@b/c").unwrap()) };
        assert_eq!(read(&String::from(&build(&delay))), Some(delay));
    }
}
