//! What stanzas and acknowledgements do to a session, without IO: what was sent and is not acknowledged, what was received,
//! who waits for which reply. It outlives streams, and gives out events for the engine and elements for the stream.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    element::StreamElement,
    event::{SessionEvent, Tag},
    handle::IqKind,
    nonza::SmNonza,
    sm::{Cause, Inbound, Lost, Outbound, ResumePoint, TooHigh},
    stream::Ended,
    waiter::{Reply, Waiters},
};
use crate::{
    ids::{BareJid, FullJid, Jid},
    xmpp::{
        carbon, incoming, iq, ping,
        xml::{self, Element},
    },
};

/// How long a server that asks for an acknowledgement waits at the most for the engine to be done with what came before.
const ACK_DELAY: Duration = Duration::from_secs(2);

/// A stanza that is not acknowledged.
#[derive(Debug)]
struct Pending {
    stanza: Element,
    tag: Option<Tag>,
}

/// One account's session.
pub struct Traffic {
    own: BareJid,
    /// The address that the server bound, as long as there is a session.
    bound: Option<FullJid>,
    is_live: bool,
    outbound: Outbound<Pending>,
    inbound: Inbound,
    waiters: Waiters,
    /// The server has asked what we have, and the engine was not done with all of it.
    ack_by: Option<Instant>,
    /// For the engine. While there are any, nothing more is to be read.
    pub events: VecDeque<SessionEvent>,
    /// For the stream; none while there is none.
    pub out: Vec<StreamElement>,
}

impl Traffic {
    pub fn new(own: BareJid) -> Self {
        Self {
            own,
            bound: None,
            is_live: false,
            outbound: Outbound::default(),
            inbound: Inbound::default(),
            waiters: Waiters::default(),
            ack_by: None,
            events: VecDeque::new(),
            out: Vec::new(),
        }
    }

    pub fn bound(&self) -> Option<&FullJid> {
        self.bound.as_ref()
    }

    pub fn has_unacked(&self) -> bool {
        self.outbound.unacked() > 0
    }

    /// An answer to `<r/>` is to come.
    pub fn is_request_out(&self) -> bool {
        self.outbound.is_request_out()
    }

    /// When the server has to be answered, whether the engine is done or not.
    pub fn ack_by(&self) -> Option<Instant> {
        self.ack_by
    }

    pub fn send(&mut self, stanza: Element, tag: Option<Tag>) {
        let copy = self.is_live.then(|| stanza.clone());
        match (self.outbound.push(Pending { stanza, tag }), copy) {
            (Ok(()), Some(copy)) => {
                self.out.push(StreamElement::Stanza(copy));
                self.request_ack();
            }
            // It waits for the session to be resumed.
            (Ok(()), None) => (),
            // Nobody will ever say that it arrived: that it was sent has to do.
            (Err(pending), Some(_)) => {
                self.out.push(StreamElement::Stanza(pending.stanza));
                self.acked([tag]);
            }
            (Err(_), None) => self.unsent([tag], []),
        }
    }

    pub fn ask(&mut self, to: Option<Jid>, kind: IqKind, payload: Element, reply: Reply) {
        let stanza = self.waiters.ask(to, kind, payload, reply);
        self.send(stanza, None);
        if !self.is_live && self.outbound.resumption().is_none() {
            self.waiters.lose_all();
        }
    }

    /// The engine has dealt with so many more.
    pub fn handled(&mut self, count: u32) {
        self.inbound.handled(count);
        let is_due = self.inbound.is_ack_due() || self.ack_by.is_some() && self.inbound.is_caught_up();
        if self.is_live && is_due {
            self.ack();
        }
    }

    /// Tells the server what we have.
    pub fn ack(&mut self) {
        self.ack_by = None;
        let h = self.inbound.ack();
        self.out.push(StreamElement::Sm(SmNonza::Ack(h)));
    }

    /// Makes the peer say something.
    pub fn probe(&mut self) {
        if self.outbound.is_on() {
            self.outbound.request_sent();
            self.out.push(StreamElement::Sm(SmNonza::Request));
        } else {
            let server = Jid::from(self.own.domain().to_owned());
            let id = Uuid::new_v4().to_string();
            self.out.push(StreamElement::Stanza(iq::get(Some(&server), &id, ping::build())));
        }
    }

    /// Something came on the stream.
    pub fn receive(&mut self, element: StreamElement) -> Result<(), Ended> {
        match element {
            StreamElement::Stanza(stanza) => self.receive_stanza(&stanza),
            StreamElement::Sm(SmNonza::Request) if self.inbound.is_caught_up() => self.ack(),
            StreamElement::Sm(SmNonza::Request) => {
                self.ack_by.get_or_insert_with(|| Instant::now() + ACK_DELAY);
            }
            StreamElement::Sm(SmNonza::Ack(h)) => match self.outbound.acked(h) {
                Ok(delivered) => {
                    self.acked(delivered.into_iter().map(|pending| pending.tag));
                    self.request_ack();
                }
                Err(too_high) => return Err(self.too_high(too_high)),
            },
            StreamElement::Sm(SmNonza::Enabled { id, resume, .. }) => {
                self.outbound.enabled(id.filter(|_| resume));
                self.inbound.enabled();
                self.request_ack();
            }
            StreamElement::Sm(SmNonza::Failed { .. }) => {
                log::warn!("{}: the server refused stream management", self.own);
                let sent = self.outbound.refused();
                self.acked(sent.into_iter().map(|pending| pending.tag));
            }
            StreamElement::Error(error) => return Err(Ended::Error(error)),
            other => log::debug!("{}: ignored {other:?}", self.own),
        }
        Ok(())
    }

