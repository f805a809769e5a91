//! What is asked of the archive, and what has come of it. Pure data.

use super::{lookup::Lookup, window};
use crate::{
    engine::inbound::filling::Reached,
    ids::{BareJid, ConversationId, MessageId, Timestamp},
    store::archive::{Range, RangeId},
    xmpp::{
        archive::{self as mam, Archived},
        disco::Info,
    },
};

/// So many pages of a conversation come before their turn at most, unless the person asks for more.
pub const MAX_AHEAD: u32 = 10;
/// The archive's clock may have been set back: what came after a range may bear a time from before its last message.
const OVERLAP_MS: i64 = 10 * window::SLACK_MS;

/// What kind of archive the server has for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    Absent,
    Plain,
    /// It takes ids as bounds (XEP-0313 §4.1.4).
    Extended,
}

impl Archive {
    pub fn of(info: &Info) -> Self {
        match (info.has(mam::NAMESPACE), info.has(mam::EXTENDED)) {
            (false, _) => Self::Absent,
            (true, false) => Self::Plain,
            (true, true) => Self::Extended,
        }
    }
}

/// Which part of the archive is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// What came after all that is here.
    Newest,
    /// What lies under a range.
    Under(RangeId),
}

/// The next page to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub gap: Gap,
    /// The range that ends the gap, if there is one.
    pub(super) below: Option<Range>,
    pub(super) before: Option<String>,
    /// Where the page before has come to.
    pub(super) reached: Reached,
}

/// A part of the same gap that comes before its turn: one conversation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    pub conversation: ConversationId,
    pub(super) with: BareJid,
    pub(super) gap: Gap,
    pub(super) below: Option<Range>,
    pub(super) before: Option<String>,
    /// The newest message that was here before what has been fetched; none before the first page.
    pub(super) begun_after: Option<MessageId>,
    /// How many pages came by themselves.
    pub(super) pages: u32,
}

/// What a query is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    Missing(Plan),
    Ahead(Ahead),
    Lookup(Lookup),
}

/// A page that has come.
#[derive(Debug)]
pub struct Page {
    pub want: Want,
    /// Oldest first.
    pub(super) items: Vec<Archived>,
    /// There is nothing older of what is wanted.
    pub(super) is_complete: bool,
    /// Only a stretch of what is missing was asked for.
    pub(super) is_bounded: bool,
    /// The next page begins at this message, if it does not begin where this one ends.
    pub(super) next_before: Option<String>,
    /// The newest message that was here before the session.
    pub(super) begun_after: MessageId,
}

/// What follows from a page that was stored.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// Which part is missing now.
    Missing(Option<Plan>),
    Ahead {
        ahead: Ahead,
        first_id: Option<String>,
        is_complete: bool,
    },
    /// What is still to be looked for, if anything.
    Lookup {
        conversation: ConversationId,
        further: Option<Lookup>,
    },
}

/// From when on what came after a range is asked for.
pub fn since(below: &Range) -> Timestamp {
    Timestamp(below.last_time.0.saturating_sub(OVERLAP_MS).max(0))
}
