//! From here to there, first part: what a person chose is copied, cleaned and put on disk, then there is a message.

use std::{fs, io, path::Path};

use rusqlite::Connection;
use tokio::task::spawn_blocking;

use super::{
    clean::{Unclean, clean},
    disk, media,
    name::sanitise,
    record,
    service::Known,
};
use crate::{
    engine::{
        annotation::annotate,
        api::{
            AttachmentKind, CommandError, ConversationId, Event, MediaFacts, Message, MessageId, NewFile, Notice,
            TextFormat,
        },
        change::{Arrival, Changes},
        context::Shared,
        conversation::account_of,
        effect::{Effects, Scope},
        outbox,
    },
    ids::OriginId,
    store::{
        MessageState, StoreError, annotation,
        attachment::{self, AttachmentRow, Kept},
        contact, conversation,
        message::{self, NewMessage, Place},
    },
};

/// More files in one go are a folder that somebody dropped by mistake.
pub const MAX_FILES: usize = 50;

/// Copies what is to be sent to where it can't vanish, so that its upload can begin at any time.
///
/// # Errors
/// What is wrong with the first of them that can't be sent; then none is.
pub async fn prepare(
    shared: &Shared,
    conversation: ConversationId,
    files: Vec<NewFile>,
) -> Result<Vec<AttachmentRow>, CommandError> {
    if files.is_empty() || files.len() > MAX_FILES {
        return Err(CommandError::EmptyMessage);
    }
    let account = shared.store.read(move |store| account_of(store, conversation)).await;
    let account = account.map_err(|error| shared.failed(error))?;
    // What the server is known to refuse is not even copied.
    let most = match shared.accounts.with(account, |live| live.upload.clone()) {
        Some(Known::Is(service)) => service.max_size.unwrap_or(u64::MAX),
        Some(Known::Absent) => return Err(CommandError::NoUploadService),
        Some(Known::Nothing) | None => u64::MAX,
    };
    let mut prepared = Vec::new();
    for file in files {
        let (data_dir, id) = (shared.data_dir.clone(), shared.ids.uuid().to_string());
        let copied = spawn_blocking(move || copy(&data_dir, &id, &file, most));
        match copied.await {
            Ok(Ok(row)) => prepared.push(row),
            Ok(Err(CommandError::DiskFull)) => {
                shared.events.emit(Event::Notice(Notice::DiskFull));
                return Err(CommandError::DiskFull);
            }
            Ok(Err(error)) => return Err(error),
            // A decoder that panics has been given something that is no picture.
            Err(error) if error.is_panic() => return Err(CommandError::BadImage),
            Err(_) => return Err(CommandError::Stopped),
        }
    }
    Ok(prepared)
}

fn copy(data_dir: &Path, id: &str, file: &NewFile, most: u64) -> Result<AttachmentRow, CommandError> {
    let part = disk::temporary(data_dir, id).map_err(|error| failure(&error))?;
    let name = match file {
        NewFile::Path(path) | NewFile::Media { path, .. } => {
            let data = fs::metadata(path).map_err(|_| CommandError::UnreadableFile)?;
            if !data.is_file() {
                return Err(CommandError::UnreadableFile);
            }
            if data.len() > most {
                return Err(CommandError::FileTooLarge { limit: most });
            }
            copy_to(path, &part)?;
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        }
        NewFile::Bytes { name, bytes } => {
            fs::write(&part, bytes).map_err(|error| failure(&error))?;
            name.clone()
        }
    };
    let row = finish(data_dir, &part, &sanitise(&name), most);
    if row.is_err() {
        let _ = fs::remove_file(&part);
    }
    match file {
        NewFile::Media { about, .. } => row.map(|row| with_facts(row, about)),
        NewFile::Path(_) | NewFile::Bytes { .. } => row,
    }
}

/// What the window says of sound or a film; of all else the bytes say it themselves.
fn with_facts(row: AttachmentRow, about: &MediaFacts) -> AttachmentRow {
    let kind = AttachmentKind::of(&row.media_type);
    if !matches!(kind, AttachmentKind::Audio | AttachmentKind::Video) {
        return row;
    }
    let is_film = kind == AttachmentKind::Video;
    AttachmentRow {
        length: about.length.and_then(|length| u32::try_from(length.as_millis()).ok()).filter(|length| *length > 0),
        dimensions: about.dimensions.filter(|(width, height)| is_film && *width > 0 && *height > 0),
        thumbhash: about.thumbhash.clone().filter(|_| is_film),
        ..row
    }
}

