//! Carries out what the window wants of files: what comes, what is given up, what stays here.

use std::sync::Arc;

use super::talk;
use crate::{
    engine::{
        api::Command,
        context::Shared,
        file::{fetch::fetch, upkeep::trim, upload::limit},
    },
    store::attachment,
};

/// Nothing here waits for the network.
pub async fn carry_out(shared: &Arc<Shared>, command: Command) {
    match command {
        Command::LoadUploadLimit { account, reply } => {
            let shared = Arc::clone(shared);
            tokio::spawn(async move { reply.send(limit(&shared, account).await) });
        }
        Command::FetchFile { message, is_asked } => {
            let shared = Arc::clone(shared);
            tokio::spawn(async move { fetch(&shared, message, is_asked).await });
        }
        Command::CancelTransfer { message } if shared.files.cancel(&shared.events, message) => {
            talk::give_up_upload(shared, message).await;
        }
        Command::SetFileLimits { unasked, kept } => {
            let kept = kept.unwrap_or(u64::MAX);
            shared.choices.set_file_limits(unasked, kept);
            if let Err(error) = trim(shared, kept).await {
                log::warn!("files stay: {}", shared.failed(error));
            }
        }
        Command::LoadFilesKept { reply } => {
            let bytes = shared.store.read(attachment::kept_bytes).await;
            reply.send(bytes.map_err(|error| shared.failed(error)));
        }
        Command::DropFilesKept { reply } => {
            reply.send(trim(shared, 0).await.map_err(|error| shared.failed(error)));
        }
        _ => {}
    }
}