    fn receive_stanza(&mut self, stanza: &Element) {
        if !self.inbound.received() {
            return;
        }
        if stanza.name() == "iq" && matches!(xml::attr(stanza, "type"), Some("result" | "error")) {
            self.waiters.answer(&self.own, self.bound.as_ref(), stanza);
            self.events.push_back(SessionEvent::Counted);
        } else {
            self.events.push_back(SessionEvent::Stanza(incoming::parse(stanza)));
        }
    }

    /// The stream is gone. Where the session can't be resumed, it is over.
    pub fn detach(&mut self, cause: Cause) {
        self.is_live = false;
        self.ack_by = None;
        self.out.clear();
        self.outbound.detach(cause, self.inbound.place());
        if self.outbound.resumption().is_none() {
            self.end(None);
        }
    }

    /// What to resume with, if there is a session that can be.
    pub fn resume(&self) -> Option<(String, u32, ResumePoint)> {
        let previd = self.outbound.resumption()?.to_owned();
        let (h, point) = self.inbound.resume();
        Some((previd, h, point))
    }

    /// The session can't be resumed, whatever the server thinks of it.
    pub fn give_up_resuming(&mut self) {
        self.outbound.forbid_resuming();
        self.end(None);
    }

    /// The old session goes on. What the server does not have goes out again, in order.
    pub fn resumed(&mut self, h: u32, point: ResumePoint) -> Result<(), Ended> {
        let delivered = match self.outbound.resumed(h) {
            Ok(delivered) => delivered,
            Err(too_high) => return Err(self.too_high(too_high)),
        };
        self.is_live = true;
        self.inbound.resumed(point);
        self.acked(delivered.into_iter().map(|pending| pending.tag));
        let again: Vec<_> = self.outbound.iter().map(|p| StreamElement::Stanza(p.stanza.clone())).collect();
        self.out.extend(again);
        self.request_ack();
        Ok(())
    }

    /// A new session begins; of the old one the server had `failed_h`, if it said so.
    pub fn begin(&mut self, jid: FullJid, failed_h: Option<u32>) {
        self.end(failed_h);
        self.bound = Some(jid);
        self.is_live = true;
    }

    /// Stream management was switched on while signing in.
    pub fn managed(&mut self, resumption: Option<String>) {
        self.outbound.enabled(resumption);
        self.inbound.enabled();
    }

    /// Switches stream management on. The server counts what follows.
    pub fn enable(&mut self) {
        self.outbound.enable_sent();
        self.out.push(StreamElement::Sm(SmNonza::Enable { resume: true }));
    }

    /// Asks for copies of what our other clients send and get (XEP-0280 §4). A server that can't refuses, and all is well.
    pub fn enable_carbons(&mut self) {
        let id = Uuid::new_v4().to_string();
        self.send(iq::set(None, &id, carbon::enable()), None);
    }

    /// The session is over for good, and with it all that was in flight.
    pub fn end(&mut self, h: Option<u32>) {
        let Lost { delivered, undelivered, unknown } = self.outbound.failed(h);
        let tags = |all: Vec<Pending>| all.into_iter().map(|pending| pending.tag);
        self.acked(tags(delivered));
        self.unsent(tags(undelivered), tags(unknown));
        self.waiters.lose_all();
        self.inbound.ended();
        self.bound = None;
        self.is_live = false;
    }

    fn too_high(&mut self, too_high: TooHigh) -> Ended {
        log::warn!("{}: the server acknowledged {} stanzas of {}", self.own, too_high.h, too_high.sent);
        self.outbound.forbid_resuming();
        Ended::TooHigh(too_high)
    }

    fn request_ack(&mut self) {
        if self.outbound.wants_request() {
            self.out.push(StreamElement::Sm(SmNonza::Request));
        }
    }

    fn acked(&mut self, tags: impl IntoIterator<Item = Option<Tag>>) {
        let tags: Vec<Tag> = tags.into_iter().flatten().collect();
        if !tags.is_empty() {
            self.events.push_back(SessionEvent::Acked(tags));
        }
    }

    fn unsent(
        &mut self,
        undelivered: impl IntoIterator<Item = Option<Tag>>,
        unknown: impl IntoIterator<Item = Option<Tag>>,
    ) {
        let undelivered: Vec<Tag> = undelivered.into_iter().flatten().collect();
        let unknown: Vec<Tag> = unknown.into_iter().flatten().collect();
        if !(undelivered.is_empty() && unknown.is_empty()) {
            self.events.push_back(SessionEvent::Unsent { undelivered, unknown });
        }
    }
}
