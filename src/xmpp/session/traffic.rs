//! What stanzas and acknowledgements do to a session, without IO: what was sent and is not acknowledged, what was received,
//! who waits for which reply. It outlives streams, and gives out events for the engine and elements for the stream.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    care::{Care, Leave},
    element::StreamElement,
    event::{SessionEvent, Tag},
    handle::IqKind,
    nonza::SmNonza,
    pending::{Name, Pending, names},
    pings::Pings,
    sm::{Cause, Evidence, Inbound, Lost, Outbound, ResumePoint, TooHigh},
    stream::Ended,
    waiter::{Reply, Waiters, is_reply},
};
use crate::{
    ids::{BareJid, FullJid, Jid},
    xmpp::{incoming, iq, ping, xml::Element},
};

/// How long a server that asks for an acknowledgement waits at the most for the engine to be done with what came before.
const ACK_DELAY: Duration = Duration::from_secs(2);

/// One account's session.
pub struct Traffic {
    own: BareJid,
    /// The address that the server bound, as long as there is a session.
    bound: Option<FullJid>,
    is_live: bool,
    /// The engine knows of the session, so that what it gives us to send is meant for this one.
    is_taken_up: bool,
    outbound: Outbound<Pending>,
    /// What acknowledges in place of a stream management that the server does not have.
    pings: Option<Pings>,
    /// How many stanzas without a tag were sent.
    numbers: u64,
    care: Care,
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
            is_taken_up: false,
            outbound: Outbound::default(),
            pings: None,
            numbers: 0,
            care: Care::default(),
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

    /// The engine has heard of the session, and so of all that the one before did not send.
    pub fn taken_up(&mut self) {
        // Where it is over already, the next one is to be taken up.
        if self.bound.is_some() {
            self.is_taken_up = true;
            self.events.push_back(SessionEvent::TakenUp);
        }
    }

    pub fn send(&mut self, stanza: Element, tag: Option<Tag>) {
        self.numbers += 1;
        let name = tag.map_or(Name::Number(self.numbers), Name::Tag);
        if tag.is_some() && !self.is_taken_up {
            // It would overtake what the session before has given back.
            return self.unsent([name], []);
        }
        match self.outbound.push(Pending { stanza, name }) {
            // Where there is no stream, it waits for the session to be resumed.
            Ok(()) => self.write(),
            Err(_) => self.unsent([name], []),
        }
    }

    /// Writes what is due.
    fn write(&mut self) {
        let now = Instant::now();
        let is_careful = self.care.is_taken(now);
        if is_careful && !self.may_next_leave() {
            return;
        }
        let before = self.out.len();
        self.out.extend(self.outbound.write(is_careful).map(|pending| StreamElement::Stanza(pending.stanza.clone())));
        if self.out.len() > before {
            self.care.written(now);
            self.request_ack();
        }
    }

    /// Where a suspect is next, the line has to carry something first: begins that, or looks whether it has.
    fn may_next_leave(&mut self) -> bool {
        let Some(next) = self.outbound.next_alone() else { return true };
        let leave = self.care.leave(next);
        if let Leave::After(requests) = leave {
            (0..requests).for_each(|_| self.request());
            self.outbound.requests_sent(requests);
        }
        leave == Leave::Now
    }

