//! From there to here: fetches a message's file, looks whether it is what was announced, and keeps it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    fs::OpenOptions,
    io::{AsyncSeekExt as _, AsyncWriteExt as _, SeekFrom},
    task::spawn_blocking,
    time::sleep,
};

use super::{
    client::{client, problem_of},
    disk, media,
    outcome::{changed, failed},
    policy,
    upkeep::trim,
};
use crate::{
    engine::{
        api::{AttachmentKind, AttachmentProblem, ConversationId, Event, MessageId, Notice, Transfer},
        context::Shared,
    },
    http::{self, Client, HttpError, Url},
    ids::AccountId,
    store::{
        StoreError,
        attachment::{self, AttachmentRow, Kept},
        contact, conversation, message,
    },
};

/// How long one waits before one tries again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// What is to be fetched.
#[derive(Debug)]
struct Wanted {
    account: AccountId,
    conversation: ConversationId,
    message: MessageId,
    row: AttachmentRow,
    url: Url,
    /// How many bytes may come unasked; none where somebody has asked.
    unasked: Option<u64>,
}

/// Why a file is not here.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("it has more than {0} bytes")]
    TooLarge(u64),
    #[error("it is not what was announced")]
    Different,
    #[error("it can't be kept: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the worker has stopped")]
    Stopped,
}

/// Fetches a message's file, if a person wants it or it may come by itself; else does nothing.
pub async fn fetch(shared: &Arc<Shared>, message: MessageId, is_asked: bool) {
    match look(shared, message, is_asked).await {
        Ok(Some(wanted)) => start(shared, wanted),
        Ok(None) => {}
        Err(error) => log::warn!("a file is not fetched: {}", shared.failed(error)),
    }
}

async fn look(shared: &Shared, message: MessageId, is_asked: bool) -> Result<Option<Wanted>, StoreError> {
    let most = shared.choices.unasked_bytes();
    let found = shared.store.read(move |store| {
        let Some(row) = attachment::find(store, message)? else { return Ok(None) };
        let about = message::by_id(store, message)?;
        let conversation = conversation::by_id(store, about.conversation)?;
        let known = contact::find(store, conversation.account, &conversation.peer)?;
        let kind = AttachmentKind::of(&row.media_type);
        let comes = policy::comes_unasked(kind, row.size, about.is_outgoing(), known.as_ref(), most);
        let is_wanted = is_asked || comes && row.problem.is_none();
        let data = (conversation.account, about.conversation, row);
        Ok(is_wanted.then_some(data))
    });
    let Some((account, conversation, row)) = found.await? else { return Ok(None) };
    if let Some(kept) = &row.kept {
        let path = disk::path(&shared.data_dir, &kept.file);
        if tokio::fs::try_exists(path).await.unwrap_or(true) {
            let now = shared.clock.now();
            shared.store.write(move |store| attachment::touch(store, message, now)).await?;
            return Ok(None);
        }
        // Somebody has tidied up behind our back.
        shared.store.write(move |store| attachment::forget_file(store, message)).await?;
    }
    let Some(address) = row.url.clone() else { return Ok(None) };
    let Some(url) = http::parse(&address) else {
        failed(shared, message, AttachmentProblem::Forbidden).await;
        return Ok(None);
    };
    if is_asked && row.size.is_some_and(|size| size > policy::MOST_BYTES) {
        failed(shared, message, AttachmentProblem::TooLarge).await;
        return Ok(None);
    }
    Ok(Some(Wanted { account, conversation, message, row, url, unasked: (!is_asked).then_some(most) }))
}

fn start(shared: &Arc<Shared>, wanted: Wanted) {
    let (message, place) = (wanted.message, (wanted.account, wanted.conversation));
    let work = Arc::clone(shared);
    shared.files.start(&shared.events, place, message, async move {
        let result = async {
            let _room = work.files.room.acquire().await.map_err(|_| Failure::Stopped)?;
            run(&work, &wanted).await
        };
        match result.await {
            Ok(()) | Err(Failure::Stopped) => {}
            // Nobody asked for it: it waits until somebody does.
            Err(Failure::TooLarge(_)) if wanted.unasked.is_some() => {}
            Err(failure) => {
                log::info!("a file does not come: {failure}");
                failed(&work, message, said(&work, &failure)).await;
            }
        }
        work.files.end(&work.events, message);
    });
}

fn said(shared: &Shared, failure: &Failure) -> AttachmentProblem {
    match failure {
        Failure::Http(error) => problem_of(error),
        Failure::TooLarge(_) => AttachmentProblem::TooLarge,
        Failure::Different => AttachmentProblem::Different,
        Failure::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            shared.events.emit(Event::Notice(Notice::DiskFull));
            AttachmentProblem::Lost
        }
        Failure::Io(_) | Failure::Store(_) | Failure::Stopped => AttachmentProblem::Lost,
    }
}

async fn run(shared: &Shared, wanted: &Wanted) -> Result<(), Failure> {
    let client = client(shared, wanted.account).await.ok_or(Failure::Stopped)?;
    let (data_dir, message) = (shared.data_dir.clone(), wanted.message);
    let part = spawn_blocking(move || disk::part(&data_dir, message)).await.map_err(|_| Failure::Stopped)??;
    let mut pauses = PAUSES.iter();
    loop {
        match transfer(shared, &client, wanted, &part).await {
            Err(Failure::Http(error)) if error.is_passing() => match pauses.next() {
                Some(pause) => sleep(*pause).await,
                None => return Err(error.into()),
            },
            // The rest does not fit to the beginning: once more from there.
            Err(Failure::Http(HttpError::Status(416))) => {
                tokio::fs::remove_file(&part).await?;
                pauses.next();
            }
            Err(failure) => return Err(failure),
            Ok(()) => break,
        }
    }
    take_in(shared, wanted, part).await
}

