//! Looks in the archive for messages of ours that may have arrived without our knowing, before they are sent again.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;

use crate::{
    engine::{
        change::Changes,
        effect::{Effects, Scope},
        inbound,
        question::ATTEMPTS,
        route,
    },
    ids::{BareJid, ConversationId, MessageId, Timestamp},
    store::{
        StoreError,
        message::{self, ArchiveId},
        pending::{self, PendingMessage},
    },
    xmpp::archive::Archived,
};

/// Our clock may be ahead of the archive's by so much.
const CLOCKS_APART_MS: i64 = 86_400_000;
/// So many pages are looked through at most.
const MAX_PAGES: u32 = 20;

/// The messages of one conversation that are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub conversation: ConversationId,
    pub with: BareJid,
    /// The oldest of them can't be older.
    pub since: Timestamp,
    pub before: Option<String>,
    pages: u32,
    /// So often there was no answer to this page.
    unanswered: u32,
}

impl Lookup {
    /// For all that waits and may have been sent, and of which no session will tell.
    pub fn all(store: &Connection, scope: &Scope, in_flight: &HashSet<MessageId>) -> Result<Vec<Self>, StoreError> {
        let mut by_conversation: BTreeMap<i64, Self> = BTreeMap::new();
        for pending in pending::doubtful(store, scope.account)? {
            if in_flight.contains(&pending.message.cursor.id) {
                continue;
            }
            let PendingMessage { message, peer } = pending;
            let since = Timestamp(message.time.0.saturating_sub(CLOCKS_APART_MS));
            let new =
                Self { conversation: message.conversation, with: peer, since, before: None, pages: 0, unanswered: 0 };
            let lookup = by_conversation.entry(message.conversation.0).or_insert(new);
            lookup.since = lookup.since.min(since);
        }
        Ok(by_conversation.into_values().collect())
    }

    /// The same once more, for which there was no answer; `None` where it was asked often enough.
    pub(super) fn again(self) -> Option<Self> {
        let unanswered = self.unanswered + 1;
        (unanswered < ATTEMPTS).then_some(Self { unanswered, ..self })
    }

    pub(super) const fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// What a page of the archive says of them, and what is still to be looked for.
    pub fn store(
        &self,
        store: &Connection,
        scope: &Scope,
        items: &[Archived],
        is_complete: bool,
    ) -> Result<(Option<Self>, Effects), StoreError> {
        let mut changes = Changes::default();
        let mut waiting: HashSet<_> = pending::doubtful(store, scope.account)?
            .into_iter()
            .filter(|pending| pending.message.conversation == self.conversation)
            .map(|pending| pending.message.cursor.id)
            .collect();
        for item in items {
            let Ok(routed) = route::archived(&scope.address, &item.message) else { continue };
            let is_ours = routed.is_outgoing && routed.peer == self.with;
            let Some(origin) = inbound::origin_id(routed.message).filter(|_| is_ours) else { continue };
            let Some(found) = message::by_origin(store, self.conversation, &scope.address, &origin)? else { continue };
            waiting.remove(&found.cursor.id);
            let archive_id = ArchiveId { by: scope.address.clone(), id: item.id.clone() };
            message::set_archive_id(store, found.cursor.id, &archive_id)?;
            if let Some(row) = pending::found(store, found.cursor.id)? {
                changes.of(store, self.conversation)?.change(row.into());
            }
        }
        let mut effects = Effects::default();
        changes.finish(store, &mut effects.events)?;
        let is_done = waiting.is_empty() || is_complete || self.pages >= MAX_PAGES;
        let further = items.first().filter(|_| !is_done).map(|first| Self {
            before: Some(first.id.clone()),
            pages: self.pages + 1,
            unanswered: 0,
            ..self.clone()
        });
        Ok((further, effects))
    }
}
