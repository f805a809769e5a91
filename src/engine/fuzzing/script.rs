//! Makes a script of any bytes: what a server, contacts and impostors send, with ids, addresses and times out of small pools, so
//! that they meet. What each of it claims is worked out by the letter of the XEPs, and not by the code that is looked at.

use minidom::Element;

use super::{FRIEND, OWN, OWN_IDS, amending::Amending, message::Place, reading::Reading};
use crate::{ids::BareJid, xmpp::session::fuzzing::stanzas};

/// Stands in for the id of the archive's query.
pub const QUERY: &str = "QUERY";
/// A script that begins so has more to say; others are what they were when something was found with them.
const WIDE: u8 = 0xff;
/// And one that begins so says also what has been read, and more of what we do on another device.
const WIDER: u8 = 0xfe;
/// A longer script says nothing that a shorter one would not.
const MAX_STEPS: usize = 64;

pub const ADDRESSES: [&str; 14] = [
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
pub const PEERS: [&str; 4] = [FRIEND, "carol@chat.test", "mallory@evil.test", OWN];

/// Who may say what of our messages: the other side's address, the message's id; and of those of others.
#[derive(Debug, Default, Clone)]
pub struct Claims {
    pub receipt: Vec<(String, String)>,
    pub error: Vec<(String, String)>,
    pub amending: Vec<Amending>,
    pub reading: Vec<Reading>,
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

pub fn read_script(data: &[u8]) -> Vec<Step> {
    let is_wider = data.first() == Some(&WIDER);
    let is_wide = is_wider || data.first() == Some(&WIDE);
    let bytes = &data[usize::from(is_wide)..];
    let mut script = Script { bytes, is_wide, is_wider, texts: 0, claims: Claims::default(), is_readable: true };
    let mut steps = Vec::new();
    while !script.bytes.is_empty() && steps.len() < MAX_STEPS {
        script.step(&mut steps);
    }
    steps
}

pub struct Script<'d> {
    bytes: &'d [u8],
    pub is_wide: bool,
    pub is_wider: bool,
    pub texts: usize,
    pub claims: Claims,
    /// Whether the last message has addresses. What wraps one without them wraps nothing.
    pub is_readable: bool,
}

impl Script<'_> {
    /// The first of what there is to choose from, once the bytes are used up.
    pub fn pick(&mut self, below: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % below
    }

    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.pick(from.len())]
    }

    /// Once in so many times.
    pub fn seldom(&mut self, times: usize) -> bool {
        self.pick(times) == times - 1
    }

    pub fn peer(&mut self) -> BareJid {
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
                let event = if self.is_wider && self.seldom(2) { self.synchronised() } else { self.event() };
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
}