/// Without the permissions of what is copied.
fn copy_to(from: &Path, to: &Path) -> Result<(), CommandError> {
    let mut source = fs::File::open(from).map_err(|_| CommandError::UnreadableFile)?;
    let mut target = fs::File::create(to).map_err(|error| failure(&error))?;
    io::copy(&mut source, &mut target).map(|_| ()).map_err(|error| failure(&error))
}

fn finish(data_dir: &Path, part: &Path, name: &str, most: u64) -> Result<AttachmentRow, CommandError> {
    // Better not sent than sent with what nobody sees in it.
    clean(part).map_err(|unclean| match unclean {
        Unclean::Picture => CommandError::BadImage,
        Unclean::Media => CommandError::BadMedia,
        Unclean::Io(error) => failure(&error),
    })?;
    // What is said of it from here on is of what is sent.
    let (hash, size) = disk::hash(part).map_err(|error| failure(&error))?;
    if size > most {
        return Err(CommandError::FileTooLarge { limit: most });
    }
    let (media_type, dimensions) = media::judge(part, media::by_name(name));
    let picture = if AttachmentKind::of(&media_type) == AttachmentKind::Picture { media::picture(part) } else { None };
    let file = disk::keep(data_dir, part, &hash, name).map_err(|error| failure(&error))?;
    Ok(AttachmentRow {
        name: name.to_owned(),
        media_type,
        size: Some(size),
        dimensions,
        sha256: Some(hash),
        thumbhash: picture.as_ref().map(media::thumbhash),
        length: None,
        url: None,
        kept: Some(Kept { file, bytes: size }),
        problem: None,
        caption: String::new(),
    })
}

fn failure(error: &io::Error) -> CommandError {
    if error.kind() == io::ErrorKind::StorageFull {
        CommandError::DiskFull
    } else {
        CommandError::Store(error.to_string())
    }
}

