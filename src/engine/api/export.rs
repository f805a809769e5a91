//! What an export of a conversation is told, and tells.

use std::path::PathBuf;

use super::{Message, MessageState, Timestamp};
use crate::plain_text::one_line;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    Text,
    Json,
    Html,
}

/// What is to be written where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOrder {
    pub path: PathBuf,
    pub format: ExportFormat,
    /// Whether the files that are here are copied into a folder beside it.
    pub has_files: bool,
}

/// What has come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// So many files that should have been copied could not be.
    pub missing: u64,
}

/// How far it has come, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportProgress {
    pub done: u64,
    pub total: u64,
}

/// The words of an export that people read, in their language and by their clock.
#[derive(Debug, Clone)]
pub struct ExportWords {
    pub title: String,
    /// As HTML has it: `de`, `pt-BR`.
    pub language: String,
    pub waiting: String,
    pub sent: String,
    pub delivered: String,
    pub read: String,
    pub failed: String,
    /// What a text is that is covered until its reader wants to see it.
    pub spoiler: String,
    /// With the offset from UTC: `2026-11-27T14:11:00+01:00`.
    pub local_time: fn(Timestamp) -> String,
}

impl ExportWords {
    /// What stands before a covered text, in one line; nothing where it is not covered.
    #[must_use]
    pub fn cover(&self, message: &Message) -> Option<String> {
        let hint = one_line(message.format.spoiler.as_deref()?);
        Some(if hint.is_empty() { self.spoiler.clone() } else { format!("{} ({hint})", self.spoiler) })
    }

    /// How far a message of one's own has come; nothing for one that came.
    #[must_use]
    pub fn state(&self, message: &Message) -> &str {
        match message.state {
            MessageState::Received => "",
            MessageState::Waiting => &self.waiting,
            MessageState::Failed(_) => &self.failed,
            _ if message.is_read => &self.read,
            MessageState::Sent => &self.sent,
            MessageState::Delivered => &self.delivered,
        }
    }
}
