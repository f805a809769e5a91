//! Messages, as they come live, in copies and out of the archive, and what each of them claims. Who says it to whom stands in its
//! text.

use super::{
    FRIEND, OWN, OWN_IDS,
    amending::Said,
    script::{ADDRESSES, Claims, PEERS, QUERY, Script},
};
use crate::ids::{BareJid, Jid};

const STAMPS: [&str; 9] = [
    "2027-01-15T08:00:00Z",
    "2027-01-15T07:59:40Z",
    "2027-01-14T08:00:00Z",
    "2027-01-15T08:00:30Z",
    "9999-12-31T23:59:59.999-23:59",
    "0000-01-01T00:00:00+23:59",
    "1969-07-21T02:56:15Z",
    "2027-01-15T07:59:40.5",
    "yesterday",
];
/// Another device of ours.
const LAPTOP: &str = "alice@chat.test/laptop";
const TAILS: [&str; 5] =
    ["", "&lt;b&gt;\u{202e}\u{2028}", "\n\n ", "&#xd;\u{1f339}\u{fffd}", "\u{301}\u{200d}\u{feff}"];
pub const ARCHIVE_IDS: [&str; 6] = ["a-0", "a-1", "a-2", "a-3", "a-4", "a-5"];

/// Where a message stands, and whether anybody may put it there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Live,
    /// In a copy of what we sent or received elsewhere (XEP-0280).
    Sent,
    Received,
    Archive,
    /// Where nothing counts.
    Nowhere,
}

impl Script<'_> {
    /// A result of an archive (XEP-0313 §4.3.1).
    pub fn result(&mut self, is_asked: bool) -> String {
        let from = if is_asked && !self.seldom(4) { OWN } else { self.choose(&ADDRESSES) };
        let query = if is_asked && !self.seldom(8) { QUERY } else { "another" };
        let counts = matches!(from, "" | OWN) && query == QUERY;
        let id = self.choose(&ARCHIVE_IDS);
        let stamp = self.choose(&STAMPS);
        let message = self.message(if counts { Place::Archive } else { Place::Nowhere });
        // No other message's, nor another correction's: what stands for another may go again.
        let own = message.split(" id='").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default();
        let id = if message.contains(":message-correct:") { format!("{id}-{own}") } else { id.to_owned() };
        format!(
            "<message{}><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{id}'><forwarded xmlns='urn:xmpp:forward:0'>\
             <delay xmlns='urn:xmpp:delay' stamp='{stamp}'/>{message}</forwarded></result></message>",
            attribute("from", from)
        )
    }

    pub fn carbon(&mut self) -> String {
        let from = if self.seldom(2) { OWN } else { self.choose(&ADDRESSES) };
        let kind = if self.seldom(4) { self.choose(&["groupchat", "error", "headline"]) } else { "chat" };
        let (name, place) = self.choose(&[("sent", Place::Sent), ("received", Place::Received)]);
        let counts = matches!(from, "" | OWN) && !matches!(kind, "groupchat" | "error");
        let message = self.message(if counts { place } else { Place::Nowhere });
        let (open, close) = match self.pick(8) {
            // A copy of a copy.
            1 => (
                format!(
                    "<{name} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{FRIEND}' to='{OWN}'>"
                ),
                format!("</message></forwarded></{name}>"),
            ),
            _ => (String::new(), String::new()),
        };
        if !open.is_empty() {
            // What it was meant to say does not count in there.
            self.claims = Claims::default();
            let inner = self.message(Place::Nowhere);
            return format!(
                "<message{} type='{kind}'>{open}<{name} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{inner}\
                 </forwarded></{name}>{close}</message>",
                attribute("from", from)
            );
        }
        let beside =
            truth(Place::Live, from, "").filter(|_| !self.is_readable && !matches!(kind, "groupchat" | "error"));
        let beside = beside.map_or("never".to_owned(), |(peer, sender)| format!("ok|{peer}|{sender}|a|beside"));
        format!(
            "<message{} type='{kind}'><body>{beside}</body><{name} xmlns='urn:xmpp:carbons:2'>\
             <forwarded xmlns='urn:xmpp:forward:0'>{message}</forwarded></{name}></message>",
            attribute("from", from)
        )
    }

    /// From whom, and to whom.
    fn addresses(&mut self, place: Place) -> (&'static str, &'static str) {
        let from = match place {
            Place::Sent if !self.seldom(4) => LAPTOP,
            Place::Archive if self.is_wider && self.seldom(3) => LAPTOP,
            Place::Live | Place::Archive if self.is_wider && self.seldom(2) => FRIEND,
            _ => self.choose(&ADDRESSES),
        };
        let to = match place {
            _ if self.is_wider && from == LAPTOP => self.choose(&PEERS),
            Place::Sent => self.choose(&ADDRESSES),
            _ if self.seldom(2) => OWN,
            _ => self.choose(&ADDRESSES),
        };
        (from, to)
    }

    pub fn message(&mut self, place: Place) -> String {
        let (from, to) = self.addresses(place);
        let kind = self.choose(&["chat", "chat", "chat", "", "headline", "groupchat", "error", "telegram"]);
        let is_room = kind == "groupchat" || self.seldom(12);
        self.is_readable = [from, to].iter().all(|text| text.is_empty() || Jid::new(text).is_ok());
        let truth = truth(place, from, to).filter(|_| !is_room);
        let mut id = self.choose(&["", "1", "2", "id-0123456789abcdef", "id-0123456789abcdeg", "LONG"]);
        let mut origin = self.choose(&["", "o-1", "o-2", OWN_IDS[0], "LONG"]);
        let (mut by, name) = self.choose(&[
            ("", ""),
            (OWN, "a-0"),
            (OWN, "a-1"),
            (FRIEND, "a-1"),
            ("alice@chat.test/phone", "a-2"),
            (OWN, ""),
            (OWN, "LONG"),
        ]);
        let is_amending = self.is_wide && kind != "error" && self.seldom(3);
        let made = is_amending.then(|| self.amending(truth.as_ref()));
        if let Some(made) = &made {
            (id, origin, by) = (&made.id, "", "");
        }
        // XEP-0359 §3: by the sender's own id, or by the one that our own archive gave.
        let by_sender = match (origin, id) {
            ("" | "LONG", id) => id.starts_with("id-"),
            _ => true,
        };
        let is_known = place == Place::Archive || by_sender || (by == OWN && !matches!(name, "" | "LONG"));
        let mut children = String::new();
        let mut add = |child: String| children.push_str(&child);
        if is_room && kind != "groupchat" {
            add("<x xmlns='http://jabber.org/protocol/muc#user'><invite from='@'/></x>".to_owned());
        }
        if !origin.is_empty() {
            add(format!("<origin-id xmlns='urn:xmpp:sid:0' id='{}'/>", long(origin)));
        }
        if !by.is_empty() {
            add(format!("<stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{}'/>", long(name)));
        }
        if self.seldom(4) {
            add(format!("<delay xmlns='urn:xmpp:delay' stamp='{}'/>", self.choose(&STAMPS)));
        }
        if self.seldom(2) {
            add("<request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/>"
                .to_owned());
        }
        if self.seldom(4) {
            add("<nick xmlns='http://jabber.org/protocol/nick'>The\tBoss</nick>".to_owned());
        }
        if let Some(made) = &made {
            add(made.child.clone());
        }
        if self.is_wide && self.seldom(3) {
            add(self.beside());
        }
        let about = self.choose(&OWN_IDS);
        if kind == "error" {
            add("<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
                .into());
            let id = self.choose(&["", about]);
            if let (Some((peer, _)), Place::Live) = (&truth, place) {
                self.claims.error.push((peer.to_string(), id.to_owned()));
            }
            let text = format!("<body>never</body>{children}");
            return stanza(from, to, kind, id, &text);
        }
        if self.seldom(4) {
            add(format!("<received xmlns='urn:xmpp:receipts' id='{about}'/>"));
            if let Some((peer, sender)) = &truth
                && peer == sender
            {
                self.claims.receipt.push((peer.to_string(), about.to_owned()));
            }
        }
        if self.seldom(6) {
            // XEP-0297 §3: without anything that says what it is for, it means nothing.
            add(format!(
                "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{FRIEND}' to='{OWN}' type='chat'><body>never</body>\
                 </message></forwarded>"
            ));
        }
        let is_marker = self.is_wider && self.seldom(4);
        if is_marker {
            add(self.seen(truth.as_ref()));
        }
        // A marker comes alone, but need not.
        let is_silent = (is_marker && !self.seldom(4)) || self.seldom(6);
        if !is_silent {
            // What is taken back, and what is said in emoji, has no text.
            let has_text = made.as_ref().is_none_or(|made| made.said == Said::Text);
            let text = match truth.filter(|_| has_text) {
                Some((peer, sender)) => {
                    // What stands for another goes when that comes.
                    let known = if is_known && made.is_none() { "u" } else { "a" };
                    format!("ok|{peer}|{sender}|{known}|{}{}", self.text(), self.choose(&TAILS))
                }
                None => "never".to_owned(),
            };
            add(format!("<body>{text}</body>"));
        }
        stanza(from, to, kind, id, &children)
    }

    /// Now and then the same.
    fn text(&mut self) -> usize {
        self.texts += self.pick(2);
        self.texts
    }
}

