//! Rows of the store as the window gets them.

use rusqlite::Connection;

use super::api::{
    Annotations, AttachmentKind, Conversation, ConversationId, Cursor, HistoryAnchor, HistoryPage, Message,
    MessageState, Preview,
};
use crate::store::{
    StoreError,
    conversation::{ConversationRow, LastMessage},
    history::{Anchor, Page},
    message::MessageRow,
    read_state,
};

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        Self {
            cursor: row.cursor,
            conversation: row.conversation,
            is_outgoing: row.is_outgoing(),
            sender: row.sender,
            body: row.body,
            format: row.format,
            time: row.time,
            state: row.state,
            is_read: false,
            annotations: Annotations::default(),
            attachment: None,
        }
    }
}

/// Notes which messages of a conversation the other side has read, which has read up to `peer_read`: what had been sent by then.
pub(super) fn note_read<'m>(
    store: &Connection,
    conversation: ConversationId,
    peer_read: Cursor,
    messages: impl IntoIterator<Item = &'m mut Message>,
) -> Result<(), StoreError> {
    let late = read_state::sent_after(store, conversation, peer_read)?;
    for message in messages {
        let has_arrived = matches!(message.state, MessageState::Sent | MessageState::Delivered);
        message.is_read = has_arrived && message.cursor <= peer_read && !late.contains(&message.cursor.id);
    }
    Ok(())
}

impl From<LastMessage> for Preview {
    fn from(last: LastMessage) -> Self {
        let LastMessage { cursor, time, is_outgoing, state, text, is_spoiler, file } = last;
        let file = file.map(|file| (AttachmentKind::of(&file.media_type), file.name));
        Self { id: cursor.id, text, is_spoiler, file, is_outgoing, time, state }
    }
}

impl From<ConversationRow> for Conversation {
    fn from(row: ConversationRow) -> Self {
        Self {
            id: row.id,
            account: row.account,
            peer: row.peer,
            last: row.last.map(Preview::from),
            unread: row.unread,
            draft: row.draft,
            draft_format: row.draft_format,
            language: row.language,
            is_muted: row.is_muted,
            muted_until: row.muted_until,
            is_silent: row.is_silent,
            is_archived: row.is_archived,
            is_pinned: row.is_pinned,
            is_listed: row.is_listed,
            active_at: row.active_at,
        }
    }
}

impl From<HistoryAnchor> for Anchor {
    fn from(anchor: HistoryAnchor) -> Self {
        match anchor {
            HistoryAnchor::Newest => Self::Newest,
            HistoryAnchor::Oldest => Self::Oldest,
            HistoryAnchor::Before(cursor) => Self::Before(cursor),
            HistoryAnchor::After(cursor) => Self::After(cursor),
            HistoryAnchor::Around(message) => Self::Around(message),
            HistoryAnchor::At(time) => Self::At(time),
            HistoryAnchor::Unread => Self::Unread,
        }
    }
}

impl From<Page> for HistoryPage {
    fn from(page: Page) -> Self {
        let Page { messages, target, has_older, has_newer } = page;
        Self { messages: messages.into_iter().map(Message::from).collect(), target, has_older, has_newer }
    }
}
