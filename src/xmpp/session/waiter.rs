//! Who waits for the reply to which IQ. A reply counts only with the right id *and* from whom it was asked; ids can't be
//! guessed (the IQ spoofing of 2014).

use std::collections::HashMap;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::handle::{IqError, IqKind};
use crate::{
    ids::{BareJid, FullJid, Jid},
    xmpp::{
        StanzaError, iq,
        xml::{self, Element},
    },
};

pub type Reply = oneshot::Sender<Result<Option<Element>, IqError>>;

struct Waiter {
    to: Option<Jid>,
    reply: Reply,
}

/// All open IQs of a session.
#[derive(Default)]
pub struct Waiters(HashMap<String, Waiter>);

impl Waiters {
    /// Makes the stanza, and remembers who waits for its reply.
    pub fn ask(&mut self, to: Option<Jid>, kind: IqKind, payload: Element, reply: Reply) -> Element {
        self.0.retain(|_, waiter| !waiter.reply.is_closed());
        let id = Uuid::new_v4().to_string();
        let stanza = match kind {
            IqKind::Get => iq::get(to.as_ref(), &id, payload),
            IqKind::Set => iq::set(to.as_ref(), &id, payload),
        };
        self.0.insert(id, Waiter { to, reply });
        stanza
    }

    /// Takes a result or an error. What nobody asked for, or somebody else answered, is dropped.
    pub fn answer(&mut self, own: &BareJid, bound: Option<&FullJid>, stanza: &Element) {
        let id = xml::attr(stanza, "id").unwrap_or_default();
        let Ok(from) = xml::optional_jid(stanza, "from") else { return };
        let is_rightful = self.0.get(id).is_some_and(|w| is_answer(w.to.as_ref(), from.as_ref(), own, bound));
        let Some(waiter) = is_rightful.then(|| self.0.remove(id)).flatten() else {
            log::debug!("dropped an IQ reply that was not asked for, or not of this sender");
            return;
        };
        let answer = match xml::attr(stanza, "type") {
            Some("result") => Ok(stanza.children().next().cloned()),
            _ => Err(IqError::Stanza(StanzaError::parse(stanza))),
        };
        let _ = waiter.reply.send(answer);
    }

    /// This request, if it is one, will not be sent again, for the server ends the stream on it: as good as a refusal.
    pub fn refuse(&mut self, stanza: &Element) {
        if let Some(waiter) = xml::attr(stanza, "id").and_then(|id| self.0.remove(id)) {
            let _ = waiter.reply.send(Err(IqError::Stanza(StanzaError::new("undefined-condition"))));
        }
    }

    /// The session is over.
    pub fn lose_all(&mut self) {
        for (_, waiter) in self.0.drain() {
            let _ = waiter.reply.send(Err(IqError::Lost));
        }
    }
}

/// Whether a stanza answers a request, well or badly (RFC 6120 §8.2.3).
pub fn is_reply(stanza: &Element) -> bool {
    stanza.name() == "iq" && matches!(xml::attr(stanza, "type"), Some("result" | "error"))
}

/// RFC 6120 §8.1.2.1: a stanza without `from` is from our own account. §10.3.3: one without `to` is answered by the server on
/// behalf of the account, under whichever of the names that only it can speak for.
pub fn is_answer(to: Option<&Jid>, from: Option<&Jid>, own: &BareJid, bound: Option<&FullJid>) -> bool {
    let is_own = |jid: &Jid| jid.as_str() == own.as_str();
    let is_domain = |jid: &Jid| jid.node().is_none() && jid.resource().is_none() && jid.domain() == own.domain();
    match (to, from) {
        (None, None) => true,
        (None, Some(from)) => {
            is_own(from) || is_domain(from) || bound.is_some_and(|bound| from.as_str() == bound.as_str())
        }
        (Some(to), None) => is_own(to) || is_domain(to),
        (Some(to), Some(from)) => to == from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::xml::{Build as _, element};

    const OWN: &str = "me@chat.test";

    fn asked(to: Option<&str>) -> (Waiters, String, oneshot::Receiver<Result<Option<Element>, IqError>>) {
        let mut waiters = Waiters::default();
        let (reply, answer) = oneshot::channel();
        let to = to.map(|to| Jid::new(to).unwrap());
        let stanza = waiters.ask(to, IqKind::Get, element("ping", "urn:xmpp:ping"), reply);
        (waiters, xml::attr(&stanza, "id").unwrap().to_owned(), answer)
    }

    fn answer(waiters: &mut Waiters, id: &str, from: Option<&str>, kind: &str) {
        let stanza = element("iq", "jabber:client")
            .with_attr("type", kind)
            .with_attr("id", id)
            .with_optional_attr("from", from)
            .with_child(element("x", "urn:x"));
        let bound = FullJid::new("me@chat.test/r").unwrap();
        waiters.answer(&BareJid::new(OWN).unwrap(), Some(&bound), &stanza);
    }

    #[test]
    fn only_whoever_was_asked_can_answer() {
        for (to, good, bad) in [
            (
                None,
                &[None, Some(OWN), Some("me@chat.test/r"), Some("chat.test")][..],
                &["a@chat.test", "me@chat.test/x"][..],
            ),
            (Some(OWN), &[None, Some(OWN)], &["me@chat.test/r", "chat.test", "eve@chat.test", "me@evil.test"]),
            (Some("chat.test"), &[None, Some("chat.test")], &["chat.test/x", "evil.test", OWN]),
            (
                Some("bob@chat.test/x"),
                &[Some("bob@chat.test/x"), Some("BOB@chat.test/x")],
                &["bob@chat.test", "bob@chat.test/y", OWN],
            ),
        ] {
            for &from in good {
                let (mut waiters, id, mut reply) = asked(to);
                answer(&mut waiters, &id, from, "result");
                assert!(matches!(reply.try_recv(), Ok(Ok(Some(_)))), "{to:?} {from:?}");
            }
            for &from in bad.iter().chain(&["@", ""]) {
                let (mut waiters, id, mut reply) = asked(to);
                answer(&mut waiters, &id, Some(from), "result");
                answer(&mut waiters, "another-id", good[0], "result");
                assert!(reply.try_recv().is_err(), "{to:?} {from:?}");
            }
        }
    }

    #[test]
    fn a_forged_answer_does_not_use_up_the_waiter() {
        let (mut waiters, id, mut reply) = asked(Some("bob@chat.test/x"));
        answer(&mut waiters, &id, Some("eve@evil.test"), "error");
        assert!(reply.try_recv().is_err());
        answer(&mut waiters, &id, Some("bob@chat.test/x"), "error");
        assert!(matches!(reply.try_recv(), Ok(Err(IqError::Stanza(_)))));
    }

    #[test]
    fn a_lost_session_tells_all_who_wait() {
        let (mut waiters, _, mut reply) = asked(None);
        waiters.lose_all();
        assert!(matches!(reply.try_recv(), Ok(Err(IqError::Lost))));
    }
}
