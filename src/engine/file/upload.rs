//! From here to there, second part: asks the server for a place (XEP-0363), brings the file there, and hands the message to the
//! outbox. Whatever breaks off begins anew with the next session: the row on disk says that it has still to be done.

use std::{sync::Arc, time::Duration};

use tokio::{fs::File, time::sleep};

use super::{
    client::{client, problem_of},
    disk,
    outcome::changed,
    service::{self, Known, Service},
};
use crate::{
    engine::{
        api::{AttachmentProblem, CommandError, ConversationId, MessageId, Transfer},
        change::Changes,
        context::Shared,
        effect::{Effects, Scope},
        outbox::{self, Draft},
    },
    http::{self, HttpError},
    ids::{AccountId, Jid, OriginId},
    store::{
        MessageState, SendFailure, StoreError,
        attachment::{self, AttachmentRow},
        message::{self, MessageRow},
    },
    xmpp::{
        session::{IqError, IqKind, SessionHandle},
        upload::{self, Slot},
    },
};

const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

/// Why a file is not there.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// With the next session it is tried again.
    #[error("there is no session")]
    Offline,
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0:?}")]
    Problem(AttachmentProblem),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How large a file may be for an account's server, in bytes; `None` where it sets no limit.
///
/// # Errors
/// `NotOnline`, and `NoUploadService` where files can't be sent at all.
pub async fn limit(shared: &Shared, account: AccountId) -> Result<Option<u64>, CommandError> {
    match service(shared, account).await {
        Ok(service) => Ok(service.max_size),
        Err(Failure::Problem(_)) => Err(CommandError::NoUploadService),
        Err(_) => Err(CommandError::NotOnline),
    }
}

/// Uploads all that an account has still to upload.
pub async fn start_waiting(shared: &Arc<Shared>, account: AccountId) {
    let waiting = shared.store.read(move |store| {
        let mut waiting = Vec::new();
        for id in attachment::to_upload(store, account)? {
            waiting.push((id, message::by_id(store, id)?.conversation));
        }
        Ok(waiting)
    });
    match waiting.await {
        Ok(waiting) => waiting.into_iter().for_each(|(id, conversation)| start(shared, account, conversation, id)),
        Err(error) => log::warn!("no uploads: {}", shared.failed(error)),
    }
}

fn start(shared: &Arc<Shared>, account: AccountId, conversation: ConversationId, id: MessageId) {
    if shared.accounts.with(account, |live| live.outbox.is_online()) != Some(true) {
        return;
    }
    let work = Arc::clone(shared);
    shared.files.start(&shared.events, (account, conversation), id, async move {
        let result = async {
            let _room = work.files.room.acquire().await.map_err(|_| Failure::Offline)?;
            run(&work, account, id).await
        };
        match result.await {
            Ok(()) => {}
            Err(Failure::Offline) => log::debug!("a file waits for a session"),
            Err(failure) => {
                log::info!("a file is not uploaded: {failure}");
                let problem = match failure {
                    Failure::Problem(problem) => problem,
                    Failure::Http(error) => problem_of(&error),
                    Failure::Offline | Failure::Store(_) => AttachmentProblem::Lost,
                };
                give_up(&work, id, problem).await;
            }
        }
        work.files.end(&work.events, id);
    });
}

async fn run(shared: &Shared, account: AccountId, id: MessageId) -> Result<(), Failure> {
    let row = shared.store.read(move |store| attachment::find(store, id)).await?;
    let Some(row) = row.filter(|row| row.url.is_none()) else { return Ok(()) };
    let service = service(shared, account).await?;
    let mut pauses = PAUSES.iter();
    let url = loop {
        match bring(shared, account, &service, id, &row).await {
            Ok(url) => break url,
            Err(Failure::Http(error)) if error.is_passing() => {
                if shared.accounts.with(account, |live| live.outbox.is_online()) != Some(true) {
                    return Err(Failure::Offline);
                }
                match pauses.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(error.into()),
                }
            }
            Err(failure) => return Err(failure),
        }
    };
    let caption_id = shared.ids.origin_id();
    let done =
        shared.change(move |store, scopes| Ok(((), uploaded(store, scopes.of(account)?, id, &url, caption_id)?)));
    Ok(done.await?)
}

/// One attempt; where it can be had afterwards.
async fn bring(
    shared: &Shared,
    account: AccountId,
    service: &Service,
    id: MessageId,
    row: &AttachmentRow,
) -> Result<String, Failure> {
    let lost = || Failure::Problem(AttachmentProblem::Lost);
    let (kept, size) = row.kept.as_ref().zip(row.size).ok_or_else(lost)?;
    if service.max_size.is_some_and(|most| size > most) {
        return Err(Failure::Problem(AttachmentProblem::TooLarge));
    }
    let file = File::open(disk::path(&shared.data_dir, &kept.file)).await.map_err(|_| lost())?;
    let slot = slot(&session(shared, account)?, service, row, size).await?;
    let (Some(put), Some(_)) = (http::parse(&slot.put), http::parse(&slot.get)) else {
        return Err(HttpError::Forbidden.into());
    };
    let client = client(shared, account).await.ok_or(Failure::Offline)?;
    let tell = |done| shared.files.progress(&shared.events, id, Transfer { done, total: Some(size) });
    client.put(&put, &slot.headers, &row.media_type, file, size, tell).await?;
    Ok(slot.get)
}

