//! What a session tells its engine. Plain values; nothing here knows how they come about.

use std::time::Duration;

use super::auth::{Assurance, Token};
use crate::{
    ids::FullJid,
    xmpp::{ConnectStep, Problem, incoming::Incoming},
};

/// How many events may wait for the engine. While they do, nothing more is read from the server.
pub const EVENT_CAPACITY: usize = 256;

/// Whatever the engine wants to know a stanza by when the session speaks of it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub u64);

/// What happens in a session, in order.
// Most of them are stanzas, so that boxing the large variants would only cost an allocation each.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone)]
pub enum SessionEvent {
    State(SessionState),
    /// Stanzas may flow. After `resumed: false` the server knows nothing of us: presence, roster and what else belongs to a
    /// session have to be sent and asked for again, and it takes nothing that has a tag before the engine has
    /// [taken it up](super::SessionHandle::take_up).
    Online {
        jid: FullJid,
        resumed: bool,
        features: ServerFeatures,
    },
    /// From now on the session takes what has a tag. All that the one before has not sent was given back before this.
    TakenUp,
    /// How the server was signed in to, with the best of what was seen before.
    SignedIn(Assurance),
    /// What to sign in with the next time, or that what there was is not taken any more.
    Token(Option<Token>),
    /// A stanza from the server; the engine says `handled` when it is done with it.
    Stanza(Incoming),
    /// A stanza that the session consumed by itself, such as the reply to an IQ; it has to be `handled` all the same, so that
    /// what is acknowledged stays in order.
    Counted,
    /// These have reached the server.
    Acked(Vec<Tag>),
    /// The server ends the stream each time that this is sent, so it will not be sent again.
    Refused(Tag),
    /// What had not been acknowledged when its session ended for good.
    Unsent {
        /// Known not to have reached the server.
        undelivered: Vec<Tag>,
        /// May or may not have reached it.
        unknown: Vec<Tag>,
    },
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    Connecting(ConnectStep),
    Online,
    /// Tries again by itself.
    Waiting {
        retry_in: Duration,
        problem: Problem,
    },
    /// Does nothing until told to: [`SessionHandle::set_password`](super::SessionHandle::set_password) or
    /// [`SessionHandle::reconnect_now`](super::SessionHandle::reconnect_now).
    NeedsPerson(Problem),
    /// The last event of all.
    Closed,
}

/// What the server said that it can do, in its stream features.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerFeatures {
    /// RFC 6121 §2.6.
    pub roster_versioning: bool,
    /// RFC 6121 §3.4.
    pub pre_approval: bool,
    /// Client State Indication (XEP-0352).
    pub csi: bool,
    /// The largest stanza that the server takes (XEP-0478).
    pub max_bytes: Option<u64>,
    /// How long a silent stream is kept (XEP-0478).
    pub idle_seconds: Option<u64>,
}
