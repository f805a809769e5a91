//! A history as a store would page it, for engines that tests play. Whoever includes this has the engine's `api` in scope.

use super::api::{HistoryAnchor, HistoryPage, Message};

/// What a store would answer.
pub fn page(all: &[Message], anchor: HistoryAnchor, limit: usize) -> HistoryPage {
    let (start, end) = match anchor {
        HistoryAnchor::Newest => (all.len().saturating_sub(limit), all.len()),
        HistoryAnchor::Before(cursor) => {
            let end = all.partition_point(|message| message.cursor < cursor);
            (end.saturating_sub(limit), end)
        }
        HistoryAnchor::After(cursor) => {
            let start = all.partition_point(|message| message.cursor <= cursor);
            (start, (start + limit).min(all.len()))
        }
        HistoryAnchor::Around(id) => {
            let at = all.iter().position(|message| message.cursor.id == id).unwrap_or(all.len());
            (at.saturating_sub(limit / 2), (at + limit / 2 + 1).min(all.len()))
        }
    };
    HistoryPage { messages: all[start..end].to_vec(), has_older: start > 0, has_newer: end < all.len() }
}
