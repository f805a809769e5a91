//! What goes wrong, drawn by lot: how often each thing does, and for how long.

use std::time::Duration;

use rand::{Rng as _, rngs::StdRng};

use super::{
    process::Client,
    support::{Cut, Limit},
};

/// One thing that goes wrong with a client or its line. What lasts, lasts for `Fault::lasts`.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// SIGKILL.
    Kill,
    /// As a person ends it.
    Quit,
    Cut(Cut),
    /// Everything waits and comes later, or never.
    Stall {
        then: Option<Cut>,
    },
    /// What is sent vanishes; then the line is cut.
    Swallow,
    Throttle {
        bytes_per_second: u64,
    },
    Delay(Duration),
    /// The next connections break after so many bytes.
    Truncate(Limit, Cut),
    /// There is no server.
    Refuse,
}

#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub kind: Kind,
    pub lasts: Duration,
}

impl Fault {
    pub fn draw(chance: &mut StdRng) -> Self {
        let end = if chance.random() { Cut::Close } else { Cut::Reset };
        let bytes = chance.random_range(0..8_000);
        let kind = match chance.random_range(0..100) {
            0..12 => Kind::Kill,
            12..16 => Kind::Quit,
            16..32 => Kind::Cut(end),
            32..38 => Kind::Cut(Cut::FromClient),
            38..44 => Kind::Cut(Cut::FromServer),
            44..48 => Kind::Cut(Cut::Silence),
            48..54 => Kind::Stall { then: None },
            54..60 => Kind::Stall { then: Some(end) },
            60..68 => Kind::Swallow,
            68..75 => Kind::Throttle { bytes_per_second: chance.random_range(500..20_000) },
            75..82 => Kind::Delay(Duration::from_millis(chance.random_range(10..600))),
            82..87 => Kind::Truncate(Limit::Up(bytes), end),
            87..92 => Kind::Truncate(Limit::Down(bytes), end),
            _ => Kind::Refuse,
        };
        // Short ones mostly, and some that outlast what the server remembers of a session.
        let most = if chance.random_bool(0.1) { 4_000 } else { 900 };
        Self { kind, lasts: Duration::from_millis(chance.random_range(0..most)) }
    }

    pub fn is_kill(self) -> bool {
        matches!(self.kind, Kind::Kill)
    }

    pub fn begin(self, client: &mut Client) {
        let relay = &client.relay;
        match self.kind {
            Kind::Kill => client.kill(),
            Kind::Quit => client.quit(),
            Kind::Cut(cut) => relay.cut_by(cut),
            Kind::Stall { .. } => relay.stall(true),
            Kind::Swallow => relay.swallow(true),
            Kind::Throttle { bytes_per_second } => relay.throttle(Some(bytes_per_second)),
            Kind::Delay(delay) => relay.delay(delay),
            Kind::Truncate(limit, end) => {
                relay.truncate(Some((limit, end)));
                relay.cut();
            }
            Kind::Refuse => {
                relay.refuse(true);
                relay.cut();
            }
        }
    }

    pub fn end(self, client: &mut Client) {
        let relay = &client.relay;
        match self.kind {
            Kind::Kill | Kind::Quit => {
                if !client.is_running() {
                    client.start();
                }
            }
            // What only one side has seen, or nobody, the other finds out now.
            Kind::Cut(Cut::FromServer | Cut::Silence) => relay.cut(),
            Kind::Cut(_) => {}
            Kind::Stall { then } => {
                if let Some(cut) = then {
                    relay.cut_by(cut);
                }
                relay.stall(false);
            }
            Kind::Swallow => {
                relay.cut();
                relay.swallow(false);
            }
            Kind::Throttle { .. } => relay.throttle(None),
            Kind::Delay(_) => relay.delay(Duration::ZERO),
            Kind::Truncate(..) => relay.truncate(None),
            Kind::Refuse => relay.refuse(false),
        }
    }
}