/// Stores a message for each file: the first of them answers, and the caption waits with the last. Their upload follows.
///
/// The caption becomes a message of its own, though XEP-0447 §3 lets a text stand in the message of the file and XEP-0428 can
/// mark the address in it as a fallback. Others would lose one of the two: Dino (0.5) takes a message with a file for a file and
/// drops its text; Conversations and all who go by XEP-0066 show a file only where the body is its address and nothing else, and
/// a text with a link in it otherwise. What others send as one is shown as one (`xmpp::file_sharing`).
///
/// # Errors
/// `NotFound` where the conversation is not one of this account.
pub fn send(
    store: &Connection,
    scope: &Scope,
    conversation: ConversationId,
    files: &[AttachmentRow],
    (caption, format): (&str, &TextFormat),
    answers: Option<MessageId>,
    ids: &[OriginId],
) -> Result<(Vec<Message>, Effects), StoreError> {
    let row = conversation::by_id(store, conversation)?;
    if row.account != scope.account {
        return Err(StoreError::NotFound);
    }
    let peer = row.peer;
    let mut effects = Effects::default();
    if contact::ensure(store, scope.account, &peer)? {
        effects.contact(scope.account, &peer);
    }
    let mut changes = Changes::default();
    let mut stored = Vec::new();
    for (n, (file, id)) in files.iter().zip(ids).enumerate() {
        let new = NewMessage {
            conversation,
            place: Place::Last,
            sender: scope.address.clone(),
            body: String::new(),
            format: format.clone(),
            time: scope.now,
            state: MessageState::Waiting,
            stanza_id: Some(id.0.clone()),
            origin_id: Some(id.clone()),
            archive_id: None,
            wants_receipt: peer != scope.address,
            is_markable: peer != scope.address,
        };
        let row = message::insert(store, new)?.ok_or(StoreError::NotFound)?;
        let is_last = n + 1 == files.len();
        let caption = if is_last { caption.to_owned() } else { String::new() };
        attachment::insert(store, row.cursor.id, &AttachmentRow { caption, ..file.clone() }, scope.now)?;
        stored.push(Message::from(row));
    }
    let reply = answers.map(|message| outbox::reply_to(store, conversation, message)).transpose()?.flatten();
    if let (Some(reply), Some(first)) = (reply, stored.first()) {
        annotation::set_reply(store, first.cursor.id, &reply)?;
    }
    record::fill(store, stored.iter_mut())?;
    annotate(store, stored.iter_mut())?;
    let change = changes.of(store, conversation)?;
    for message in &stored {
        change.store(message.clone(), Arrival::New);
    }
    if let Some(last) = stored.last() {
        let mark = conversation::mark_seen(store, conversation, last.cursor)?;
        change.read(mark);
        effects.read.push(scope.account);
    }
    changes.finish(store, &mut effects.events)?;
    effects.uploads.push(scope.account);
    Ok((stored, effects))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::avatar::picture::samples;

    fn copied(file: &NewFile, most: u64) -> Result<AttachmentRow, CommandError> {
        let dir = tempfile::tempdir().unwrap();
        let row = copy(dir.path(), "x", file, most);
        assert!(!dir.path().join("media/part/x").exists());
        row
    }

    #[test]
    fn what_is_sent_is_known_before_it_leaves() {
        let bytes = samples::encoded(12, 8, image::ImageFormat::Png);
        let size = bytes.len() as u64;
        let row = copied(&NewFile::Bytes { name: "../.a.png".to_owned(), bytes }, u64::MAX).unwrap();
        assert_eq!((row.name.as_str(), row.media_type.as_str()), ("a.png", "image/png"));
        assert_eq!((row.size, row.dimensions), (Some(size), Some((12, 8))));
        assert!(row.thumbhash.is_some() && row.kept.is_some() && row.url.is_none());
    }

    #[test]
    fn what_can_not_be_sent_is_said() {
        let text = |length| NewFile::Bytes { name: "a.txt".to_owned(), bytes: vec![b'x'; length] };
        assert_eq!(copied(&text(11), 10), Err(CommandError::FileTooLarge { limit: 10 }));
        assert!(copied(&text(10), 10).is_ok());
        let nothing = NewFile::Path("/nowhere/at all".into());
        assert_eq!(copied(&nothing, 10), Err(CommandError::UnreadableFile));
        assert_eq!(copied(&NewFile::Path("/".into()), 10), Err(CommandError::UnreadableFile));
        let broken = NewFile::Bytes { name: "a.jpg".to_owned(), bytes: b"\xff\xd8\xff\xe1".to_vec() };
        assert_eq!(copied(&broken, 100), Err(CommandError::BadImage));
    }

    #[test]
    fn where_a_film_was_made_leaves_with_nothing_that_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        let film = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x21moov\0\0\0\x19udta\0\0\0\x11\xa9xyz+48.85+2.";
        fs::write(&path, film).unwrap();
        let row = copy(dir.path(), "x", &NewFile::Path(path.clone()), u64::MAX).unwrap();
        let sent = disk::path(dir.path(), &row.kept.unwrap().file);
        assert!(!fs::read(&sent).unwrap().windows(3).any(|window| window == b"+48"));
        let (hash, size) = disk::hash(&sent).unwrap();
        assert_eq!((row.sha256, row.size), (Some(hash), Some(size)));
        assert_eq!(fs::read(&path).unwrap(), film, "the person's own file stays as it is");
        let broken = NewFile::Bytes { name: "a.mp4".to_owned(), bytes: film[..40].to_vec() };
        assert_eq!(copied(&broken, 100), Err(CommandError::BadMedia));
    }

    #[test]
    fn what_the_window_knows_of_a_film_is_kept_and_of_a_text_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let about = MediaFacts {
            length: Some(std::time::Duration::from_millis(61_500)),
            dimensions: Some((64, 48)),
            thumbhash: Some(vec![1; 20]),
        };
        let copied = |name: &str| {
            let path = dir.path().join(name);
            fs::write(&path, b"not looked into").unwrap();
            let row = copied(&NewFile::Media { path, about: about.clone() }, u64::MAX).unwrap();
            (row.length, row.dimensions, row.thumbhash.is_some())
        };
        assert_eq!(copied("a.webm"), (Some(61_500), Some((64, 48)), true));
        assert_eq!(copied("a.ogg"), (Some(61_500), None, false));
        assert_eq!(copied("a.txt"), (None, None, false));
    }
}
