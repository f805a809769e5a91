//! Brings what the archive holds and we lack: after each new session the newest page first, then page after page back to
//! what is here already, and at last to the archive's beginning (XEP-0313).
//!
//! Only one query is under way. What a page brings is stored together with how far it reaches, so that a crash costs at most
//! a page. The live stream never counts as a part of the archive: what other devices did may not have been copied to us.

use rusqlite::Connection;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::{
    effect::{Effects, Scope},
    inbound::{Filling, Inbound},
};
use crate::{
    ids::{BareJid, MessageId},
    store::{
        StoreError,
        archive::{self as table, NewRange, Range, RangeId},
    },
    xmpp::{
        archive::{Archived, Fin, Query},
        incoming::IncomingMessage,
    },
};

/// What servers give at most without being told otherwise.
const PAGE: usize = 50;
const SMALLEST_PAGE: usize = 5;
/// A page that took longer is followed by a rest as long as itself.
const SLOW: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// After so many queries without an answer the archive is left alone until the next session.
const MAX_UNANSWERED: u32 = 3;

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

/// A page that has come.
#[derive(Debug)]
pub struct Page {
    plan: Plan,
    /// Oldest first.
    items: Vec<Archived>,
    is_complete: bool,
    /// The newest message that was here before the session.
    begun_after: MessageId,
}

/// The query under way.
#[derive(Debug)]
struct Open {
    id: String,
    plan: Plan,
    items: Vec<Archived>,
    asked: Instant,
}

/// How far fetching has come in this session.
#[derive(Debug, Default)]
pub struct Fetching {
    begun_after: Option<MessageId>,
    open: Option<Open>,
    unanswered: u32,
    rest: Duration,
}

impl Fetching {
    /// A new session: what was under way counts no more.
    pub fn new(begun_after: MessageId) -> Self {
        Self { begun_after: Some(begun_after), ..Self::default() }
    }

    /// The query for a page, and how long to wait before it is sent.
    pub fn ask(&mut self, plan: Plan) -> (Query, Duration) {
        let id = Uuid::new_v4().to_string();
        // The same again would be as hard for the server as it was before.
        let max = (PAGE >> self.unanswered).max(SMALLEST_PAGE);
        let start = plan.below.as_ref().map(|below| below.last_time);
        let query = Query { id: id.clone(), with: None, start, before: plan.before.clone(), max };
        let rest = self.rest;
        self.open = Some(Open { id, plan, items: Vec::new(), asked: Instant::now() + rest });
        (query, rest)
    }

    /// Takes a result if it belongs to the open query and comes from our own archive (CVE-2019-16237).
    pub fn take(&mut self, own: &BareJid, message: IncomingMessage) {
        let IncomingMessage { from, archived: Some(item), .. } = message else { return };
        let is_own = from.is_none_or(|from| from.as_str() == own.as_str());
        match &mut self.open {
            Some(open) if is_own && item.query.as_deref() == Some(&open.id) => open.items.push(item),
            _ => log::debug!("a result of an archive that nobody asked for"),
        }
    }

    /// The query is answered; `None` when it is not the one under way.
    pub fn finish(&mut self, id: &str, fin: Fin) -> Option<Page> {
        let open = self.open.take_if(|open| open.id == id)?;
        let took = open.asked.elapsed();
        self.rest = if took > SLOW { took.min(LONGEST_REST) } else { Duration::ZERO };
        self.unanswered = 0;
        let begun_after = self.begun_after?;
        Some(Page { plan: open.plan, items: open.items, is_complete: fin.is_complete, begun_after })
    }

    /// There was no answer; what to ask instead, if anything.
    pub fn unanswered(&mut self, id: &str) -> Option<Plan> {
        let open = self.open.take_if(|open| open.id == id)?;
        self.unanswered += 1;
        self.rest = LONGEST_REST;
        (self.unanswered < MAX_UNANSWERED).then_some(open.plan)
    }

    /// The archive does not know the place any more where the page was to end: it has thrown away that message, and so all
    /// before it.
    pub fn forgotten(&mut self, id: &str) -> Option<Page> {
        self.finish(id, Fin { is_complete: true }).map(|page| Page { items: Vec::new(), ..page })
    }

    /// The server refuses.
    pub fn refused(&mut self, id: &str) {
        self.open.take_if(|open| open.id == id);
    }
}

/// Where to begin in a new session.
pub fn newest(store: &Connection, scope: &Scope) -> Result<Plan, StoreError> {
    Ok(Plan { gap: Gap::Newest, below: table::newest(store, scope.account)?, before: None })
}

/// Stores a page and how far it reaches, and says which page is the next.
pub fn store_page(store: &Connection, scope: &Scope, page: &Page) -> Result<(Option<Plan>, Effects), StoreError> {
    let Page { plan: Plan { gap, below, .. }, items, begun_after, .. } = page;
    let begun_after = match gap {
        Gap::Newest => *begun_after,
        Gap::Under(range) => table::by_id(store, *range)?.begun_after,
    };
    let mut filling = Filling::new(begun_after, below.is_some());
    let mut inbound = Inbound::new(scope);
    for item in items.iter().rev() {
        inbound.archived(store, item, &mut filling)?;
    }
    let effects = inbound.finish(store)?;
    note(store, scope, page, begun_after)?;
    Ok((next(store, scope)?, effects))
}

/// Writes down which part of the archive is here now.
fn note(store: &Connection, scope: &Scope, page: &Page, begun_after: MessageId) -> Result<(), StoreError> {
    let Page { plan: Plan { gap, below, .. }, items, is_complete, .. } = page;
    // Where there is a range below, the query ends at its last message's time.
    let is_joined =
        |below: &Range| *is_complete || items.iter().any(|i| i.id == below.last_id || i.stamp < below.last_time);
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
    match joined.or(below.as_ref().filter(|_| items.is_empty())) {
        Some(below) => table::join(store, id, below),
        None if *is_complete || items.is_empty() => table::set_start(store, id),
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
