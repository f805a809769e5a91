//! Files in messages: what others share is fetched, checked and kept; what we share is copied, cleaned and uploaded.
//!
//! | file | duty |
//! |---|---|
//! | `name` | what a file may be called |
//! | `media` | what a file is, by its bytes |
//! | `clean` | takes out of a file where it was made |
//! | `disk` | `media/` beside the database |
//! | `policy` | what is fetched unasked |
//! | `record` | the store's rows as the window gets them |
//! | `transfer` | what is on its way at the moment |
//! | `command` | what the window wants of them |
//! | `fetch` | from there to here |
//! | `send`, `upload` | from here to there |

mod clean;
mod command;
pub mod disk;
mod fetch;
pub mod media;
pub mod name;
mod policy;
pub(super) mod record;
mod send;
mod transfer;
mod upload;

use std::{sync::Arc, time::Duration};

use rusqlite::Connection;

#[cfg(any(test, fuzzing))]
pub(crate) use clean::fuzzing;
pub use command::carry_out;
pub use fetch::fetch;
pub use policy::UNASKED_BYTES;
pub use send::{prepare, send};
pub use transfer::Transfers;
pub use upload::{Known, Service, limit, start_waiting};

use super::{
    api::{AttachmentProblem, MessageId},
    change::Changes,
    context::Shared,
    effect::Effects,
};
use crate::{
    http::{Client, HttpError, OwnHosts},
    ids::AccountId,
    store::{StoreError, account::AccountRow, attachment, message},
};

/// How many bytes of files are kept here where nothing else was chosen; what was not wanted for the longest time goes first.
pub const KEPT_BYTES: u64 = 2_000_000_000;

/// A file that was written so long ago and that no row names is nobody's.
const SETTLED: Duration = Duration::from_hours(1);

/// How an account speaks HTTPS: with the certificates that it trusts, and with its own server wherever that stands.
async fn client(shared: &Shared, account: AccountId) -> Option<Client> {
    let row: AccountRow = shared.accounts.with(account, |live| live.row.clone())?;
    let own = OwnHosts { domain: row.address.domain().to_string(), host: row.server.host };
    let (trust, ca_file) = (Arc::clone(&shared.trust), row.server.ca_file);
    let config = tokio::task::spawn_blocking(move || trust.client_config(ca_file.as_deref())).await.ok()?;
    match config {
        Ok(config) => Some(Client::new(config, own)),
        Err(problem) => {
            log::warn!("no files: {problem}");
            None
        }
    }
}

fn problem_of(error: &HttpError) -> AttachmentProblem {
    match error {
        HttpError::Status(404 | 410) => AttachmentProblem::Gone,
        HttpError::Status(413) => AttachmentProblem::TooLarge,
        HttpError::Status(status) if *status < 500 => AttachmentProblem::Refused,
        HttpError::Forbidden | HttpError::Redirects => AttachmentProblem::Forbidden,
        HttpError::File(_) => AttachmentProblem::Lost,
        _ => AttachmentProblem::Unreachable,
    }
}

/// What the window is told when something about a message's file has changed.
fn changed(store: &Connection, message: MessageId) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    let row = match message::by_id(store, message) {
        Ok(row) => row,
        // Deleted meanwhile.
        Err(StoreError::NotFound) => return Ok(effects),
        Err(error) => return Err(error),
    };
    let mut changes = Changes::default();
    changes.of(store, row.conversation)?.change(row.into());
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// Notes why a file is not here, and tells of it.
async fn failed(shared: &Shared, message: MessageId, problem: AttachmentProblem) {
    let noted = shared.change(move |store, _| {
        attachment::set_problem(store, message, Some(problem))?;
        Ok(((), changed(store, message)?))
    });
    if let Err(error) = noted.await {
        log::warn!("a file's problem can't be noted: {}", shared.failed(error));
    }
}

/// Lets go of files until no more than `limit` bytes of those that could be had again are here, and tells of it.
///
/// # Errors
/// What the store says.
pub async fn trim(shared: &Shared, limit: u64) -> Result<(), StoreError> {
    let trimmed = shared.change(move |store, _| {
        let (messages, unused) = attachment::evict(store, limit)?;
        let mut effects = Effects::default();
        for message in messages {
            effects.merge(changed(store, message)?);
        }
        Ok((unused, effects))
    });
    remove(shared, trimmed.await?).await;
    Ok(())
}

async fn remove(shared: &Shared, unused: Vec<String>) {
    let data_dir = shared.data_dir.clone();
    let _ = tokio::task::spawn_blocking(move || unused.iter().for_each(|file| disk::remove(&data_dir, file))).await;
}

/// Removes the files that no message has any more, once in each run.
pub async fn tidy(shared: &Shared) {
    let data_dir = shared.data_dir.clone();
    let Ok(files) = tokio::task::spawn_blocking(move || disk::all(&data_dir, SETTLED)).await else { return };
    let unused = shared.store.read(move |store| {
        let mut unused = Vec::new();
        for file in files {
            if !attachment::is_kept(store, &file)? {
                unused.push(file);
            }
        }
        Ok(unused)
    });
    match unused.await {
        Ok(unused) => remove(shared, unused).await,
        Err(error) => log::warn!("old files stay: {error}"),
    }
}
