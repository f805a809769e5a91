//! A history as a store would page it, for engines that tests play. Whoever includes this has the engine's `api` in scope.

use super::api::{Cursor, FoundMessage, FoundPage, HistoryAnchor, HistoryPage, Message, MessageQuery, SearchPlace};

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

/// What words are looked for in.
#[allow(dead_code, reason = "not every window has a search")]
fn text_of(message: &Message) -> String {
    match &message.attachment {
        Some(file) => format!("{} {}", file.name, message.body).trim_end().to_owned(),
        None => message.body.clone(),
    }
}

/// The messages with this text in them, whatever the case, newest first; of the filters, all but time
/// and sender count.
#[allow(dead_code, reason = "not every window has a search")]
pub fn found(all: &[Message], query: &MessageQuery, before: Option<SearchPlace>, limit: usize) -> FoundPage {
    let text = query.text.to_lowercase();
    if query.is_empty() {
        return FoundPage::default();
    }
    let place = |m: &Message| SearchPlace::of(m.time, m.cursor.id);
    let is_wanted = |m: &&Message| {
        text_of(m).to_lowercase().contains(&text)
            && (query.files.is_empty() || m.attachment.as_ref().is_some_and(|file| query.files.contains(&file.kind)))
            && (!query.has_link || m.body.contains("https://"))
            && query.conversation.is_none_or(|wanted| m.conversation == wanted)
            && query.is_outgoing.is_none_or(|wanted| m.is_outgoing == wanted)
    };
    let older = all.iter().rev().filter(is_wanted).filter(|m| before.is_none_or(|before| place(m) < before));
    let page: Vec<_> = older.take(limit + 1).collect();
    let next = page.get(limit - 1).filter(|_| page.len() > limit).map(|last| place(last));
    let found = page.into_iter().take(limit).map(|m| FoundMessage {
        id: m.cursor.id,
        conversation: m.conversation,
        sender: m.sender.clone(),
        is_outgoing: m.is_outgoing,
        time: m.time,
        excerpt: m.format.spoiler.clone().unwrap_or_else(|| text_of(m)),
        is_spoiler: m.format.spoiler.is_some(),
        marks: text_of(m).to_lowercase().find(&text).map(|at| at..at + text.len()).into_iter().collect(),
        links: m.body.split(' ').filter(|w| query.has_link && w.starts_with("https://")).map(str::to_owned).collect(),
        attachment: m.attachment.clone(),
    });
    FoundPage { found: found.collect(), next }
}
