//! A history as a store would page it, for engines that tests play. Whoever includes this has the engine's `api` in scope.

use super::api::{Cursor, HistoryAnchor, HistoryPage, Message};

/// What a store would answer, with so many of the received messages unread.
pub fn page(all: &[Message], anchor: HistoryAnchor, limit: usize, unread: usize) -> HistoryPage {
    let mut target = None;
    let mut around = |at: Option<usize>| {
        let Some(at) = at else { return (all.len().saturating_sub(limit), all.len()) };
        target = Some(all[at].cursor);
        (at.saturating_sub(limit / 2), (at + limit / 2 + 1).min(all.len()))
    };
    let (start, end) = match anchor {
        HistoryAnchor::Oldest => (0, limit.min(all.len())),
        HistoryAnchor::Newest => (all.len().saturating_sub(limit), all.len()),
        HistoryAnchor::Before(cursor) => {
            let end = all.partition_point(|message| message.cursor < cursor);
            (end.saturating_sub(limit), end)
        }
        HistoryAnchor::After(cursor) => {
            let start = all.partition_point(|message| message.cursor <= cursor);
            (start, (start + limit).min(all.len()))
        }
        HistoryAnchor::Around(id) => around(all.iter().position(|message| message.cursor.id == id)),
        HistoryAnchor::At(time) => around(all.iter().position(|message| message.time >= time)),
        HistoryAnchor::Unread => {
            let received = all.iter().enumerate().rev().filter(|(_, message)| !message.is_outgoing);
            around(unread.checked_sub(1).and_then(|n| received.map(|(at, _)| at).nth(n)))
        }
    };
    HistoryPage { messages: all[start..end].to_vec(), target, has_older: start > 0, has_newer: end < all.len() }
}

/// The places from one to another.
#[allow(dead_code, reason = "not every window is asked for them")]
pub fn places(all: &[Message], from: Cursor, to: Cursor) -> Vec<Cursor> {
    all.iter().map(|message| message.cursor).filter(|cursor| (from..=to).contains(cursor)).collect()
}