/// Whose conversation a message belongs to, and who sent it; none where it counts for nothing.
pub fn truth(place: Place, from: &str, to: &str) -> Option<(BareJid, BareJid)> {
    let own = super::address(OWN);
    let read =
        |text: &str| if text.is_empty() { Some(None) } else { Jid::new(text).ok().map(|jid| Some(jid.to_bare())) };
    let (from, to) = (read(from)?, read(to)?);
    match place {
        Place::Live => {
            let sender = from.unwrap_or(own);
            Some((sender.clone(), sender))
        }
        Place::Sent => to.filter(|_| from.as_ref() == Some(&own)).map(|to| (to, own)),
        Place::Received => from.filter(|_| to.is_none_or(|to| to == own)).map(|from| (from.clone(), from)),
        Place::Archive => match from? {
            from if from == own => to.map(|to| (to, own)),
            from => to.is_none_or(|to| to == own).then(|| (from.clone(), from)),
        },
        Place::Nowhere => None,
    }
}

pub fn attribute(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" {name}='{value}'") }
}

pub fn long(id: &str) -> String {
    if id == "LONG" { "x".repeat(2_000) } else { id.to_owned() }
}

fn stanza(from: &str, to: &str, kind: &str, id: &str, children: &str) -> String {
    let (from, to, kind) = (attribute("from", from), attribute("to", to), attribute("type", kind));
    format!("<message xmlns='jabber:client'{from}{to}{kind}{}>{children}</message>", attribute("id", &long(id)))
}
