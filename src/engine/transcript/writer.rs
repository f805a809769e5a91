//! What every format is given, and what it makes of it.

use std::io::{self, Write};

use crate::{
    engine::api::{Attachment, ExportWords, Message, MessageState, Timestamp},
    ids::BareJid,
};

/// Whose conversation it is, and what the words for it are.
#[derive(Debug, Clone)]
pub struct Head {
    pub own: Side,
    pub peer: Side,
    pub now: Timestamp,
    pub words: ExportWords,
}

/// One of the two.
#[derive(Debug, Clone)]
pub struct Side {
    pub address: BareJid,
    /// Fit to stand beside our own words.
    pub name: String,
}

impl Head {
    pub fn sender(&self, message: &Message) -> &Side {
        if message.is_outgoing { &self.own } else { &self.peer }
    }

    /// By the clock of whoever exports: `2026-11-27T14:11:00+01:00`.
    pub fn time(&self, time: Timestamp) -> String {
        (self.words.local_time)(time)
    }
}

/// The file of a message, where it can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFile {
    pub attachment: Attachment,
    /// Where the sender has put it; none for one that has not been uploaded.
    pub address: Option<String>,
    /// The folder beside the export and its name in there, if it was copied.
    pub copy: Option<(String, String)>,
}

/// What becomes of the messages, one after the other, oldest first.
pub trait Writer: Send {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()>;
    fn message(
        &mut self,
        out: &mut dyn Write,
        head: &Head,
        message: &Message,
        file: Option<&SharedFile>,
    ) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()>;
}

/// How far a message has come, as a word that never changes.
pub fn state(message: &Message) -> &'static str {
    match message.state {
        MessageState::Received => "received",
        MessageState::Waiting => "waiting",
        MessageState::Failed(_) => "failed",
        _ if message.is_read => "read",
        MessageState::Sent => "sent",
        MessageState::Delivered => "delivered",
    }
}
