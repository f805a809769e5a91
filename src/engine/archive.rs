//! Brings what the archive holds and we lack: after each new session the newest page first, then page after page back to
//! what is here already, and at last to the archive's beginning (XEP-0313).
//!
//! Only one query is under way. What a page brings is stored together with how far it reaches, so that a crash costs at most
//! a page. The live stream never counts as a part of the archive: what other devices did may not have been copied to us.
//!
//! | file | duty |
//! |---|---|
//! | `plan` | what is asked for, and what has come of it |
//! | `window` | which stretch of time a page is asked of |
//! | `lookup` | whether messages of ours have arrived |
//! | `fetching` | what is asked next |
//! | `preferences` | what the server is to keep |

mod fetching;
mod lookup;
mod plan;
pub mod preferences;
mod window;

use rusqlite::Connection;

pub use fetching::{Fetching, Next};
pub use lookup::Lookup;
pub use plan::{After, Archive, Want};
use plan::{Ahead, Gap, Page, Plan};

use super::{
    effect::{Effects, Scope},
    inbound::{
        Inbound,
        filling::{Filling, Reached},
    },
};
use crate::{
    ids::{ConversationId, MessageId, Timestamp},
    store::{
        StoreError,
        archive::{self as table, NewRange, Range},
    },
};

/// The range of an archive that holds nothing: whatever there will be is newer.
fn empty(begun_after: MessageId) -> NewRange {
    let (first_id, last_id) = (String::new(), String::new());
    NewRange { first_id, last_id, last_time: Timestamp(0), is_start: true, begun_after }
}

/// Where to begin in a new session.
pub fn newest(store: &Connection, scope: &Scope) -> Result<Plan, StoreError> {
    Ok(Plan {
        gap: Gap::Newest,
        below: table::newest(store, scope.account)?,
        before: None,
        reached: Reached::default(),
    })
}

/// Stores a page and how far it reaches, and says what follows.
pub fn store_page(store: &Connection, scope: &Scope, page: &Page) -> Result<(After, Effects), StoreError> {
    match &page.want {
        Want::Missing(plan) => {
            let begun_after = begun_after(store, page, plan.gap)?;
            let filling = Filling::new(begun_after, plan.below.is_some(), plan.reached.clone());
            let Filled { begun_after, end, next_begin, mut effects } = fill(store, scope, page, filling)?;
            note(store, scope, page, plan, begun_after, &end)?;
            let next = match next(store, scope)? {
                Some(next) if next.below == plan.below => Some(Plan { reached: next_begin.unwrap_or(end), ..next }),
                Some(next) => Some(from_disk(store, next)?),
                None => None,
            };
            if next.is_none() {
                effects.merge(orphans(store, scope, None)?);
            }
            Ok((After::Missing(next), effects))
        }
        Want::Ahead(ahead) => {
            let begun_after = match ahead.begun_after {
                Some(begun_after) => begun_after,
                None => begun_after(store, page, ahead.gap)?,
            };
            let filling = Filling::new(begun_after, ahead.below.is_some(), Reached::default());
            let Filled { begun_after, mut effects, .. } = fill(store, scope, page, filling)?;
            if page.is_complete && ahead.below.as_ref().is_none_or(|below| below.is_start) {
                effects.merge(orphans(store, scope, Some(ahead.conversation))?);
            }
            let ahead = Ahead { begun_after: Some(begun_after), ..ahead.clone() };
            let first_id = page.items.first().map(|item| item.id.clone());
            let is_complete = page.is_complete || first_id.is_none();
            Ok((After::Ahead { ahead, first_id, is_complete }, effects))
        }
        Want::Lookup(lookup) => {
            let (further, effects) = lookup.store(store, scope, &page.items, page.is_complete)?;
            Ok((After::Lookup { conversation: lookup.conversation, further }, effects))
        }
    }
}

/// Nothing older will come, of any conversation or of this one: what corrects what is not here is shown by itself.
pub fn orphans(store: &Connection, scope: &Scope, only: Option<ConversationId>) -> Result<Effects, StoreError> {
    let mut inbound = Inbound::new(scope);
    inbound.orphans(store, only)?;
    inbound.finish(store)
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

/// What a page has brought.
struct Filled {
    /// What was here before all of it is older than what the next page brings.
    begun_after: MessageId,
    /// Where it has come to.
    end: Reached,
    /// Where the next page begins, if that is not where this one ends.
    next_begin: Option<Reached>,
    effects: Effects,
}

/// Stores what is new in a page.
fn fill(store: &Connection, scope: &Scope, page: &Page, mut filling: Filling) -> Result<Filled, StoreError> {
    let mut inbound = Inbound::new(scope);
    // Where this one began, unless it is at one of its messages.
    let mut place = page.next_before.as_ref().map(|_| filling.reached().clone());
    for item in page.items.iter().rev() {
        inbound.archived(store, item, &mut filling)?;
        if page.next_before.as_ref() == Some(&item.id) {
            place = Some(filling.reached().clone());
        }
    }
    let (begun_after, end) = filling.finish();
    let next_begin = place.map(|place| end.clone().back_at(place));
    Ok(Filled { begun_after, end, next_begin, effects: inbound.finish(store)? })
}

/// Writes down which part of the archive is here now, and where that ends in each conversation.
fn note(
    store: &Connection,
    scope: &Scope,
    page: &Page,
    plan: &Plan,
    begun_after: MessageId,
    end: &Reached,
) -> Result<(), StoreError> {
    let Plan { gap, below, .. } = plan;
    let Page { items, is_complete, is_bounded, .. } = page;
    // Where there is a range below, the query ends there.
    let is_joined = |below: &Range| *is_complete || items.iter().any(|item| item.id == below.last_id);
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
            let id = table::begin(store, scope.account, &new)?;
            return if *is_complete { Ok(()) } else { table::set_lowest(store, id, end.lowest_since(&plan.reached)) };
        }
        (Gap::Newest, None, _) => {
            // It is empty, and what will be in it has come after this.
            if below.is_none() && *is_complete {
                table::begin(store, scope.account, &empty(begun_after))?;
            }
            return Ok(());
        }
        (Gap::Under(id), ..) => *id,
    };
    if let Some((first, _)) = ends {
        table::extend_back(store, id, &first.id, begun_after)?;
        table::set_lowest(store, id, end.lowest_since(&plan.reached))?;
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
    Ok(is_missing.then_some(Plan {
        gap: Gap::Under(range.id),
        below,
        before: Some(range.first_id),
        reached: Reached::default(),
    }))
}

/// What is missing under a range that was left before.
fn from_disk(store: &Connection, plan: Plan) -> Result<Plan, StoreError> {
    let reached = match plan.gap {
        Gap::Newest => Reached::default(),
        Gap::Under(range) => Reached::of_range(table::lowest(store, range)?),
    };
    Ok(Plan { reached, ..plan })
}

#[cfg(test)]
mod tests;
