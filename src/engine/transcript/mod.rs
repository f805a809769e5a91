//! A conversation as a file that other programs, and people without any, can read.
//!
//! It is read page by page and written as it comes, so that a long one takes no more memory than a short one; under another
//! name first, so that there is never half a file under the name that the person chose.

mod file;
mod html;
mod json;
mod text;

use std::io::{self, Write};

use super::{
    api::{
        CommandError, ConversationId, ExportFormat, ExportProgress, ExportWords, HistoryAnchor, Message, MessageState,
        Timestamp,
    },
    context::Shared,
    conversation,
};
use crate::{
    ids::BareJid,
    plain_text::one_line,
    store::{account, contact, history},
};
use file::NewFile;

/// So many messages are in memory at a time.
const PAGE: usize = 500;

/// Whose conversation it is, and what the words for it are.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub own: Side,
    pub peer: Side,
    pub now: Timestamp,
    pub words: ExportWords,
}

/// One of the two.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub address: BareJid,
    /// Fit to stand beside our own words.
    pub name: String,
}

impl Head {
    fn sender(&self, message: &Message) -> &Side {
        if message.is_outgoing { &self.own } else { &self.peer }
    }

    /// By the clock of whoever exports: `2026-11-27T14:11:00+01:00`.
    fn time(&self, time: Timestamp) -> String {
        (self.words.local_time)(time)
    }
}

/// What becomes of the messages, one after the other, oldest first.
pub(super) trait Writer: Send {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()>;
    fn message(&mut self, out: &mut dyn Write, head: &Head, message: &Message) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()>;
}

fn writer(format: ExportFormat) -> Box<dyn Writer> {
    match format {
        ExportFormat::Text => Box::<text::Text>::default(),
        ExportFormat::Json => Box::<json::Json>::default(),
        ExportFormat::Html => Box::<html::Html>::default(),
    }
}

/// How far a message has come, as a word that never changes.
fn state(message: &Message) -> &'static str {
    match message.state {
        MessageState::Received => "received",
        MessageState::Waiting => "waiting",
        MessageState::Failed(_) => "failed",
        _ if message.is_read => "read",
        MessageState::Sent => "sent",
        MessageState::Delivered => "delivered",
    }
}

/// Writes the conversation to a file. It is given up, and nothing is left of it, when nobody listens to `progress` any more.
pub(super) async fn export(
    shared: &Shared,
    id: ConversationId,
    path: std::path::PathBuf,
    format: ExportFormat,
    words: ExportWords,
    progress: async_channel::Sender<ExportProgress>,
) -> Result<(), CommandError> {
    let now = shared.clock.now();
    let (head, total) = shared
        .store
        .read(move |store| {
            let row = crate::store::conversation::by_id(store, id)?;
            let own = account::by_id(store, row.account)?;
            let known = contact::find(store, row.account, &row.peer)?;
            let name = known.and_then(|contact| contact.name.or(contact.nickname));
            let head = Head { own: side(own.address, own.nickname), peer: side(row.peer, name), now, words };
            Ok((head, history::count(store, id)?))
        })
        .await
        .map_err(|error| shared.failed(error))?;
    let mut file = NewFile::create(path, shared.ids.uuid()).map_err(failed)?;
    let mut writer = writer(format);
    writer.begin(&mut file, &head).map_err(failed)?;
    let (mut anchor, mut done) = (HistoryAnchor::Oldest, 0);
    loop {
        if progress.is_closed() {
            return Err(CommandError::Cancelled);
        }
        let page = shared.store.read(move |store| conversation::history(store, id, anchor, PAGE)).await;
        let page = page.map_err(|error| shared.failed(error))?;
        for message in &page.messages {
            writer.message(&mut file, &head, message).map_err(failed)?;
        }
        done += u64::try_from(page.messages.len()).unwrap_or_default();
        // Whoever has not yet seen the last word of it sees a later one.
        let _ = progress.try_send(ExportProgress { done, total: total.max(done) });
        match page.messages.last().filter(|_| page.has_newer) {
            Some(last) => anchor = HistoryAnchor::After(last.cursor),
            None => break,
        }
    }
    writer.end(&mut file, &head).map_err(failed)?;
    // The disk may take its time.
    let finished = tokio::task::spawn_blocking(move || file.finish()).await;
    finished.map_err(|error| failed(io::Error::other(error)))?.map_err(failed)
}

fn side(address: BareJid, name: Option<String>) -> Side {
    let name = name.map(|name| one_line(&name).into_owned()).filter(|name| !name.is_empty());
    Side { name: name.unwrap_or_else(|| address.to_string()), address }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn failed(error: io::Error) -> CommandError {
    match error.kind() {
        io::ErrorKind::StorageFull => CommandError::DiskFull,
        _ => CommandError::File(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
