//! Makes a script of any bytes: what a server, contacts and impostors send, with ids, addresses and times out of small pools, so
//! that they meet. What each text claims stands in it, worked out here by the letter of the XEPs, and not by the code that
//! is looked at.

use std::sync::LazyLock;

use minidom::Element;

use super::{
    FRIEND, OWN, OWN_IDS,
    amending::{Amending, Said},
};
use crate::{
    fuzzing::examples,
    ids::{BareJid, Jid},
    xmpp::{session::fuzzing::stanzas, xml},
};

/// Stands in for the id of the archive's query.
pub const QUERY: &str = "QUERY";
/// A script that begins so has more to say; others are what they were when something was found with them.
const WIDE: u8 = 0xff;
/// A longer script says nothing that a shorter one would not.
const MAX_STEPS: usize = 64;

const ADDRESSES: [&str; 14] = [
    "",
    OWN,
    "alice@chat.test/phone",
    FRIEND,
    "bob@chat.test/phone",
    "Bob@CHAT.test/\u{43a}",
    "carol@chat.test/x",
    "mallory@evil.test/x",
    "chat.test",
    "room@rooms.test/nick",
    "alice@chat.test.evil.test",
    "alice@evil.test/alice@chat.test",
    "@",
    "\u{202e}bob@chat.test",
];
const PEERS: [&str; 4] = [FRIEND, "carol@chat.test", "mallory@evil.test", OWN];
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
const TAILS: [&str; 5] =
    ["", "&lt;b&gt;\u{202e}\u{2028}", "\n\n ", "&#xd;\u{1f339}\u{fffd}", "\u{301}\u{200d}\u{feff}"];
const ARCHIVE_IDS: [&str; 6] = ["a-0", "a-1", "a-2", "a-3", "a-4", "a-5"];

static EXAMPLES: LazyLock<Vec<Element>> =
    LazyLock::new(|| examples().iter().flat_map(|example| stanzas(&example.text)).collect());

/// Who may say what of our messages: the other side's address, the message's id.
#[derive(Debug, Default, Clone)]
pub struct Claims {
    pub receipt: Vec<(String, String)>,
    pub error: Vec<(String, String)>,
    pub amending: Vec<Amending>,
}

#[derive(Debug)]
pub enum Step {
    Stanza { stanza: Element, claims: Claims },
    Page { items: Vec<Element>, claims: Claims, is_complete: bool },
    Wait(i64),
    Send { peer: BareJid, id: String },
    Acknowledge,
    Look(Option<BareJid>),
    Read(BareJid),
}

/// Where a message stands, and whether anybody may put it there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Live,
    /// In a copy of what we sent or received elsewhere (XEP-0280).
    Sent,
    Received,
    Archive,
    /// Where nothing counts.
    Nowhere,
}

pub fn read_script(data: &[u8]) -> Vec<Step> {
    let is_wide = data.first() == Some(&WIDE);
    let bytes = &data[usize::from(is_wide)..];
    let mut script = Script { bytes, is_wide, texts: 0, claims: Claims::default(), is_readable: true };
    let mut steps = Vec::new();
    while !script.bytes.is_empty() && steps.len() < MAX_STEPS {
        script.step(&mut steps);
    }
    steps
}

pub struct Script<'d> {
    bytes: &'d [u8],
    is_wide: bool,
    texts: usize,
    pub(super) claims: Claims,
    /// Whether the last message has addresses. What wraps one without them wraps nothing.
    is_readable: bool,
}