/// Writes what comes behind what is here already.
async fn transfer(shared: &Shared, client: &Client, wanted: &Wanted, part: &PathBuf) -> Result<(), Failure> {
    let most = policy::limit(wanted.row.size, wanted.unasked);
    let here = tokio::fs::metadata(part).await.map_or(0, |part| part.len());
    if here > 0 && wanted.row.size == Some(here) {
        return Ok(());
    }
    let mut download = client.get(&wanted.url, here).await?;
    let mut done = download.start;
    let total = download.length.and_then(|length| done.checked_add(length));
    if let Some(total) = total {
        if wanted.row.size.is_none() {
            let message = wanted.message;
            shared.store.write(move |store| attachment::set_size(store, message, total)).await?;
        }
        if total > most {
            return Err(refusal(shared, wanted, total).await);
        }
    }
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(part).await?;
    file.set_len(done).await?;
    file.seek(SeekFrom::Start(done)).await?;
    while let Some(piece) = download.piece().await? {
        done = done.saturating_add(piece.len() as u64);
        if done > most {
            drop(file);
            tokio::fs::remove_file(part).await?;
            return Err(refusal(shared, wanted, done).await);
        }
        file.write_all(&piece).await?;
        let transfer = Transfer { done, total: total.or(wanted.row.size) };
        shared.files.progress(&shared.events, wanted.message, transfer);
    }
    file.flush().await?;
    Ok(())
}

/// More than was announced is not what was announced; more than is fetched unasked waits.
async fn refusal(shared: &Shared, wanted: &Wanted, size: u64) -> Failure {
    if wanted.row.size.is_some() {
        return Failure::Different;
    }
    let message = wanted.message;
    // The window shows now how large it is.
    let told = shared.change(move |store, _| Ok(((), changed(store, message)?)));
    if let Err(error) = told.await {
        return error.into();
    }
    Failure::TooLarge(size)
}

async fn take_in(shared: &Shared, wanted: &Wanted, part: PathBuf) -> Result<(), Failure> {
    let (data_dir, row) = (shared.data_dir.clone(), wanted.row.clone());
    let checked = spawn_blocking(move || check(&data_dir, row, &part));
    let found = match checked.await {
        Ok(found) => found?,
        // A decoder that panics has been given something that is no picture.
        Err(error) if error.is_panic() => return Err(Failure::Different),
        Err(_) => return Err(Failure::Stopped),
    };
    let (message, now, size) = (wanted.message, shared.clock.now(), found.size.unwrap_or(0));
    let kept = shared.change(move |store, _| {
        attachment::set_kept(store, message, &found, now)?;
        Ok(((), changed(store, message)?))
    });
    kept.await?;
    // However little is to be kept, what has just come stays until the next does.
    trim(shared, shared.choices.kept_bytes().max(size)).await?;
    Ok(())
}

/// Whether it is what was announced; then it is put in its place.
fn check(data_dir: &std::path::Path, row: AttachmentRow, part: &std::path::Path) -> Result<AttachmentRow, Failure> {
    let (hash, size) = disk::hash(part)?;
    let is_other = row.sha256.is_some_and(|announced| announced != hash);
    if is_other || row.size.is_some_and(|announced| announced != size) {
        std::fs::remove_file(part)?;
        return Err(Failure::Different);
    }
    let (media_type, dimensions) = media::judge(part, &row.media_type);
    let file = disk::keep(data_dir, part, &hash, &row.name)?;
    Ok(AttachmentRow {
        media_type,
        dimensions: dimensions.or(row.dimensions),
        size: Some(size),
        sha256: Some(hash),
        kept: Some(Kept { file, bytes: size }),
        ..row
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::avatar::picture::samples, ids::MessageId};

    fn checked(bytes: &[u8], row: AttachmentRow) -> (Result<AttachmentRow, Failure>, bool) {
        let dir = tempfile::tempdir().unwrap();
        let part = disk::part(dir.path(), MessageId(1)).unwrap();
        std::fs::write(&part, bytes).unwrap();
        let found = check(dir.path(), row, &part);
        (found, part.exists())
    }

    fn announced(media_type: &str) -> AttachmentRow {
        AttachmentRow { name: "a.png".to_owned(), media_type: media_type.to_owned(), ..AttachmentRow::default() }
    }

    #[test]
    fn what_is_not_what_was_announced_is_thrown_away() {
        for row in [
            AttachmentRow { size: Some(4), ..announced("image/png") },
            AttachmentRow { sha256: Some([0; 32]), ..announced("image/png") },
        ] {
            let (found, is_left) = checked(b"abc", row);
            assert!(matches!(found, Err(Failure::Different)) && !is_left, "{found:?}");
        }
    }

    #[test]
    fn what_came_is_judged_by_its_bytes() {
        let picture = samples::encoded(8, 6, image::ImageFormat::WebP);
        let lie = AttachmentRow { dimensions: Some((9_000, 1)), ..announced("image/png") };
        let found = checked(&picture, lie).0.unwrap();
        assert_eq!((found.media_type.as_str(), found.dimensions), ("image/webp", Some((8, 6))));
        assert_eq!((found.size, found.kept.unwrap().bytes), (Some(picture.len() as u64), picture.len() as u64));
        let found = checked(b"<html>", announced("image/png")).0.unwrap();
        assert_eq!(found.media_type, media::UNKNOWN);
    }
}
