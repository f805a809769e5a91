//! A conversation as a file that other programs, and people without any, can read.
//!
//! It is read page by page and written as it comes, so that a long one takes no more memory than a short one; under another
//! name first, so that there is never half a file under the name that the person chose. Files that were shared lie in a folder
//! beside it, as far as they are here; of the others it says where they can be had.

mod file;
mod folder;
mod html;
mod json;
mod text;
mod writer;

use std::{collections::HashMap, io};

use super::{
    api::{
        Attachment, CommandError, ConversationId, ExportFormat, ExportOrder, ExportProgress, ExportWords, Exported,
        HistoryAnchor,
    },
    context::Shared,
    conversation,
};
use crate::{
    ids::BareJid,
    plain_text::one_line,
    store::{account, attachment, contact, history},
};
use file::NewFile;
use folder::{Copied, NewFolder};
use writer::{Head, SharedFile, Side, Writer};

/// So many messages are in memory at a time.
const PAGE: usize = 500;

fn writer(format: ExportFormat) -> Box<dyn Writer> {
    match format {
        ExportFormat::Text => Box::<text::Text>::default(),
        ExportFormat::Json => Box::<json::Json>::default(),
        ExportFormat::Html => Box::<html::Html>::default(),
    }
}

/// Writes the conversation to a file. It is given up, and nothing is left of it, when nobody listens to `progress` any more.
pub(super) async fn export(
    shared: &Shared,
    id: ConversationId,
    order: ExportOrder,
    words: ExportWords,
    progress: async_channel::Sender<ExportProgress>,
) -> Result<Exported, CommandError> {
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
    let ExportOrder { path, format, has_files } = order;
    let folder = has_files.then(|| NewFolder::beside(&path, shared.ids.uuid()));
    let mut copies = Copies { folder, missing: 0, progress: progress.clone() };
    let mut file = NewFile::create(path, shared.ids.uuid()).map_err(failed)?;
    let mut writer = writer(format);
    writer.begin(&mut file, &head).map_err(failed)?;
    let (mut anchor, mut done) = (HistoryAnchor::Oldest, 0);
    loop {
        let page = shared.store.read(move |store| {
            let page = conversation::history(store, id, anchor, PAGE)?;
            let with_file = page.messages.iter().filter(|message| message.attachment.is_some());
            let rows = attachment::of_messages(store, with_file.map(|message| message.cursor.id))?;
            let addresses: HashMap<_, _> = rows.into_iter().map(|(message, row)| (message, row.url)).collect();
            Ok((page, addresses))
        });
        let (page, mut addresses) = page.await.map_err(|error| shared.failed(error))?;
        for message in &page.messages {
            if progress.is_closed() {
                return Err(CommandError::Cancelled);
            }
            let address = addresses.remove(&message.cursor.id).flatten();
            let shared_file = match message.attachment.clone() {
                Some(attachment) => Some(copies.take(attachment, address).await?),
                None => None,
            };
            writer.message(&mut file, &head, message, shared_file.as_ref()).map_err(failed)?;
            done += 1;
            // Whoever has not yet seen the last word of it sees a later one.
            let is_slow = shared_file.is_some_and(|file| file.copy.is_some());
            if is_slow || done % PAGE as u64 == 0 {
                let _ = progress.try_send(ExportProgress { done, total: total.max(done) });
            }
        }
        match page.messages.last().filter(|_| page.has_newer) {
            Some(last) => anchor = HistoryAnchor::After(last.cursor),
            None => break,
        }
    }
    let _ = progress.try_send(ExportProgress { done, total: total.max(done) });
    writer.end(&mut file, &head).map_err(failed)?;
    let Copies { folder, missing, .. } = copies;
    // The disk may take its time.
    let finished = tokio::task::spawn_blocking(move || match folder {
        Some(mut folder) => {
            folder.finish()?;
            file.finish()?;
            folder.keep();
            Ok(())
        }
        None => file.finish(),
    });
    finished.await.map_err(|error| failed(io::Error::other(error)))?.map_err(failed)?;
    Ok(Exported { missing })
}

/// What is copied beside the export, where that is wanted.
struct Copies {
    folder: Option<NewFolder>,
    missing: u64,
    progress: async_channel::Sender<ExportProgress>,
}

impl Copies {
    /// Copies a file that is here. That one can't be copied is no reason to have nothing of the rest.
    async fn take(&mut self, attachment: Attachment, address: Option<String>) -> Result<SharedFile, CommandError> {
        let mut shared_file = SharedFile { attachment, address, copy: None };
        let Some(path) = shared_file.attachment.path.clone() else { return Ok(shared_file) };
        let Some(mut folder) = self.folder.take() else { return Ok(shared_file) };
        let (name, progress) = (shared_file.attachment.name.clone(), self.progress.clone());
        let copied = tokio::task::spawn_blocking(move || {
            let copied = folder.copy(&path, &name, || !progress.is_closed());
            (folder, copied)
        });
        let (folder, copied) = copied.await.map_err(|error| failed(io::Error::other(error)))?;
        match copied {
            Ok(Copied::As(name)) => shared_file.copy = Some((folder.name().to_owned(), name)),
            Ok(Copied::GivenUp) => return Err(CommandError::Cancelled),
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(CommandError::DiskFull),
            Err(error) => {
                log::warn!("a file is not in the export: {error}");
                self.missing += 1;
            }
        }
        self.folder = Some(folder);
        Ok(shared_file)
    }
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
