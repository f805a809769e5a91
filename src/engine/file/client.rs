//! How files travel: by HTTPS, and what it means to the window where that fails.

use std::sync::Arc;

use crate::{
    engine::{api::AttachmentProblem, context::Shared},
    http::{Client, HttpError, OwnHosts},
    ids::AccountId,
    store::account::AccountRow,
};

/// How an account speaks HTTPS: with the certificates that it trusts, and with its own server wherever that stands.
pub async fn client(shared: &Shared, account: AccountId) -> Option<Client> {
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

/// Why a file could not be had, or be brought away.
pub fn problem_of(error: &HttpError) -> AttachmentProblem {
    match error {
        HttpError::Status(404 | 410) => AttachmentProblem::Gone,
        HttpError::Status(413) => AttachmentProblem::TooLarge,
        HttpError::Status(status) if *status < 500 => AttachmentProblem::Refused,
        HttpError::Forbidden | HttpError::Redirects => AttachmentProblem::Forbidden,
        HttpError::File(_) => AttachmentProblem::Lost,
        _ => AttachmentProblem::Unreachable,
    }
}