    /// Has the server say what it has.
    fn request(&mut self) {
        let sent = self.outbound.written();
        self.out.push(match &mut self.pings {
            Some(pings) => StreamElement::Stanza(pings.next(sent)),
            None => StreamElement::Sm(SmNonza::Request),
        });
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
            self.outbound.requests_sent(1);
            self.request();
        } else {
            // A stanza like all others: the server counts it from `<enable/>` on, and so do we.
            let server = Jid::from(self.own.domain().to_owned());
            let id = Uuid::new_v4().to_string();
            self.send(iq::get(Some(&server), &id, ping::build()), None);
        }
    }

    /// Whether this says what the server has of what was sent.
    pub fn is_ack(&self, element: &StreamElement) -> bool {
        match element {
            StreamElement::Sm(nonza) => nonza.is_ack(),
            StreamElement::Stanza(stanza) => self.pings.as_ref().is_some_and(|pings| pings.has_asked_for(stanza)),
            _ => false,
        }
    }

    /// Something came on the stream.
    pub fn receive(&mut self, element: StreamElement) -> Result<(), Ended> {
        match element {
            StreamElement::Stanza(stanza) => return self.receive_stanza(&stanza),
            StreamElement::Sm(SmNonza::Request) if self.inbound.is_caught_up() => self.ack(),
            StreamElement::Sm(SmNonza::Request) => {
                self.ack_by.get_or_insert_with(|| Instant::now() + ACK_DELAY);
            }
            StreamElement::Sm(SmNonza::Ack(h)) => return self.receive_ack(h),
            StreamElement::Sm(SmNonza::Enabled { id, resume, .. }) if self.outbound.is_requested() => {
                self.outbound.enabled(id.filter(|_| resume));
                self.inbound.enabled();
                self.write();
                self.request_ack();
            }
            StreamElement::Sm(SmNonza::Failed { .. }) if self.outbound.is_requested() => {
                log::warn!("{}: the server refused stream management", self.own);
                self.unmanaged();
            }
            StreamElement::Error(error) => return Err(Ended::Error(error)),
            other => log::debug!("{}: ignored {other:?}", self.own),
        }
        Ok(())
    }

    /// The server has so many of what was sent.
    fn receive_ack(&mut self, h: u32) -> Result<(), Ended> {
        let delivered = match self.outbound.acked(h) {
            Ok(delivered) => delivered,
            Err(too_high) => return Err(self.too_high(too_high)),
        };
        self.care.answered();
        self.acked(delivered.into_iter().map(|pending| pending.name));
        self.write();
        self.request_ack();
        Ok(())
    }

    fn receive_stanza(&mut self, stanza: &Element) -> Result<(), Ended> {
        if !self.inbound.received() {
            return Ok(());
        }
        let pongs = self.pings.as_mut().map(|pings| pings.answered(stanza)).unwrap_or_default();
        if !pongs.is_empty() {
            self.events.push_back(SessionEvent::Counted);
            return pongs.into_iter().try_for_each(|sent| self.receive_ack(sent));
        }
        if is_reply(stanza) {
            self.waiters.answer(&self.own, self.bound.as_ref(), stanza);
            self.events.push_back(SessionEvent::Counted);
        } else {
            self.events.push_back(SessionEvent::Stanza(incoming::parse(stanza)));
        }
        Ok(())
    }

    /// Another network, or another server at the other end of it.
    pub fn circumstances_changed(&mut self) {
        self.care.forget();
    }

    /// Looks at how the stream ended. True: one stanza is known to be the cause, and will not be sent again.
    pub fn judge(&mut self, evidence: Evidence) -> bool {
        let out: Vec<Name> = self.outbound.out().map(|pending| pending.name).collect();
        let is_known = self.care.judge(evidence, &out);
        if is_known {
            log::warn!("{}: the server ends the stream each time that a certain stanza is sent", self.own);
        }
        is_known
    }

    /// The stream is gone. Where the session can't be resumed, it is over.
    pub fn detach(&mut self, cause: Cause) {
        self.is_live = false;
        self.ack_by = None;
        self.care.detach();
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
        self.acked(delivered.into_iter().map(|pending| pending.name));
        if self.outbound.first().is_some_and(|first| self.care.convict(first.name)) {
            let refused = self.outbound.withdraw_first();
            self.refused(refused);
        }
        self.write();
        Ok(())
    }

    /// These will not be sent again.
    fn refused(&mut self, refused: impl IntoIterator<Item = Pending>) {
        for Pending { stanza, name } in refused {
            self.waiters.refuse(&stanza);
            self.events.extend(name.tag().map(SessionEvent::Refused));
        }
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

    /// The server has none: its answers to pings have to do.
    pub fn unmanaged(&mut self) {
        self.pings = Some(Pings::new(self.own.clone()));
        self.outbound.enabled(None);
        self.write();
        self.request_ack();
    }

    /// Switches stream management on. The server counts what follows.
    pub fn enable(&mut self) {
        self.outbound.enable_sent();
        self.out.push(StreamElement::Sm(SmNonza::Enable { resume: true }));
    }

    /// The session is over for good, and with it all that was in flight.
    pub fn end(&mut self, h: Option<u32>) {
        let Lost { delivered, mut undelivered, mut unknown } = self.outbound.failed(h);
        self.acked(names(&delivered));
        let care = &mut self.care;
        let mut refused = Vec::new();
        for line in [&mut undelivered, &mut unknown] {
            refused.extend(line.extract_if(.., |pending| care.convict(pending.name)));
        }
        self.refused(refused);
        self.unsent(names(&undelivered), names(&unknown));
        self.waiters.lose_all();
        self.inbound.ended();
        self.bound = None;
        self.pings = None;
        self.is_live = false;
        self.is_taken_up = false;
    }

    fn too_high(&mut self, too_high: TooHigh) -> Ended {
        log::warn!("{}: the server acknowledged {} stanzas of {}", self.own, too_high.h, too_high.sent);
        self.outbound.forbid_resuming();
        Ended::TooHigh(too_high)
    }

    fn request_ack(&mut self) {
        if self.outbound.wants_request() {
            self.request();
        }
    }

    fn acked(&mut self, names: impl IntoIterator<Item = Name>) {
        let mut tags = Vec::new();
        for name in names {
            self.care.acquit(name);
            tags.extend(name.tag());
        }
        if !tags.is_empty() {
            self.events.push_back(SessionEvent::Acked(tags));
        }
    }

    fn unsent(&mut self, undelivered: impl IntoIterator<Item = Name>, unknown: impl IntoIterator<Item = Name>) {
        let mut tags = [Vec::new(), Vec::new()];
        let names = undelivered.into_iter().map(|name| (0, name)).chain(unknown.into_iter().map(|name| (1, name)));
        for (fate, name) in names {
            match name {
                Name::Tag(tag) => tags[fate].push(tag),
                // It is gone with its session.
                Name::Number(_) => self.care.acquit(name),
            }
        }
        let [undelivered, unknown] = tags;
        if !(undelivered.is_empty() && unknown.is_empty()) {
            self.events.push_back(SessionEvent::Unsent { undelivered, unknown });
        }
    }
}