impl Script<'_> {
    /// The first of what there is to choose from, once the bytes are used up.
    pub(super) fn pick(&mut self, below: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % below
    }

    pub(super) fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.pick(from.len())]
    }

    /// Once in so many times.
    fn seldom(&mut self, times: usize) -> bool {
        self.pick(times) == times - 1
    }

    fn peer(&mut self) -> BareJid {
        super::address(self.choose(&PEERS))
    }

    fn step(&mut self, steps: &mut Vec<Step>) {
        let step = match self.pick(16) {
            0..=3 => {
                let message = self.message(Place::Live);
                return self.stanza(&message, steps);
            }
            4 | 5 => {
                let carbon = self.carbon();
                return self.stanza(&carbon, steps);
            }
            6 | 7 => self.page(),
            8 => {
                let result = self.result(false);
                return self.stanza(&result, steps);
            }
            9 => {
                let other = self.other();
                return self.stanza(&other, steps);
            }
            10 => {
                let event = self.event();
                return self.stanza(&event, steps);
            }
            11 => return self.example(steps),
            12 => Step::Send { peer: self.peer(), id: self.choose(&OWN_IDS).to_owned() },
            13 => Step::Acknowledge,
            14 => Step::Wait(self.choose(&[0, 1, 20_000, 86_400_000, -3_600_000])),
            _ if self.seldom(2) => Step::Read(self.peer()),
            _ => {
                let peer = self.peer();
                Step::Look(self.seldom(2).then_some(peer))
            }
        };
        steps.push(step);
    }

    fn stanza(&mut self, text: &str, steps: &mut Vec<Step>) {
        let claims = std::mem::take(&mut self.claims);
        for stanza in stanzas(text) {
            steps.push(Step::Stanza { stanza, claims: claims.clone() });
        }
    }

    fn page(&mut self) -> Step {
        let count = self.pick(6);
        let items = (0..count).flat_map(|_| stanzas(&self.result(true))).collect();
        Step::Page { items, claims: std::mem::take(&mut self.claims), is_complete: self.seldom(2) }
    }

    /// A result of an archive (XEP-0313 §4.3.1).
    fn result(&mut self, is_asked: bool) -> String {
        let from = if is_asked && !self.seldom(4) { OWN } else { self.choose(&ADDRESSES) };
        let query = if is_asked && !self.seldom(8) { QUERY } else { "another" };
        let counts = matches!(from, "" | OWN) && query == QUERY;
        let id = self.choose(&ARCHIVE_IDS);
        let stamp = self.choose(&STAMPS);
        let message = self.message(if counts { Place::Archive } else { Place::Nowhere });
        // No other message's: what stands for another may go again.
        let id = if message.contains(":message-correct:") { format!("c-{id}") } else { id.to_owned() };
        format!(
            "<message{}><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{id}'><forwarded xmlns='urn:xmpp:forward:0'>\
             <delay xmlns='urn:xmpp:delay' stamp='{stamp}'/>{message}</forwarded></result></message>",
            attribute("from", from)
        )
    }

    fn carbon(&mut self) -> String {
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

    fn message(&mut self, place: Place) -> String {
        let from = match place {
            Place::Sent if !self.seldom(4) => "alice@chat.test/laptop",
            _ => self.choose(&ADDRESSES),
        };
        let to = if place != Place::Sent && self.seldom(2) { OWN } else { self.choose(&ADDRESSES) };
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
            ("", id) => id.starts_with("id-"),
            ("LONG", _) => false,
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
        if !self.seldom(6) {
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

    /// Presence, and what is pushed to the roster or asked of us.
    fn other(&mut self) -> String {
        let from = attribute("from", self.choose(&ADDRESSES));
        let who = self.choose(&ADDRESSES);
        let kind = self.choose(&["", "unavailable", "subscribe", "unsubscribe", "subscribed", "error", "probe"]);
        match self.pick(3) {
            0 => format!(
                "<presence{from}{}><show>away</show><status>\u{202e}x</status><priority>-300</priority>\
                 <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/><x xmlns='vcard-temp:x:update'>\
                 <photo>111f4b3c50d7b0df729d299bc6f8e9ef9066971f</photo></x></presence>",
                attribute("type", kind)
            ),
            1 => {
                let subscription = self.choose(&["both", "none", "to", "remove", "sideways"]);
                format!(
                    "<iq{from} type='set' id='p'><query xmlns='jabber:iq:roster' ver='7'><item{} name='N' \
                     subscription='{subscription}' ask='subscribe'><group>G</group><group>G</group></item></query></iq>",
                    attribute("jid", who)
                )
            }
            _ => format!("<iq{from} type='get' id='q'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"),
        }
    }

    /// What somebody publishes about themselves (XEP-0163).
    fn event(&mut self) -> String {
        let from = attribute("from", self.choose(&ADDRESSES));
        let (node, payload) = self.choose(&[
            (
                "http://jabber.org/protocol/nick",
                "<item><nick xmlns='http://jabber.org/protocol/nick'>Bobby</nick></item>",
            ),
            (
                "urn:xmpp:avatar:metadata",
                "<item><metadata xmlns='urn:xmpp:avatar:metadata'><info id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f' \
                 bytes='99999999999999999999' type='image/png'/></metadata></item>",
            ),
            ("urn:xmpp:avatar:metadata", "<retract id='1'/>"),
            ("urn:xmpp:bookmarks:1", "<item id='@'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"),
        ]);
        format!(
            "<message{from} type='headline'><body>never</body><event xmlns='http://jabber.org/protocol/pubsub#event'>\
             <items node='{node}'>{payload}</items></event></message>"
        )
    }

    /// A stanza of the XEPs, from somebody else.
    fn example(&mut self, steps: &mut Vec<Step>) {
        if EXAMPLES.is_empty() {
            return;
        }
        let number = self.pick(256) * 256 + self.pick(256);
        let mut stanza = EXAMPLES[number % EXAMPLES.len()].clone();
        let from = self.choose(&ADDRESSES);
        let is_marked = xml::attr(&stanza, "from").is_some() && !from.is_empty();
        if let Ok(name) = rxml::NcName::try_from("from")
            && is_marked
        {
            stanza.attrs_mut().insert(rxml::Namespace::NONE, name, from.to_owned());
        }
        steps.push(Step::Stanza { stanza, claims: Claims::default() });
    }
}

/// Whose conversation a message belongs to, and who sent it; none where it counts for nothing.
fn truth(place: Place, from: &str, to: &str) -> Option<(BareJid, BareJid)> {
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

fn attribute(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" {name}='{value}'") }
}

pub fn long(id: &str) -> String {
    if id == "LONG" { "x".repeat(2_000) } else { id.to_owned() }
}

fn stanza(from: &str, to: &str, kind: &str, id: &str, children: &str) -> String {
    let (from, to, kind) = (attribute("from", from), attribute("to", to), attribute("type", kind));
    format!("<message xmlns='jabber:client'{from}{to}{kind}{}>{children}</message>", attribute("id", &long(id)))
}