async fn slot(session: &SessionHandle, service: &Service, row: &AttachmentRow, size: u64) -> Result<Slot, Failure> {
    let request = upload::request(&row.name, size, &row.media_type);
    match session.iq(Some(service.address.clone()), IqKind::Get, request).await {
        Ok(answer) => answer.as_ref().and_then(upload::parse_slot).ok_or(Failure::Problem(AttachmentProblem::Refused)),
        Err(IqError::Lost) => Err(Failure::Offline),
        Err(IqError::Timeout) => Err(HttpError::Timeout.into()),
        // XEP-0363 §5: a file that is too large is "not acceptable".
        Err(IqError::Stanza(error)) if error.condition == "not-acceptable" => {
            Err(Failure::Problem(AttachmentProblem::TooLarge))
        }
        Err(IqError::Stanza(error)) => {
            log::info!("no place for a file: {error}");
            Err(Failure::Problem(AttachmentProblem::Refused))
        }
    }
}

fn session(shared: &Shared, account: AccountId) -> Result<SessionHandle, Failure> {
    shared.accounts.with(account, |live| live.session.clone()).flatten().ok_or(Failure::Offline)
}

/// Who takes files, which is asked once in each session.
async fn service(shared: &Shared, account: AccountId) -> Result<Service, Failure> {
    match shared.accounts.with(account, |live| live.upload.clone()) {
        Some(Known::Is(service)) => return Ok(service),
        Some(Known::Absent) => return Err(Failure::Problem(AttachmentProblem::NoService)),
        Some(Known::Nothing) => {}
        None => return Err(Failure::Offline),
    }
    let session = session(shared, account)?;
    let domain = shared.accounts.with(account, |live| live.row.address.domain().to_string());
    let domain = domain.and_then(|domain| Jid::new(&domain).ok()).ok_or(Failure::Offline)?;
    let found = service::find(&session, domain).await.map_err(|_| Failure::Offline)?;
    let known = found.clone().map_or(Known::Absent, Known::Is);
    shared.accounts.with(account, |live| live.upload = known);
    found.ok_or(Failure::Problem(AttachmentProblem::NoService))
}

/// The file is there: the message goes out, and what was to be said with it after it.
fn uploaded(
    store: &rusqlite::Connection,
    scope: &Scope,
    id: MessageId,
    url: &str,
    caption_id: OriginId,
) -> Result<Effects, StoreError> {
    let caption = match attachment::find(store, id)? {
        Some(row) => row.caption,
        // Deleted meanwhile.
        None => return Ok(Effects::default()),
    };
    attachment::set_uploaded(store, id, url)?;
    let mut effects = changed(store, id)?;
    effects.merge(outbox::ready(store, scope, id)?);
    if !caption.is_empty() {
        let MessageRow { conversation, format, .. } = message::by_id(store, id)?;
        let draft =
            Draft { text: caption, format, answers: None, previews: Vec::new(), id: caption_id, held_until: None };
        effects.merge(outbox::send_later(store, scope, conversation, draft)?);
    }
    Ok(effects)
}

/// It can't be uploaded; the person decides what becomes of it.
async fn give_up(shared: &Shared, id: MessageId, problem: AttachmentProblem) {
    let noted = shared.change(move |store, _| {
        attachment::set_problem(store, id, Some(problem))?;
        let mut effects = Effects::default();
        match message::advance(store, id, MessageState::Failed(SendFailure::Refused)) {
            Ok(Some(row)) => {
                let mut changes = Changes::default();
                changes.of(store, row.conversation)?.change(row.into());
                changes.finish(store, &mut effects.events)?;
            }
            Ok(None) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
        Ok(((), effects))
    });
    if let Err(error) = noted.await {
        log::warn!("a failed upload can't be noted: {}", shared.failed(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{
            api::TextFormat,
            file::send::send,
            fixture::{BOB, Fixture},
        },
        store::{attachment::Kept, conversation},
    };

    #[test]
    fn a_caption_that_leaves_late_says_nothing_of_what_was_read_meanwhile() {
        let fixture = Fixture::new();
        let (id, store) = (fixture.open(BOB), &fixture.store);
        let kept = Some(Kept { file: "ab/cd.bin".to_owned(), bytes: 3 });
        let file = AttachmentRow { name: "a.bin".to_owned(), kept, ..AttachmentRow::default() };
        let (caption, ids) = (("See?", &TextFormat::default()), [OriginId("f-1".to_owned())]);
        let (sent, _) = send(store, &fixture.scope, id, &[file], caption, None, &ids).unwrap();
        fixture.receive(&[fixture.from(BOB, "Where are you?")]);
        conversation::set_draft(store, id, "half a", &TextFormat::default()).unwrap();
        let url = "https://upload.chat.test/a.bin";
        let effects = uploaded(store, &fixture.scope, sent[0].cursor.id, url, OriginId("f-2".to_owned())).unwrap();
        assert_eq!(effects.stanzas.len(), 2);
        let row = conversation::by_id(store, id).unwrap();
        assert_eq!((row.unread, row.draft.as_deref()), (1, Some("half a")));
        assert!(effects.read.is_empty());
    }
}
