//! The store's rows of files as the window gets them, and what a received message says of one.

use std::{collections::HashMap, path::Path, time::Duration};

use rusqlite::Connection;

use super::{disk, media, name};
use crate::{
    engine::api::{Attachment, AttachmentKind, Message, MessageId},
    store::{
        StoreError,
        attachment::{self, AttachmentRow},
    },
    xmpp::file_sharing::SharedFile,
};

/// Says of each message what file it shares: in one query, however many they are.
pub fn fill<'m>(store: &Connection, messages: impl Iterator<Item = &'m mut Message>) -> Result<(), StoreError> {
    let messages: Vec<_> = messages.collect();
    let mut known = of_messages(store, messages.iter().map(|message| message.cursor.id))?;
    for message in messages {
        if let Some((attachment, caption)) = known.remove(&message.cursor.id) {
            message.body = caption;
            message.attachment = Some(attachment);
        }
    }
    Ok(())
}

/// The files that these messages share, and what is said beside each.
pub fn of_messages(
    store: &Connection,
    messages: impl Iterator<Item = MessageId>,
) -> Result<HashMap<MessageId, (Attachment, String)>, StoreError> {
    let mut messages = messages.peekable();
    if messages.peek().is_none() {
        return Ok(HashMap::new());
    }
    // The database lies in the data directory.
    let data_dir = store.path().and_then(|path| Path::new(path).parent());
    let known = attachment::of_messages(store, messages)?.into_iter();
    Ok(known
        .map(|(message, mut row)| {
            let caption = std::mem::take(&mut row.caption);
            (message, (shown(row, data_dir), caption))
        })
        .collect())
}

fn shown(row: AttachmentRow, data_dir: Option<&Path>) -> Attachment {
    Attachment {
        kind: AttachmentKind::of(&row.media_type),
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        dimensions: row.dimensions,
        thumbhash: row.thumbhash,
        length: row.length.map(|length| Duration::from_millis(length.into())),
        path: row.kept.zip(data_dir).map(|(kept, data_dir)| disk::path(data_dir, &kept.file)),
        is_uploaded: row.url.is_some(),
        problem: row.problem,
    }
}

/// What is stored of a file that somebody shares.
#[must_use]
pub fn received(file: &SharedFile) -> AttachmentRow {
    let name = file.name.as_deref().map_or_else(|| name::of_url(&file.url), name::sanitise);
    let media_type = media::claimed(file.media_type.as_deref(), &name);
    let kind = AttachmentKind::of(&media_type);
    let is_shown = matches!(kind, AttachmentKind::Picture | AttachmentKind::Video);
    AttachmentRow {
        media_type,
        name,
        size: file.size,
        dimensions: file.dimensions.filter(|_| is_shown),
        sha256: file.sha256,
        thumbhash: file.thumbhash.clone().filter(|_| is_shown),
        length: file.length.filter(|_| matches!(kind, AttachmentKind::Audio | AttachmentKind::Video)),
        url: Some(file.url.clone()),
        kept: None,
        problem: None,
        caption: file.caption.clone(),
    }
}

/// What is said to others of a file of ours; `None` while it is not where they can have it.
#[must_use]
pub fn shared(row: AttachmentRow) -> Option<SharedFile> {
    Some(SharedFile {
        url: row.url?,
        name: Some(row.name),
        media_type: Some(row.media_type),
        size: row.size,
        dimensions: row.dimensions,
        length: row.length,
        sha256: row.sha256,
        thumbhash: row.thumbhash,
        caption: String::new(),
    })
}
