//! What tells that something has arrived where the server has no stream management: it handles what comes in the order in which
//! it came (RFC 6120 §10.1), so the answer to a ping says that it has had all that went before.

use std::collections::VecDeque;

use uuid::Uuid;

use super::waiter::{is_answer, is_reply};
use crate::{
    ids::{BareJid, Jid},
    xmpp::{
        iq, ping,
        xml::{self, Element},
    },
};

/// The pings that are out on one stream.
#[derive(Debug)]
pub struct Pings {
    own: BareJid,
    server: Jid,
    out: VecDeque<Ping>,
}

#[derive(Debug)]
struct Ping {
    id: String,
    /// So many stanzas went before it, counted as stream management does.
    sent: u32,
}

impl Pings {
    pub fn new(own: BareJid) -> Self {
        Self { server: own.domain().to_owned().into(), own, out: VecDeque::new() }
    }

    /// One to be written behind so many stanzas.
    pub fn next(&mut self, sent: u32) -> Element {
        let id = Uuid::new_v4().to_string();
        let ping = iq::get(Some(&self.server), &id, ping::build());
        self.out.push_back(Ping { id, sent });
        ping
    }

    /// Whether this stanza is the server's answer to one of them.
    pub fn has_asked_for(&self, stanza: &Element) -> bool {
        self.place(stanza).is_some()
    }

    /// How many stanzas the server has had, as the answers to this ping and to those before it say, of which no answer came.
    pub fn answered(&mut self, stanza: &Element) -> Vec<u32> {
        let count = self.place(stanza).map_or(0, |place| place + 1);
        self.out.drain(..count).map(|ping| ping.sent).collect()
    }

    /// A refusal is as good as a result.
    fn place(&self, stanza: &Element) -> Option<usize> {
        let id = xml::attr(stanza, "id").filter(|_| is_reply(stanza))?;
        let from = xml::optional_jid(stanza, "from").ok()?;
        let place = self.out.iter().position(|ping| ping.id == id)?;
        is_answer(Some(&self.server), from.as_ref(), &self.own, None).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::xml::{Build as _, element};

    fn answer(ping: &Element, kind: &str, from: Option<&str>) -> Element {
        element("iq", "jabber:client")
            .with_attr("type", kind)
            .with_attr("id", xml::attr(ping, "id").unwrap())
            .with_optional_attr("from", from)
    }

    #[test]
    fn an_answer_of_the_server_counts_for_all_before_it() {
        let mut pings = Pings::new(BareJid::new("me@chat.test").unwrap());
        let out: Vec<_> = [3, 5, 9].into_iter().map(|sent| pings.next(sent)).collect();
        assert!(out.iter().all(|ping| xml::attr(ping, "to") == Some("chat.test")));
        for (kind, from) in [("result", Some("eve@chat.test")), ("result", Some("other.test")), ("get", None)] {
            let forged = answer(&out[2], kind, from);
            assert!(!pings.has_asked_for(&forged));
            assert!(pings.answered(&forged).is_empty(), "{kind} {from:?}");
        }
        assert!(pings.has_asked_for(&answer(&out[1], "result", None)));
        assert_eq!(pings.answered(&answer(&out[1], "result", Some("chat.test"))), [3, 5]);
        assert!(pings.answered(&answer(&out[0], "result", Some("chat.test"))).is_empty(), "a second time");
        assert_eq!(pings.answered(&answer(&out[2], "error", Some("chat.test"))), [9], "it knows no pings");
    }
}
