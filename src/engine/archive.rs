//! Brings what the archive holds and we lack: after each new session the newest page first, then page after page back to
//! what is here already, and at last to the archive's beginning (XEP-0313).
//!
//! Only one query is under way. What a page brings is stored together with how far it reaches, so that a crash costs at most
//! a page. The live stream never counts as a part of the archive: what other devices did may not have been copied to us.

mod fetching;
mod lookup;
mod task;
mod window;

use rusqlite::Connection;

pub use fetching::Fetching;
#[cfg(any(test, fuzzing))]
pub use fetching::Next;
pub use lookup::Lookup;

use super::{
    effect::{Effects, Scope},
    inbound::{Filling, Inbound},
};
use crate::{
    ids::{BareJid, ConversationId, MessageId, Timestamp},
    store::{
        StoreError,
        archive::{self as table, NewRange, Range, RangeId},
    },
    xmpp::archive::Archived,
};

/// So many pages of a conversation come before their turn at most, unless the person asks for more.
const MAX_AHEAD: u32 = 10;
/// The archive's clock may have been set back: what came after a range may bear a time from before its last message.
const OVERLAP_MS: i64 = 10 * window::SLACK_MS;

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
    below: Option<Range>,
    before: Option<String>,
}

/// A part of the same gap that comes before its turn: one conversation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    pub conversation: ConversationId,
    with: BareJid,
    gap: Gap,
    below: Option<Range>,
    before: Option<String>,
    /// How many pages came by themselves.
    pages: u32,
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
    want: Want,
    /// Oldest first.
    items: Vec<Archived>,
    /// There is nothing older of what is wanted.
    is_complete: bool,
    /// Only a stretch of what is missing was asked for.
    is_bounded: bool,
    /// The newest message that was here before the session.
    begun_after: MessageId,
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
fn since(below: &Range) -> Timestamp {
    Timestamp(below.last_time.0.saturating_sub(OVERLAP_MS))
}

/// Where to begin in a new session.
pub fn newest(store: &Connection, scope: &Scope) -> Result<Plan, StoreError> {
    Ok(Plan { gap: Gap::Newest, below: table::newest(store, scope.account)?, before: None })
}

/// Stores a page and how far it reaches, and says what follows.
pub fn store_page(store: &Connection, scope: &Scope, page: &Page) -> Result<(After, Effects), StoreError> {
    match &page.want {
        Want::Missing(plan) => {
            let begun_after = begun_after(store, page, plan.gap)?;
            let effects = fill(store, scope, page, Filling::new(begun_after, plan.below.is_some()))?;
            note(store, scope, page, plan, begun_after)?;
            Ok((After::Missing(next(store, scope)?), effects))
        }
        Want::Ahead(ahead) => {
            let begun_after = begun_after(store, page, ahead.gap)?;
            let effects = fill(store, scope, page, Filling::new(begun_after, ahead.below.is_some()))?;
            let first_id = page.items.first().map(|item| item.id.clone());
            let is_complete = page.is_complete || first_id.is_none();
            Ok((After::Ahead { ahead: ahead.clone(), first_id, is_complete }, effects))
        }
        Want::Lookup(lookup) => {
            let (further, effects) = lookup.store(store, scope, &page.items, page.is_complete)?;
            Ok((After::Lookup { conversation: lookup.conversation, further }, effects))
        }
    }
}

/// What was here when the range above the gap was begun.
fn begun_after(store: &Connection, page: &Page, gap: Gap) -> Result<MessageId, StoreError> {
    match gap {
        Gap::Newest => Ok(page.begun_after),
        // It may have become one with another meanwhile.
        Gap::Under(range) => match table::by_id(store, range) {
            Ok(range) => Ok(range.begun_after),
            Err(StoreError::NotFound) => Ok(page.begun_after),
            Err(error) => Err(error),
        },
    }
}

fn fill(store: &Connection, scope: &Scope, page: &Page, mut filling: Filling) -> Result<Effects, StoreError> {
    let mut inbound = Inbound::new(scope);
    for item in page.items.iter().rev() {
        inbound.archived(store, item, &mut filling)?;
    }
    inbound.finish(store)
}

/// Writes down which part of the archive is here now.
fn note(store: &Connection, scope: &Scope, page: &Page, plan: &Plan, begun_after: MessageId) -> Result<(), StoreError> {
    let Plan { gap, below, .. } = plan;
    let Page { items, is_complete, is_bounded, .. } = page;
    // Where there is a range below, the query ends a little before its last message's time.
    let is_joined =
        |below: &Range| *is_complete || items.iter().any(|i| i.id == below.last_id || i.stamp < since(below));
    let joined = below.as_ref().filter(|below| is_joined(below));
    let ends = items.first().zip(items.last());
    let id = match (gap, ends, joined) {
        (Gap::Newest, Some((_, last)), Some(below)) => {
            return table::extend_on(store, below.id, &last.id, Some(last.stamp));
        }
        (Gap::Newest, Some((first, last)), None) => {
            let new = NewRange {
                first_id: first.id.clone(),
                last_id: last.id.clone(),
                last_time: last.stamp,
                is_start: *is_complete,
                begun_after,
            };
            table::begin(store, scope.account, &new)?;
            return Ok(());
        }
        (Gap::Newest, None, _) => return Ok(()),
        (Gap::Under(id), ..) => *id,
    };
    if let Some((first, _)) = ends {
        table::extend_back(store, id, &first.id)?;
    }
    // An archive that says nothing and yet has more would be asked for ever.
    let says_nothing = items.is_empty() && !is_bounded;
    match joined.or(below.as_ref().filter(|_| says_nothing)) {
        Some(below) => table::join(store, id, below),
        None if *is_complete || says_nothing => table::set_start(store, id),
        None => Ok(()),
    }
}

/// The newest part that is missing.
fn next(store: &Connection, scope: &Scope) -> Result<Option<Plan>, StoreError> {
    let Some(range) = table::newest(store, scope.account)? else { return Ok(None) };
    let below = table::older(store, scope.account, range.id)?;
    let is_missing = below.is_some() || !range.is_start;
    Ok(is_missing.then_some(Plan { gap: Gap::Under(range.id), below, before: Some(range.first_id) }))
}

#[cfg(test)]
mod tests;
